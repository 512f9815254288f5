/* secret_cache: secret values by Secret, key and fingerprint, kept while somebody names them and
 * wiped after. */
#ifndef PUBLISHER_SECRET_CACHE_H
#define PUBLISHER_SECRET_CACHE_H

#include "base/map.h"
#include "msg/secret.h"

struct secret_cache {
	struct map values;  /* place and fingerprint -> struct cached_value */
	struct map secrets; /* "namespace/name" -> struct cached_secret: what the last SECRET_PUT
			       brought */
};

/* Which value: everything is borrowed. */
struct secret_ref {
	struct str namespace, name, key;
	const struct hash *fingerprint;
};

struct cached_value;

void publisher_secret_cache_init(struct secret_cache *cache);
void publisher_secret_cache_clear(struct secret_cache *cache); /* wipes everything */
/* Takes what a Secret holds now. Older values of it that nobody holds are wiped. */
void publisher_secret_cache_put(struct secret_cache *cache, const struct msg_secret_put *put);
/* The value, or NULL: it has not come. Borrowed until the cache changes. */
struct cached_value *publisher_secret_cache_get(const struct secret_cache *cache,
						const struct secret_ref *ref);
struct str publisher_secret_cache_bytes(const struct cached_value *value);
/* A held value stays until it is let go as often as it was held. */
void publisher_secret_cache_hold(struct cached_value *value);
void publisher_secret_cache_let_go(struct secret_cache *cache, struct cached_value *value);
/* Wipes what nobody holds and nobody held at the last sweep either. */
void publisher_secret_cache_sweep(struct secret_cache *cache);

#endif
