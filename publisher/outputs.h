/* outputs: where the publisher's work leaves it: the sinks, and reports to Kubernetes. */
#ifndef PUBLISHER_OUTPUTS_H
#define PUBLISHER_OUTPUTS_H

#include "actor/actor.h"
#include "publisher/flags.h"
#include "publisher/handlers.h"

struct outputs {
	struct actor_loop *loop;
	void (*on_fd)(void *self, int fd); /* of the actor, for every descriptor here */
	const struct handlers *handlers;
	struct sinks sinks;
	struct report *report; /* NULL: nothing is reported */
	struct orders *orders; /* NULL: no certificate is ordered */
	uint64_t order_delay_ms;
	bool told_unknown; /* that Certificates should be ordered and cannot be seen */
	int report_fd;     /* of it, that is waited on; -1: none */
	bool once;         /* end after the first complete state */
	bool ready;        /* everything was stored once, or another replica writes */
};

/* Of the reports, while the process may still do all. */
int publisher_outputs_prepare(struct outputs *outputs, const struct flags *flags,
			      struct confine *needs, struct err *err);
/* loop and on_fd are set. Makes the sinks that the flags ask for; the handlers get to know them. */
int publisher_outputs_open(struct outputs *outputs, struct flags *flags, struct handlers *handlers,
			   struct err *err);
void publisher_outputs_close(struct outputs *outputs);
void publisher_outputs_on_fd(struct outputs *outputs, int fd);
uint64_t publisher_outputs_tick(struct outputs *outputs, uint64_t now_ms);

#endif
