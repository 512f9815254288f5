/* loop: what the files of the actor share. Rooms see actor.h only.
 *
 *   actor.c    settings, signals, the one poll loop, what handlers may call
 *   link.c     a socket: opens it, takes frames off it
 *   link_monitor.c  notices connections that come and go, and handshakes that fail
 *   peer.c     one process at the other end: HELLO, numbering, what comes in
 *   outbox.c   what goes out to it: credit, the queue of what waits for credit
 *   curve.c    keys for tcp links: who may connect, and new keys when the files change
 *   taps.c     publishes what passes, while somebody listens
 *   actor_metrics.c  counts; web.c and web_answer.c tell who asks over HTTP
 *   socket_file.c  sweeps what dead processes left in the run folder */
#ifndef ACTOR_LOOP_H
#define ACTOR_LOOP_H

#include <czmq.h>

#include "actor/actor.h"
#include "actor/curve_keys.h"
#include "actor/actor_metrics.h"
#include "actor/web.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limiter.h"
#include "base/map.h"

#define LINK_HWM 4096       /* frames a socket holds for one peer; above every credit we grant */
#define LINK_MAX_PEERS 1024 /* processes on one ROUTER */
#define LINK_BATCH 64       /* frames from one link before the others get their turn */
#define LINK_CREDIT 256     /* messages that a peer may send us before we return credit */
#define LINK_CREDIT_MAX (1u << 20)
#define LINK_MAX_ENDS 4 /* endpoints that a ROUTER binds */
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

/* Who is behind a connection with CURVE. */
struct caller {
	struct curve_key key; /* public; "": it came without CURVE, over ipc or on loopback */
	int fd;
	uint64_t address; /* a hash: the descriptor may be another connection's by now */
};

struct actor_peer {
	struct link *link;
	struct str id; /* its routing id, at the ROUTER's end */
	struct caller caller;
	bool up;    /* both HELLOs are through */
	bool known; /* the room has heard of it */
	bool gone;  /* the connection is gone; reaped between two handlers */
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

struct endpoint {
	char *text;
	char *bound; /* what ZeroMQ calls it; NULL: it is not bound now */
	bool has_curve;
};

struct link {
	struct actor_loop *loop;
	enum actor_link id;
	bool is_router, open, reading;
	struct endpoint ends[LINK_MAX_ENDS]; /* those with CURVE last */
	size_t n_ends;
	char routing_id[64]; /* DEALER */
	zsock_t *sock;
	void *monitor;             /* says when connections come and go */
	unsigned n_monitors;       /* so far */
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
	/* Connections: after a failed handshake ZeroMQ does not try again with other keys, so we
	 * do. */
	bool connected, stale; /* stale: the socket is of no use any more */
	uint64_t renew_ms;     /* when to connect, or to bind, again; UINT64_MAX: no need */
	struct backoff renew;  /* between failed handshakes */
	unsigned n_handshakes; /* that failed: each turns to the next key of server.pub */
	unsigned n_changes;    /* of the keys, when the socket was made */
	struct limiter handshakes;
	zmq_msg_t *frame; /* at hand */
	bool has_refused; /* a handshake failed; whose is said by the next event */
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

struct curve_visitor { /* a connection that was accepted lately */
	int fd;
	char address[64];
};
#define CURVE_VISITORS 64

struct curve {
	bool on;
	const char *dir;
	unsigned needs; /* enum curve_needs */
	struct curve_keys keys;
	unsigned n_changes; /* of what a connecting end shows or expects */
	void *zap;          /* ZeroMQ asks here who may connect; NULL: no end of ours binds */
	int changes;        /* inotify on the folder */
	uint64_t watch_ms;  /* when to look for a folder that is gone; UINT64_MAX: it is there */
	uint64_t fault;     /* the last that was logged, a hash; 0: none */
	struct limiter unknown_keys, bad_handshakes;
	struct curve_visitor visitors[CURVE_VISITORS];
};

struct watched {
	int fd;
	void (*on_fd)(void *self, int fd);
};

struct actor_loop {
	const struct actor *actor;
	struct link links[N_LINKS];
	struct curve curve;
	struct tap tap;
	struct web web;
	struct watched *fds;
	size_t n_fds;
	uint64_t epoch, heartbeat_ms;
	uint64_t next_heartbeat, next_tick;
	uint64_t moved_ms; /* when a numbered message last came or went */
	uint64_t now_ms;   /* when the current batch began */
	int signals, ready_fd, status;
	bool quit, busy;    /* busy: something came in since the last tick */
	struct buf scratch; /* the frame being packed */
};

/* ---- actor.c ---- */
/* A numbered message comes or goes: heartbeats get their full pace back. */
void actor_loop_moves(struct actor_loop *loop);

/* ---- link.c ---- */
const char *actor_link_name(enum actor_link id);
bool actor_link_is_of(enum actor_link id, enum msg_room room, bool *is_router);
bool actor_link_has_curve(const struct link *link);
/* Whether `room` may stand at the other end of this link. */
bool actor_link_admits(const struct link *link, enum msg_room room);
/* Binds them all, or connects to the only one. */
int actor_link_open(struct link *link, struct actor_loop *loop, const struct str_list *endpoints,
		    struct err *err);
void actor_link_close(struct link *link);
void actor_link_on_readable(struct link *link); /* takes a batch of frames */
void actor_link_settle(struct link *link); /* after a batch: returns credit, reaps who is gone */
void actor_link_beat(struct link *link, uint64_t now_ms);
void actor_link_hello(struct link *link, uint64_t now_ms); /* DEALER: says HELLO if it is time */
void actor_link_renew(struct link *link, uint64_t now_ms); /* connects or binds again if due */
/* Sends a frame to a routing id (DEALER: to the only peer). 0 sent, 1 it would block, -1 nobody
 * there. */
int actor_link_send(struct link *link, struct str id, enum msg_type type, struct str frame);
int actor_link_say(struct link *link, struct str id, enum msg_type type, const void *body);

/* ---- link_monitor.c ---- */
int actor_link_monitor_open(struct link *link);
void actor_link_monitor_close(struct link *link);
void actor_link_on_monitor(struct link *link);

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

/* ---- curve.c ---- */
/* Whether this room may use the endpoint: nothing in clear leaves the machine. */
int actor_curve_check(const char *flag, struct str endpoint, bool has_keys, struct err *err);
bool actor_curve_is_tcp(struct str endpoint);
int actor_curve_open(struct actor_loop *loop, const char *dir, unsigned needs, struct err *err);
void actor_curve_close(struct actor_loop *loop);
/* Keys for what this socket binds or connects to from now on. */
int actor_curve_dress(struct link *link);
void actor_curve_on_zap(struct actor_loop *loop);
void actor_curve_on_change(struct actor_loop *loop);
void actor_curve_tick(struct actor_loop *loop, uint64_t now_ms);
/* Whether the frame at hand comes from somebody who may be connected (now); else it is cut off. */
bool actor_curve_admits(struct link *link);
struct caller actor_curve_caller(const struct link *link); /* of the frame at hand */
/* What the monitor says of connections to a ROUTER with CURVE. */
void actor_curve_on_visit(struct link *link, unsigned event, int fd);

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
