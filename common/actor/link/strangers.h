/* strangers: connections to this process that have shown no key yet. */
#ifndef ACTOR_STRANGERS_H
#define ACTOR_STRANGERS_H

#include "base/limiter.h"

#define STRANGERS_MAX 64 /* that are remembered */

struct strangers {
	struct {
		int fd;
		char address[64];
	} last[STRANGERS_MAX];
	struct limiter unknown_keys, bad_handshakes;
};

/* A connection was accepted. */
void actor_strangers_add(struct strangers *strangers, int fd);
/* Its handshake failed. */
void actor_strangers_on_failure(struct strangers *strangers, const char *link, int fd);
/* Its key is not one that may connect. */
void actor_strangers_on_key(struct strangers *strangers, const char *link, const char *address,
			    const char *key);

#endif
