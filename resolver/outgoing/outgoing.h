/* outgoing: what has to be sent, until the peers have credit for it. */
#ifndef RESOLVER_OUTGOING_H
#define RESOLVER_OUTGOING_H

#include "resolver/jobs/flush.h"
#include "resolver/jobs/queue.h"
#include "resolver/outgoing/addresses.h"
#include "resolver/outgoing/announce.h"
#include "resolver/outgoing/keyqueue.h"
#include "resolver/owners/resolve.h"
#include "resolver/secrets/secrets.h"

struct actor_peer;

#define OUTGOING_SEEN 1024 /* processes; the oldest are forgotten, and so may their numbers be */

struct outgoing {
	/* From the publisher; no id: it has not come, and neither inventory nor bundles go out. */
	struct {
		uint64_t id;
		struct hash key;
	} ticket_key;
	struct keyqueue unwanted, wanted; /* to the watcher: Secrets to let go of, to ask for */
	struct keyqueue values;           /* to the publisher: Secrets whose values it lacks */
	enum { CLASSES_UNSENT, CLASSES_NONE, CLASSES_ANY } classes; /* what the publisher heard */
	struct announce announce;   /* to the publisher: the inventory */
	struct addresses addresses; /* to the publisher: for the status of Ingresses */
	struct flush flush;         /* to the publisher: deletions that it may forget */
	struct queue queue;         /* to translators: owners; to the publisher: deletions */
	/* Processes that were given Ingresses: none of them is ever given the settings. */
	int seen[OUTGOING_SEEN];
	size_t n_seen;
	uint64_t lack_ms; /* when to say that nobody is there for the settings; UINT64_MAX: said */
};

/* All empty, but for the settings of `addresses`. */
void resolver_outgoing_init(struct outgoing *self);
void resolver_outgoing_clear(struct outgoing *self);
/* Writes down what a change of the objects means. */
struct resolve_sink resolver_outgoing_sink(struct outgoing *self);
/* The watcher is a new one: it has to hear of every Secret that is wanted. */
void resolver_outgoing_ask_again(struct outgoing *self, const struct secrets *secrets);
/* The publisher is up: everything goes out anew, once it has given a key for tickets. */
void resolver_outgoing_begin(struct outgoing *self);
int resolver_outgoing_take_key(struct outgoing *self, const struct msg_ticket_key *key,
			       struct err *err);
/* A translator: its link has (re)started, it has returned credit, it is gone. */
void resolver_outgoing_worker_up(struct outgoing *self, struct actor_peer *peer);
void resolver_outgoing_worker_credit(struct outgoing *self, struct actor_peer *peer);
void resolver_outgoing_worker_down(struct outgoing *self, struct actor_peer *peer);
/* Says once that no translator is there for the settings, if that lasts; returns when to call
 * again. */
uint64_t resolver_outgoing_look_for_lack(struct outgoing *self, uint64_t now_ms);
/* Begins an announcement if one is due: there was none, or the last one was not complete and this
 * one is, or all Certificates are known since, or a class of ours is there again. It takes first
 * the values, then the inventory, then all bundles to the publisher. */
void resolver_outgoing_announce(struct outgoing *self, struct resolve *resolve);

#endif
