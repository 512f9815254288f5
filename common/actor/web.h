/* web: a small HTTP server inside the actor's loop: metrics, probes, a page for a person; on the
 * socket file also what the room holds.
 *
 *   door                                       paths
 *   RUN_DIR/web-<room>-<pid>, mode 0600        all
 *   --metrics-bind-address                     /metrics and /
 *   --health-probe-bind-address                /healthz /readyz /startupz
 *
 * GET and HEAD only, one request a connection. More than WEB_VISITORS connections at a door, and
 * the oldest has to go, so there is always a place for who asks at once. Who is slow waits alone:
 * nothing here blocks, an answer is complete before it goes out, or (a dump) made piece by piece,
 * one between two rounds of the loop. */
#ifndef ACTOR_WEB_H
#define ACTOR_WEB_H

#include "actor/actor.h"
#include "actor/web_address.h"

#define WEB_VISITORS 32
#define WEB_ANSWER_MAX (1u << 20) /* bytes of an answer that is made at once */

enum web_door_kind { WEB_METRICS = 1, WEB_PROBES = 2, WEB_LOCAL = 4 };

struct web_door;

struct web {
	int epoll; /* over the doors; -1: closed */
	struct web_door *doors[3];
	size_t n_doors, n_visitors;
	char *path;       /* of the socket file, or NULL */
	uint64_t next_ms; /* when to be called without an event */
};

struct web_places {
	const char *path;
	struct web_address metrics, probes;
};

/* -1: an address cannot be listened on. Without the socket file there is a line in the log. */
int actor_web_open(struct web *web, struct actor_loop *loop, const struct web_places *places,
		   struct err *err);
void actor_web_close(struct web *web);
void actor_web_on_fd(struct web *web);
void actor_web_tick(struct web *web, uint64_t now_ms);

/* ---- web_answer.c ---- */

struct web_request {
	unsigned door; /* set of enum web_door_kind */
	struct str path, kind, namespace, name;
};

struct web_answer {
	unsigned status;
	const char *type;
	struct buf body;
	bool (*more)(struct actor_loop *loop, struct actor_dump *dump,
		     struct buf *out); /* NULL: body is all */
};

void actor_web_answer(struct actor_loop *loop, const struct web_request *request,
		      struct web_answer *out);

#endif
