/* announce: the inventory, which is the list of all owners, in chunks. */
#ifndef RESOLVER_ANNOUNCE_H
#define RESOLVER_ANNOUNCE_H

#include "msg/config.h"

struct announce {
	struct pool pool;
	struct msg_inventory_entry *entries;
	size_t n, next;  /* how many there are, and how many were announced */
	uint64_t number; /* the counter when the lists were complete */
	uint64_t chunk;
	bool complete;
	enum { ANNOUNCE_NONE, ANNOUNCE_RUNNING, ANNOUNCE_DONE } state;
};

void resolver_announce_init(struct announce *self);
void resolver_announce_clear(struct announce *self);
/* Begins anew; owners are copied. The caller fills in entries[i].number and number. */
void resolver_announce_begin(struct announce *self, const struct msg_key *owners, size_t n,
			     bool complete);
/* The next chunk but for its epoch, borrowed; only while running. */
struct msg_inventory resolver_announce_next(struct announce *self);

#endif
