/* announce: the inventory, which is the list of all owners, in chunks. */
#ifndef RESOLVER_ANNOUNCE_H
#define RESOLVER_ANNOUNCE_H

#include "msg/config.h"
#include "resolver/graph/graph.h"
#include "resolver/jobs/queue.h"

struct announce {
	struct pool pool;
	struct msg_inventory_entry *entries;
	size_t n, next;  /* how many there are, and how many were announced */
	uint64_t number; /* the counter when the lists were complete */
	uint64_t chunk;
	bool complete;
	bool certificates; /* all Certificates are among them */
	enum { ANNOUNCE_NONE, ANNOUNCE_RUNNING, ANNOUNCE_DONE } state;
};

void resolver_announce_init(struct announce *self);
void resolver_announce_clear(struct announce *self);
/* Begins anew; owners are copied, and get new numbers in a queue that starts over. */
void resolver_announce_begin(struct announce *self, const struct key_list *owners, bool complete,
			     struct queue *queue);
/* Whether the last chunk was taken; else why not. */
bool resolver_announce_is_done(const struct announce *self, struct err *why);
/* The next chunk but for its epoch, borrowed; only while running. */
struct msg_inventory resolver_announce_next(struct announce *self);

#endif
