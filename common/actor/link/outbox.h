/* outbox: what goes to one peer, in order and numbered, as far as the peer's credit reaches; the
 * rest waits here. It knows no socket: its owner says how a frame goes out. */
#ifndef ACTOR_OUTBOX_H
#define ACTOR_OUTBOX_H

#include <sys/queue.h>

#include "actor/link/frame_sent.h"
#include "msg/msg.h"

#define OUTBOX_CREDIT_MAX (1u << 20)

struct outbox_message;

struct outbox {
	STAILQ_HEAD(outbox_queue, outbox_message) waiting; /* for credit, oldest first */
	size_t n_waiting;
	uint64_t n_sent; /* number of the last message that went out */
	uint64_t credit; /* messages that may still go out */
	enum frame_sent (*send)(void *arg, enum msg_type type, struct str frame);
	void *arg;
};

void actor_outbox_init(struct outbox *outbox,
		       enum frame_sent (*send)(void *arg, enum msg_type type, struct str frame),
		       void *arg);
/* Numbers begin anew. */
void actor_outbox_start(struct outbox *outbox, uint64_t credit);
/* Wipes what waits: nobody will take it any more. */
void actor_outbox_drop(struct outbox *outbox);
/* The number that the next message has to carry. */
uint64_t actor_outbox_next(const struct outbox *outbox);
/* Sends the frame, or keeps a copy until there is credit. -1: nobody is there any more. */
int actor_outbox_put(struct outbox *outbox, enum msg_type type, struct str frame);
/* More credit; false if that is more than a peer can have. */
bool actor_outbox_grant(struct outbox *outbox, uint64_t more);
/* Sends what waits, as far as credit and socket take it. -1: nobody is there any more. */
int actor_outbox_flush(struct outbox *outbox);
/* Messages that can go out now without waiting. */
uint64_t actor_outbox_credit(const struct outbox *outbox);

#endif
