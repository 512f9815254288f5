/* socket: the ZeroMQ socket at one end of a link: where it is, its keys, its connections. It knows
 * nothing of peers. */
#ifndef ACTOR_SOCKET_H
#define ACTOR_SOCKET_H

#include <czmq.h>

#include "actor/link/curve.h"
#include "actor/link/monitor.h"
#include "actor/link/strangers.h"
#include "base/limiter.h"

#define SOCKET_MAX_ENDS 4 /* endpoints that a ROUTER binds */

struct endpoint {
	char *text;
	char *bound; /* what ZeroMQ calls it; NULL: it is not bound now */
	bool has_curve;
};

struct link_socket {
	/* of the caller */
	const char *link; /* its name */
	bool is_router;
	const struct curve *curve;
	struct strangers *strangers;
	/* our own */
	struct endpoint ends[SOCKET_MAX_ENDS]; /* those with CURVE last */
	size_t n_ends;
	bool has_curve; /* some of them have */
	zsock_t *sock;
	struct monitor monitor;
	bool connected;  /* DEALER */
	bool has_failed; /* ROUTER: a handshake; the next event says whose */
	/* After a failed handshake ZeroMQ does not try again with other keys, so we do. */
	bool stale;            /* the socket is of no use any more */
	uint64_t renew_ms;     /* when to connect, or to bind, again; UINT64_MAX: no need */
	struct retry renewing; /* after failed handshakes */
	unsigned n_handshakes; /* that failed: each turns to the next key of server.pub */
	unsigned n_changes;    /* of the keys, when the socket got its own */
	struct limiter handshakes;
};

/* Binds all endpoints, or connects to the only one. */
int actor_socket_open(struct link_socket *self, const struct str_list *endpoints, struct err *err);
void actor_socket_close(struct link_socket *self);
void *actor_socket_zmq(const struct link_socket *self); /* what libzmq calls a socket */
/* Takes notice of a connection that has just come. */
void actor_socket_look(struct link_socket *self);
/* Other keys are there, a set of enum curve_change: what is still to be connected takes them at
 * once, a listener binds anew. */
void actor_socket_on_keys(struct link_socket *self, unsigned changes);
/* Connects or binds again, if it is time to. 1: so its only connection has ended. -1: it cannot go
 * on. */
int actor_socket_renew(struct link_socket *self, uint64_t now_ms, struct err *err);
/* What has happened to its connections: a set. */
enum socket_event { SOCKET_CAME = 1, SOCKET_WENT = 2 };
unsigned actor_socket_on_monitor(struct link_socket *self);

#endif
