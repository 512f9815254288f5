/* taps: publishes what passes, while somebody listens. See PROTOCOL.md, "Taps". */
#ifndef ACTOR_TAPS_H
#define ACTOR_TAPS_H

#include <czmq.h>

#include "base/buf.h"
#include "msg/msg.h"

struct taps {
	zsock_t *sock;
	char *path; /* of the socket file, or NULL */
	struct buf topic, line;
	unsigned n_listeners; /* topics that somebody subscribed to; 0: nothing is printed */
};

/* A message that passes, and between whom. */
struct taps_message {
	enum msg_room from, to;
	bool out; /* we send it */
	const struct msg *m;
};

/* Without a socket there is a line in the log, and no tap. */
void actor_taps_open(struct taps *taps, const char *endpoint);
void actor_taps_close(struct taps *taps);
void actor_taps_look(struct taps *taps); /* whether listeners came or went; at each heartbeat */
/* Only to be called while n_listeners > 0. */
void actor_taps_show(struct taps *taps, const struct taps_message *message);

#endif
