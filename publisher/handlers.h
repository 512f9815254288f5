/* handlers: what the messages about owners and Secrets do. */
#ifndef PUBLISHER_HANDLERS_H
#define PUBLISHER_HANDLERS_H

#include "actor/actor.h"
#include "base/limiter.h"
#include "publisher/bootstrap/startup.h"
#include "publisher/orders/orders.h"
#include "publisher/removed.h"
#include "publisher/report/report.h"
#include "publisher/sink/sinks.h"
#include "publisher/tickets.h"
#include "publisher/wanted/inventory.h"
#include "publisher/wanted/pending.h"

/* What they work on. */
struct handlers {
	struct actor_peer *resolver; /* NULL: down */
	struct wanted *wanted;
	struct host_policy policy; /* opened by outputs.c */
	struct inventory inventory;
	struct tickets tickets;
	struct pending pending;
	struct limiter full; /* lines about no room there */
	struct removed removed;
	struct startup startup;
	const struct sinks *sinks; /* these three are set by outputs.c */
	struct report *report;     /* NULL: nothing is reported */
	struct orders *orders;     /* NULL: no certificate is ordered */
	uint64_t compared;         /* the announcement that wanted was compared with; 0: none */
	bool no_class;             /* no owner can be ours now */
	uint64_t passed_ms;        /* when the barrier of this epoch was passed; 0: not yet */
};

void publisher_handlers_init(struct handlers *h);
void publisher_handlers_clear(struct handlers *h);
/* The resolver is there, and gets a fresh key for its tickets. With another epoch it is another
 * one, and announces everybody anew. */
void publisher_handlers_begin(struct handlers *h, struct actor_peer *resolver, uint64_t epoch);

/* Each message is applied, kept until a secret value has come, or dropped as stale: then it is
 * acknowledged; of another epoch or an earlier key: then it is not. -1: its ticket is forged, and
 * `err` says why. `maker`: the key of the translator; empty: over ipc; NULL: it comes from the
 * resolver itself. */
int publisher_handlers_config(struct handlers *h, const struct msg *m, const char *maker,
			      struct err *err);
/* Other keys count now, as this says: what was made with others has to be made again, and goes if
 * its owner is rejected. */
void publisher_handlers_doubt(struct handlers *h, const void *arg,
			      bool (*counts)(const void *arg, const char *maker));
/* `vouched`: it comes from the resolver itself. */
int publisher_handlers_reject(struct handlers *h, const struct msg_reject *reject, bool vouched,
			      struct err *err);
void publisher_handlers_delete(struct handlers *h, const struct msg *m);
void publisher_handlers_flushed(struct handlers *h, const struct msg_flushed *flushed);
void publisher_handlers_secret(struct handlers *h, const struct msg_secret_put *put);
/* Whether a class of ours is there. Without one nothing is removed; with one again nothing is until
 * all owners have arrived. */
void publisher_handlers_classes(struct handlers *h, bool any);
/* Once for each announcement, when all owners have arrived: deletes those that are not in it. */
void publisher_handlers_sweep(struct handlers *h, uint64_t now_ms);
/* -1: nothing complete can be stored yet, and `why` says what is missing. */
int publisher_handlers_check(const struct handlers *h, struct err *why);

#endif
