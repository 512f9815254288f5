/* report_state: how far the report of each owner has come: a state machine an owner. Pure.
 *
 *   unknown    nothing came of it, or that it is gone was reported
 *   pending    something came, and the sink has not taken it yet
 *   taken      the sink writes it
 *   stored     it may be reported: it is stored, or it is a failure, which needs no storing
 *   reported   everything that came was reported */
#ifndef PUBLISHER_REPORT_STATE_H
#define PUBLISHER_REPORT_STATE_H

#include <sys/queue.h>
#include "base/map.h"
#include "publisher/report/event.h"

enum report_state {
	REPORT_UNKNOWN,
	REPORT_PENDING,
	REPORT_TAKEN,
	REPORT_STORED,
	REPORT_REPORTED,
	REPORT_N_STATES
};

/* A failure that comes again. */
struct repeat {
	uint64_t count; /* since it was last reported */
	uint64_t due_ms, step_ms;
};

struct report_owner {
	enum report_state state;
	TAILQ_ENTRY(report_owner) link; /* among those of its state */
	struct str key;                 /* its text stands behind it */
	struct event_news *news; /* what has to be reported, its texts behind it; NULL: nothing */
	char *uid;               /* of what came last, as the next two */
	int64_t generation;
	uint64_t says;         /* sum of what the status of the Ingress says */
	struct repeat *repeat; /* NULL: it has not failed */
	bool changed;          /* what is published differs from what was reported */
	bool inherited;        /* another process may have reported it */
};
TAILQ_HEAD(report_queue, report_owner);

struct report_owners {
	struct map by_key; /* -> struct report_owner; none is unknown */
	struct report_queue in[REPORT_N_STATES];
};

void publisher_report_state_init(struct report_owners *owners);
void publisher_report_state_clear(struct report_owners *owners);
const struct report_owner *publisher_report_state_get(const struct report_owners *owners,
						      struct str key);
/* Something came; a copy is kept. The newest wins, but that it changed meanwhile stays true. */
struct report_owner *publisher_report_state_come(struct report_owners *owners, struct str key,
						 const struct event_news *event, bool changed);
void publisher_report_state_take(struct report_owners *owners);
void publisher_report_state_store(struct report_owners *owners);
/* The next one that may be reported, NULL: none. When it was, it is sent or forgotten. */
struct report_owner *publisher_report_state_next(const struct report_owners *owners);
void publisher_report_state_sent(struct report_owners *owners, struct report_owner *owner);
void publisher_report_state_forget(struct report_owners *owners, struct report_owner *owner);
/* Another process may have reported what was not reported here. */
void publisher_report_state_inherit(struct report_owners *owners);

#endif
