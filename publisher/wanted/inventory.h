/* inventory: which owners exist, which have arrived, and what is stale. The barrier before the
 * first write of a resolver's epoch. */
#ifndef PUBLISHER_INVENTORY_H
#define PUBLISHER_INVENTORY_H

#include "base/map.h"
#include "msg/config.h"

struct inventory {
	uint64_t epoch;    /* of the resolver that is listened to; 0: none yet */
	struct map owners; /* msg_key_text -> struct inventory_owner */
	uint64_t round;    /* counts the announcements of this epoch */
	uint64_t in_force; /* the round of the last whole announcement; 0: none yet */
	uint64_t next_chunk;
	uint64_t number;   /* N of the announcement in force */
	bool complete;     /* of the announcement in force: an owner that it lacks is gone ... */
	bool certificates; /* ... a Certificate only if this holds, too */
	size_t n_missing;  /* announced and not arrived */
	uint64_t floor;    /* FLUSHED: nothing up to it is on its way any more */
};

enum inventory_verdict {
	INVENTORY_APPLY,
	INVENTORY_STALE,  /* something newer was here, or the owner is gone: drop it, but ACK it */
	INVENTORY_FOREIGN /* of another epoch: drop it, nobody waits for an ACK */
};

void publisher_inventory_init(struct inventory *inventory);
void publisher_inventory_clear(struct inventory *inventory);
/* Another resolver, or the same after a restart: a new barrier. */
void publisher_inventory_begin(struct inventory *inventory, uint64_t epoch);
/* A chunk of the announcement. 1: it was the last one; 0: more follow, or it is foreign; -1: a
 * chunk is missing. */
int publisher_inventory_announce(struct inventory *inventory, const struct msg_inventory *chunk,
				 struct err *err);
/* What to do with a CONFIG, REJECT or (gone) DELETE; if it is applied, the owner has arrived. */
enum inventory_verdict publisher_inventory_admit(struct inventory *inventory,
						 const struct msg_key *owner,
						 const struct msg_stamp *stamp, bool gone);
void publisher_inventory_flushed(struct inventory *inventory, const struct msg_flushed *flushed);
/* Everybody has arrived in this epoch. */
bool publisher_inventory_passed(const struct inventory *inventory);
/* Nobody has heard of this owner in this epoch, or it was deleted, and the inventory was completely
 * known. */
bool publisher_inventory_is_gone(const struct inventory *inventory, const struct msg_key *owner);

#endif
