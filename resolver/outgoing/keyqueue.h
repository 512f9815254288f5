/* keyqueue: keys that wait their turn, each of them once, first come first served. */
#ifndef RESOLVER_KEYQUEUE_H
#define RESOLVER_KEYQUEUE_H

#include <sys/queue.h>
#include "base/map.h"
#include "msg/object.h"

struct keyqueue {
	struct map entries; /* key text -> struct keyqueue_entry */
	TAILQ_HEAD(, keyqueue_entry) order;
};

void resolver_keyqueue_init(struct keyqueue *queue);
void resolver_keyqueue_clear(struct keyqueue *queue);
/* At the end; a key that waits already keeps its place. */
void resolver_keyqueue_add(struct keyqueue *queue, const struct msg_key *key);
/* Takes the first one out; false if none waits. The key lives in the pool. */
bool resolver_keyqueue_pop(struct keyqueue *queue, struct pool *pool, struct msg_key *key);

#endif
