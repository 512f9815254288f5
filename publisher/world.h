/* world: who exists, who has arrived, and what is stale. The barrier before the first write of a
 * resolver's epoch. */
#ifndef PUBLISHER_WORLD_H
#define PUBLISHER_WORLD_H

#include "base/map.h"
#include "msg/config.h"

struct world {
	uint64_t epoch;    /* of the resolver that is listened to; 0: none yet */
	struct map owners; /* msg_key_text -> struct world_owner */
	uint64_t round;    /* counts the announcements of this epoch */
	uint64_t in_force; /* the round of the last whole announcement; 0: none yet */
	uint64_t next_chunk;
	uint64_t number;  /* N of the announcement in force */
	bool complete;    /* of the announcement in force: who is missing there is gone */
	size_t n_missing; /* announced and not arrived */
};

enum world_verdict {
	WORLD_TAKE,
	WORLD_STALE,  /* something newer was here, or the owner is gone: drop it, say so with an ACK
		       */
	WORLD_FOREIGN /* of another epoch: drop it, nobody waits for an ACK */
};

void publisher_world_init(struct world *world);
void publisher_world_clear(struct world *world);
/* Another resolver, or the same after a restart: a new barrier. */
void publisher_world_begin(struct world *world, uint64_t epoch);
/* A chunk of the announcement. 1: it was the last one; 0: more follow, or it is foreign; -1: a
 * chunk is missing. */
int publisher_world_announce(struct world *world, const struct msg_world *chunk, struct err *err);
/* What to do with a CONFIG, REJECT or (gone) DELETE; if it is taken, the owner has arrived. */
enum world_verdict publisher_world_admit(struct world *world, const struct msg_key *owner,
					 const struct msg_stamp *stamp, bool gone);
void publisher_world_flushed(struct world *world, const struct msg_flushed *flushed);
/* Everybody has arrived in this epoch. */
bool publisher_world_passed(const struct world *world);
/* Nobody has heard of this owner in this epoch, or it was deleted, and the world was completely
 * known. */
bool publisher_world_is_gone(const struct world *world, const struct msg_key *owner);

#endif
