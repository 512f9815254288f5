/* waiting: configurations whose secret values have not come, one for each owner, and which Secrets
 * were asked for. */
#ifndef PUBLISHER_WAITING_H
#define PUBLISHER_WAITING_H

#include "base/map.h"
#include "msg/msg.h"

struct waiting {
	struct map owners;                   /* msg_key_text -> struct waiting_owner */
	struct map asked;                    /* msg_key_text of a Secret -> struct waiting_secret */
	struct waiting_secret *first, *last; /* of these, by when they were asked for */
	void *self;
	int (*ask)(void *self, const struct msg_key *secret); /* -1: nobody is there to be asked */
};

void publisher_waiting_init(struct waiting *waiting, void *self,
			    int (*ask)(void *self, const struct msg_key *secret));
void publisher_waiting_clear(struct waiting *waiting); /* usable again */
/* Keeps a packed CONFIG of an owner instead of its earlier one, and asks for the Secret unless that
 * was done lately. */
void publisher_waiting_put(struct waiting *waiting, const struct msg_key *owner, struct str raw,
			   const struct msg_key *secret);
void publisher_waiting_drop(struct waiting *waiting, const struct msg_key *owner);
/* A Secret has come: hands each CONFIG that waited for it to `again`, which may put it back. */
void publisher_waiting_release(struct waiting *waiting, const struct msg_key *secret,
			       void (*again)(void *self, struct str raw));
size_t publisher_waiting_n(const struct waiting *waiting);
/* The Secret that this owner (msg_key_text) waits for, as "Secret/namespace/name"; absent: none. */
struct str publisher_waiting_for(const struct waiting *waiting, struct str owner);
/* Asks again for what has not come. Returns when to call next, UINT64_MAX: never. */
uint64_t publisher_waiting_tick(struct waiting *waiting, uint64_t now_ms);

#endif
