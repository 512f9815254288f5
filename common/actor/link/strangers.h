/* strangers: connections to this process that have shown no key yet. */
#ifndef ACTOR_STRANGERS_H
#define ACTOR_STRANGERS_H

#include "actor/link/caller.h"
#include "base/limiter.h"

#define STRANGERS_REMEMBERED 64 /* for their addresses */
#define STRANGERS_MAX 16        /* that may be there at once */

struct strangers {
	struct {
		int fd;
		char address[64];
	} last[STRANGERS_REMEMBERED];
	/* Connections that have said nothing under a key yet, the oldest first. */
	struct caller waiting[STRANGERS_MAX];
	size_t n_waiting;
	struct limiter unknown_keys, bad_handshakes, too_many;
};

/* A connection was accepted. If there are too many, the oldest ends. */
void actor_strangers_add(struct strangers *strangers, const char *link, int fd);
/* It is none any more: it has said something under a key, or is gone. */
void actor_strangers_drop(struct strangers *strangers, int fd);
/* Its handshake failed. */
void actor_strangers_on_failure(struct strangers *strangers, const char *link, int fd);
/* Its key is not one that may connect. */
void actor_strangers_on_key(struct strangers *strangers, const char *link, const char *address,
			    const char *key);

#endif
