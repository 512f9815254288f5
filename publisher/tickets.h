/* tickets: whether the resolver vouches for what a translator says. */
#ifndef PUBLISHER_TICKETS_H
#define PUBLISHER_TICKETS_H

#include "msg/ticket.h"

struct tickets {
	uint64_t key_id; /* 0: no resolver has a key yet */
	struct hash key;
};

enum tickets_verdict {
	TICKETS_GOOD,
	TICKETS_OLD,   /* of a key that counts no more: nobody waits for an answer */
	TICKETS_FORGED /* nothing that a resolver of ours has written */
};

/* A fresh key; those of before count no more. `out` borrows it. */
void publisher_tickets_renew(struct tickets *self, struct msg_ticket_key *out);
void publisher_tickets_clear(struct tickets *self);
/* Opens the ticket of a message about this owner and stamp into the pool; `err` says why it is
 * forged. */
enum tickets_verdict publisher_tickets_check(const struct tickets *self,
					     const struct msg_sealed_ticket *sealed,
					     struct pool *pool, struct msg_ticket *out,
					     struct err *err);
/* Whether a message is about what its ticket is about. */
bool publisher_tickets_is_about(const struct msg_ticket *ticket, const struct msg_key *owner,
				const struct msg_stamp *stamp);

#endif
