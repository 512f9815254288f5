/* link: one end of a link: its socket, and the peers at the other end. What happens on it reaches
 * the room through the hooks of its actor. */
#ifndef ACTOR_LINK_H
#define ACTOR_LINK_H

#include "actor/hooks.h"
#include "actor/link/curve.h"
#include "actor/link/link_table.h"
#include "actor/link/strangers.h"
#include "actor/taps.h"

#define LINK_CREDIT 256 /* messages that a peer may send us before we return credit */
#define LINK_ITEMS 2    /* that a link has to wait for */

struct link;

/* What the links of a process share. */
struct link_commons {
	const struct actor *actor;
	uint64_t epoch; /* of this process */
	const struct curve *curve;
	struct strangers *strangers;
	struct taps *taps;
	void *loop;
	void (*on_numbered)(void *loop); /* a numbered message comes or goes */
};

struct link_settings {
	enum msg_link id;
	bool is_router;
	uint64_t credit; /* what we grant to each peer */
	const struct str_list *endpoints;
	struct str settings_endpoint; /* one more, for a translator with --settings; or empty */
};

/* Binds its endpoints, or connects to the only one. NULL: it cannot. */
struct link *actor_link_open(const struct link_commons *commons,
			     const struct link_settings *settings, struct err *err);
void actor_link_close(struct link **self_p); /* the room does not hear of it */

/* ---- in each round of the loop ---- */
/* What to wait for: LINK_ITEMS, readable. */
void actor_link_items(const struct link *self, zmq_pollitem_t *items);
uint64_t actor_link_deadline(const struct link *self); /* of actor_link_tend; UINT64_MAX: none */
/* True: connections have gone. The next HEARTBEAT shows whose. */
bool actor_link_on_monitor(struct link *self);
bool actor_link_on_readable(struct link *self); /* takes a batch; true: there was something */
void actor_link_beat(struct link *self, uint64_t now_ms);
/* After a batch: returns credit, destroys peers that are gone, connects or binds again and says
 * HELLO if it is time to. -1: it cannot go on. */
int actor_link_tend(struct link *self, uint64_t now_ms, struct err *err);
/* Other keys are there: a set of enum curve_change. */
void actor_link_on_keys(struct link *self, unsigned changes);

/* ---- for the room ---- */
void actor_link_set_reading(struct link *self, bool reading);
struct actor_peer *actor_link_server(const struct link *self); /* DEALER; NULL: it is not up */
bool actor_link_has_peers(const struct link *self);
/* Adds up, for metrics. */
void actor_link_measure(const struct link *self, uint64_t *n_peers, uint64_t *n_waiting,
			uint64_t *credit);

#endif
