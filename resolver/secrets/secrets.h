/* secrets: the values of the Secrets that owners refer to, and what may be known of them. A
 * ConfigMap with authorities is the same, but for the publisher, who has no use for it. */
#ifndef RESOLVER_SECRETS_H
#define RESOLVER_SECRETS_H

#include "base/map.h"
#include "msg/bundle.h"
#include "msg/secret.h"

struct secret; /* one wanted Secret */

struct secrets {
	struct map wanted;    /* key text -> struct secret */
	struct hash boot_key; /* of the fingerprints; ends with this process */
};

void resolver_secrets_init(struct secrets *secrets);
void resolver_secrets_clear(struct secrets *secrets);
/* True if it was not wanted until now: ask for it. */
bool resolver_secrets_hold(struct secrets *secrets, const struct msg_key *key);
bool resolver_secrets_wants(const struct secrets *secrets, const struct msg_key *key);
/* Wipes its values. True if it was wanted. */
bool resolver_secrets_release(struct secrets *secrets, const struct msg_key *key);
/* An answer of the watcher. True if it is news, which an answer about a Secret that is not wanted
 * never is. */
bool resolver_secrets_apply(struct secrets *secrets, const struct msg_secret_value *value);
/* What may be known of a Secret whose values stay where they are: text that says nothing stands for
 * each of them. */
bool resolver_secrets_adopt(struct secrets *secrets, const struct msg_key *key,
			    const struct msg_bundle_secret *seen, struct str stand_in);
/* False while there is no answer. Else out->answer, and for MSG_SECRET_FOUND what may be known of
 * it; borrowed until the next change. */
bool resolver_secrets_get(const struct secrets *secrets, const struct msg_key *key,
			  struct msg_bundle_secret *out);
/* What a ticket says of a Secret that was found, but for the references; borrowed as well. */
void resolver_secrets_vouch(const struct secrets *secrets, const struct msg_key *key,
			    struct msg_ticket_secret *out);
/* The values for the publisher; false if there are none, or they are those of a ConfigMap. Lists
 * live in the pool, bytes are borrowed. */
bool resolver_secrets_values(const struct secrets *secrets, const struct msg_key *key,
			     struct pool *pool, struct msg_secret_put *out);
size_t resolver_secrets_count(const struct secrets *secrets, enum msg_kind kind);
/* All wanted keys; they live in the pool. */
size_t resolver_secrets_keys(const struct secrets *secrets, struct pool *pool,
			     struct msg_key **keys);

#endif
