/* web: a small HTTP server inside the actor's loop: metrics, probes, a page for a person; on the
 * socket file also what the room holds.
 *
 *   listener                                   paths
 *   RUN_DIR/web-<room>-<pid>, mode 0600        all; of an actor only
 *   --metrics-bind-address                     /metrics and /
 *   --health-probe-bind-address                /healthz /readyz /startupz
 *
 * GET and HEAD only, one request a connection. When a listener has more than WEB_CLIENTS
 * connections, the oldest has to go, so there is always a place for a client that sends its request
 * at once. A slow client waits alone: nothing here blocks, an answer is complete before it goes
 * out, or (a dump) made piece by piece, one between two rounds of the loop. */
#ifndef ACTOR_WEB_H
#define ACTOR_WEB_H

#include "actor/web/web_address.h"
#include "actor/web/web_answer.h"
#include "actor/web/web_stream.h"

#define WEB_CLIENTS 32

struct web_listener;

struct web {
	int epoll; /* over the listeners; -1: closed */
	struct web_listener *listeners[3];
	size_t n_listeners, n_clients;
	char *path;       /* of the socket file, or NULL */
	uint64_t next_ms; /* when to be called without an event */
};

struct web_places {
	const char *path; /* NULL: no socket file */
	struct web_address metrics, probes;
	const char *flag; /* that says `metrics`; NULL: --metrics-bind-address */
};

/* -1: an address cannot be listened on. Without the socket file there is a line in the log. */
int actor_web_open(struct web *web, const struct web_owner *owner, const struct web_places *places,
		   struct err *err);
/* Every answer that was to come later was given before. */
void actor_web_close(struct web *web);
/* Answers a request of which `later` was said, and which goes out at the next tick; takes the body.
 */
void actor_web_reply(struct web_ticket *ticket, unsigned status, const char *type,
		     struct buf *body);
/* An argument of the request; empty: it has none of that name. Lives until it is answered. */
struct str actor_web_argument(const struct web_ticket *ticket, const char *name);
void actor_web_on_fd(struct web *web);
void actor_web_tick(struct web *web, uint64_t now_ms);

#endif
