/* peer_inside: one process at the other end of a link: whether it is up, the numbers, credit. Rooms
 * see peer.h only. What it needs of its link is in struct peer_link, so it knows no socket. */
#ifndef ACTOR_PEER_INSIDE_H
#define ACTOR_PEER_INSIDE_H

#include "actor/hooks.h"
#include "actor/link/caller.h"
#include "actor/link/link_table.h"
#include "actor/link/outbox.h"
#include "actor/peer.h"
#include "actor/taps.h"
#include "base/limiter.h"

/* The end of a link at which peers stand. */
struct peer_link {
	const struct actor *actor; /* whose handlers are called */
	enum msg_link id;
	bool is_router;
	bool reading;             /* the room takes messages */
	uint64_t epoch;           /* of this process */
	uint64_t credit;          /* messages that a peer may send us before we give more */
	struct str settings_path; /* the socket where alone --settings counts; empty: any */
	struct taps *taps;
	/* The link's own: */
	void *self;
	enum frame_sent (*send)(void *self, struct str id, struct str frame, bool is_secret);
	void (*on_restart)(void *self, struct actor_peer *peer, const char *reason);
	void (*on_numbered)(void *self); /* a numbered message goes out */
	/* What peers keep here: */
	struct buf buf; /* the frame that is being packed */
	bool has_gone;  /* some peer is gone */
	struct limiter malformed;
};

struct actor_peer {
	struct peer_link *link;
	struct str id; /* its routing id, at the ROUTER's end */
	struct caller caller;
	bool up;    /* both HELLOs are through */
	bool known; /* the room has heard of it */
	bool gone;  /* the connection is gone; the link destroys it between two handlers */
	enum msg_room room;
	uint64_t epoch;     /* of its boot */
	uint64_t session;   /* the HELLO that this numbering began with */
	bool settings;      /* its HELLO says so */
	uint64_t n_taken;   /* number of the last message that came in */
	uint64_t credit_in; /* messages that it may still send */
	uint64_t owed;      /* messages handled, credit not returned yet */
	struct outbox outbox;
	uint64_t heard_ms;  /* when it last said anything */
	uint64_t resync_ms; /* when we last asked it for HELLO; 0: never */
	bool quiet;         /* a line about its silence was written */
	void *data;         /* the room's own */
};

/* ---- of a link ---- */
/* Sends something without a number to this routing id; `to` is for taps. */
enum frame_sent actor_peer_say(struct peer_link *link, struct str id, enum msg_room to,
			       enum msg_type type, const void *body);
/* Counts it, and says so in the log. */
void actor_peer_malformed(struct peer_link *link, struct str id, const char *reason);
/* What our HELLO says; the session is the caller's. */
struct msg_hello actor_peer_hello(const struct peer_link *link);

/* ---- of a peer ---- */
struct actor_peer *actor_peer_new(struct peer_link *link, struct str id);
/* The room hears that it is down. */
void actor_peer_destroy(struct actor_peer **self_p);
/* The same at the end: the room does not hear of it. */
void actor_peer_free(struct actor_peer **self_p);
/* A new numbering begins, with the HELLO of the peer; at a ROUTER it is answered. */
void actor_peer_start(struct actor_peer *peer, const struct msg_hello *hello,
		      const struct caller *caller);
/* What comes in, but for HELLO, while it is up. */
void actor_peer_receive(struct actor_peer *peer, const struct msg *m);
/* Not up any more; what waits is dropped. */
void actor_peer_stop(struct actor_peer *peer);
/* The same, and the link sees to the next HELLO. */
void actor_peer_restart(struct actor_peer *peer, const char *reason);
void actor_peer_return_credit(struct actor_peer *peer);
/* Says HEARTBEAT; one line if the peer has said nothing for long. */
void actor_peer_beat(struct actor_peer *peer, uint64_t now_ms);
void actor_peer_gone(struct actor_peer *peer); /* its connection is gone */

#endif
