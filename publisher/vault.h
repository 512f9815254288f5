/* vault: secret values by Secret, key and HMAC, kept while somebody names them and wiped after. */
#ifndef PUBLISHER_VAULT_H
#define PUBLISHER_VAULT_H

#include "base/map.h"
#include "msg/secret.h"

struct vault {
	struct map values;  /* place and HMAC -> struct vault_value */
	struct map secrets; /* "namespace/name" -> struct vault_secret: what the last SECRET_PUT
			       brought */
};

/* Which value: everything is borrowed. */
struct vault_ref {
	struct str namespace, name, key;
	const struct hash *hmac;
};

struct vault_value;

void publisher_vault_init(struct vault *vault);
void publisher_vault_clear(struct vault *vault); /* wipes everything */
/* Takes what a Secret holds now. Older values of it that nobody holds are wiped. */
void publisher_vault_put(struct vault *vault, const struct msg_secret_put *put);
/* The value, or NULL: it has not come. Borrowed until the vault changes. */
struct vault_value *publisher_vault_get(const struct vault *vault, const struct vault_ref *ref);
struct str publisher_vault_bytes(const struct vault_value *value);
/* A held value stays until it is let go as often as it was held. */
void publisher_vault_hold(struct vault_value *value);
void publisher_vault_let_go(struct vault *vault, struct vault_value *value);
/* Wipes what nobody holds and nobody held at the last sweep either. */
void publisher_vault_sweep(struct vault *vault);

#endif
