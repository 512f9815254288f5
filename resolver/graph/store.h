/* store: every object that the watcher has sent, as packed bytes. */
#ifndef RESOLVER_STORE_H
#define RESOLVER_STORE_H

#include "base/map.h"
#include "msg/object.h"

struct store {
	struct map kinds[MSG_N_KINDS]; /* key text -> struct store_entry */
	uint32_t round[MSG_N_KINDS];   /* counts the listings of a kind */
	bool listing[MSG_N_KINDS];
};

void resolver_store_init(struct store *store);
void resolver_store_clear(struct store *store);
/* Keeps the packed object of that key. True if it is new or has changed: equal objects are equal
 * bytes. The present listing has seen it either way. */
bool resolver_store_put(struct store *store, const struct msg_key *key, struct str packed);
bool resolver_store_del(struct store *store, const struct msg_key *key);
bool resolver_store_has(const struct store *store, const struct msg_key *key);
size_t resolver_store_count(const struct store *store, enum msg_kind kind);
/* Unpacks a copy into the pool; -1 if there is none. */
int resolver_store_get(const struct store *store, const struct msg_key *key, struct pool *pool,
		       struct msg_object *out);
/* All keys of a kind in order; they live in the pool. */
void resolver_store_keys(const struct store *store, enum msg_kind kind, struct pool *pool,
			 struct msg_key **keys, size_t *n);
/* A listing of the kind begins; at its end there are the keys that it did not bring, for the caller
 * to delete. */
void resolver_store_begin(struct store *store, enum msg_kind kind);
void resolver_store_end(struct store *store, enum msg_kind kind, struct pool *pool,
			struct msg_key **gone, size_t *n);

#endif
