/* loop: what the files of the actor share. Rooms see actor.h only.
 *
 *   actor.c    settings, signals, the one poll loop, what handlers may call
 *   link.c     a socket: opens it, takes frames off it, notices connections that come and go
 *   peer.c     one process at the other end: HELLO, numbering, what comes in
 *   outbox.c   what goes out to it: credit, the queue of what waits for credit
 *   taps.c     publishes what passes, while somebody listens
 *   figures.c  counts; web.c and web_answer.c tell who asks over HTTP
 *   socket_file.c  sweeps what dead processes left in the run folder */
#ifndef ACTOR_LOOP_H
#define ACTOR_LOOP_H

#include <czmq.h>

#include "actor/actor.h"
#include "actor/figures.h"
#include "actor/web.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"

#define LINK_HWM 4096       /* frames a socket holds for one peer; above every credit we grant */
#define LINK_MAX_PEERS 1024 /* processes on one ROUTER */
#define LINK_BATCH 64       /* frames from one link before the others get their turn */
#define LINK_CREDIT 256     /* messages that a peer may send us before we return credit */
#define LINK_CREDIT_MAX (1u << 20)
#define LINK_REFUSED \
	16 /* peers of another version that are remembered, so that each is named once */

struct link;

/* A packed message that waits for credit. */
struct waiting {
	struct waiting *next;
	enum msg_type type;
	size_t len;
	char bytes[];
};

struct actor_peer {
	struct link *link;
	struct str id; /* its routing id, at the ROUTER's end */
	bool up;       /* both HELLOs are through */
	bool known;    /* the room has heard of it */
	bool gone;     /* the connection is gone; reaped between two handlers */
	enum msg_room room;
	uint64_t epoch;      /* of its boot */
	uint64_t session;    /* the HELLO that this numbering began with */
	uint64_t n_sent;     /* number of the last message that went out */
	uint64_t n_taken;    /* number of the last message that came in */
	uint64_t credit_out; /* messages that we may still send */
	uint64_t credit_in;  /* messages that it may still send */
	uint64_t owed;       /* messages handled, credit not returned yet */
	struct waiting *first, *last;
	size_t n_waiting;
	uint64_t heard_ms;  /* when it last said anything */
	uint64_t resync_ms; /* when we last asked it for RESYNC; 0: never */
	bool quiet;         /* a line about its silence was written */
	void *data;         /* the room's own */
};

/* One log line at most in a while, with the number of those that were kept back. */
struct limiter {
	uint64_t next_ms;
	unsigned n_kept;
};

struct link {
	struct actor_loop *loop;
	enum actor_link id;
	bool is_router, open, reading;
	zsock_t *sock;
	void *monitor;             /* says when connections come and go */
	struct map peers;          /* ROUTER: by routing id */
	struct actor_peer *server; /* DEALER: the other end, once it has answered */
	bool has_gone;             /* some peer is gone */
	uint64_t credit;           /* what we grant */
	/* DEALER only */
	uint64_t session;       /* HELLOs said */
	uint64_t hello_ms;      /* when to say HELLO (again); UINT64_MAX: no need */
	struct backoff hello;   /* between HELLOs without an answer */
	struct backoff trouble; /* between restarts of the link */
	uint64_t troubled_ms;   /* when the link last had to start over */
	/* complaints */
	struct limiter complaints, refusals, answers;
	uint64_t refused[LINK_REFUSED];
	size_t n_refused;
};

struct tap {
	zsock_t *sock;
	char *path; /* of the socket file, or NULL */
	struct buf topic, line;
	unsigned n_listeners; /* topics that somebody subscribed to; 0: nothing is printed */
};

struct watched {
	int fd;
	void (*on_fd)(void *self, int fd);
};

struct actor_loop {
	const struct actor *actor;
	struct link links[N_LINKS];
	struct tap tap;
	struct web web;
	struct watched *fds;
	size_t n_fds;
	uint64_t epoch, heartbeat_ms;
	uint64_t next_heartbeat, next_tick;
	uint64_t now_ms; /* when the current batch began */
	int signals, ready_fd, status;
	bool quit, busy;    /* busy: something came in since the last tick */
	struct buf scratch; /* the frame being packed */
};

/* ---- link.c ---- */
const char *actor_link_name(enum actor_link id);
bool actor_link_is_of(enum actor_link id, enum msg_room room, bool *is_router);
/* Whether `room` may stand at the other end of this link. */
bool actor_link_admits(const struct link *link, enum msg_room room);
int actor_link_open(struct link *link, struct actor_loop *loop, const char *endpoint,
		    struct err *err);
void actor_link_close(struct link *link);
void actor_link_on_monitor(struct link *link);
void actor_link_on_readable(struct link *link); /* takes a batch of frames */
void actor_link_settle(struct link *link); /* after a batch: returns credit, reaps who is gone */
void actor_link_beat(struct link *link, uint64_t now_ms);
void actor_link_hello(struct link *link, uint64_t now_ms); /* DEALER: says HELLO if it is time */
/* Sends a frame to a routing id (DEALER: to the only peer). 0 sent, 1 it would block, -1 nobody
 * there. */
int actor_link_send(struct link *link, struct str id, enum msg_type type, struct str frame);
int actor_link_say(struct link *link, struct str id, enum msg_type type, const void *body);
bool actor_limiter_pass(struct limiter *limiter, uint64_t every_ms, unsigned *n_kept);

/* ---- peer.c ---- */
/* A frame from that peer (NULL: from a routing id that we do not know). */
void actor_peer_receive(struct link *link, struct str id, struct actor_peer *peer,
			struct str frame);
void actor_peer_complain(struct link *link, struct str id, const char *reason);
void actor_peer_restart(struct actor_peer *peer, const char *reason);
void actor_peer_destroy(struct actor_peer **self_p); /* the room hears that it is down */

/* ---- outbox.c ---- */
void actor_peer_stop(struct actor_peer *peer);  /* not up any more: drops what waits */
void actor_peer_flush(struct actor_peer *peer); /* sends what waits, as far as credit reaches */
void actor_peer_return_credit(struct actor_peer *peer);

/* ---- socket_file.c ---- */
/* Removes what dead processes left beside `path`: files of the same name but for the number at its
 * end. */
void actor_socket_sweep(const char *path);

/* ---- taps.c ---- */
void actor_tap_open(struct tap *tap, const char *endpoint);
void actor_tap_close(struct tap *tap);
void actor_tap_look(struct tap *tap); /* whether somebody came or went; at each heartbeat */
/* Only to be called while tap->n_listeners > 0. */
void actor_tap_show(struct link *link, enum msg_room other, bool out, const struct msg *m);
/* The same for what is being sent: its frame is in loop->scratch. */
void actor_tap_show_sent(struct link *link, enum msg_room other, enum msg_type type, uint64_t seq,
			 const void *body);

#endif
