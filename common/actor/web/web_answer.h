/* web_answer: what is answered to a path. */
#ifndef ACTOR_WEB_ANSWER_H
#define ACTOR_WEB_ANSWER_H

#include "actor/hooks.h"

#define WEB_ANSWER_MAX (1u << 20) /* bytes of an answer that is made at once */

/* The variable in which a supervisor says how often it has started this process again. */
#define WEB_RESTARTS "SLUICE_RESTARTS"

/* Which paths a listener serves: a set. */
enum web_kind { WEB_METRICS = 1, WEB_PROBES = 2, WEB_LOCAL = 4 };

struct web_request;
struct web_answer;
struct web_ticket;
struct web_stream;

/* Whose answers they are: those of an actor, or of whoever has a function of its own. */
struct web_owner {
	const struct actor *actor;
	void *loop;
	void (*measure)(void *loop); /* called before metrics are read */
	void (*answer)(void *self, const struct web_request *request, struct web_answer *out);
	void *self;
};

struct web_request {
	unsigned kinds; /* of the listener */
	struct str path, kind, namespace, name, routes, of_host;
	struct str host;           /* the header of this name */
	struct web_ticket *ticket; /* for actor_web_reply */
};

struct web_answer {
	unsigned status;
	const char *type;
	struct buf body;
	/* The rest of it, piece by piece; NULL: body is all. */
	bool (*more)(const struct actor *actor, struct actor_dump *dump, struct buf *out);
	bool owners_only;          /* of a dump */
	bool whole;                /* the same, as hooks.h has it */
	struct str of_host;        /* the same; borrowed from the request */
	bool later;                /* it comes by actor_web_reply */
	struct web_stream *stream; /* it comes in pieces, as they are pushed, without an end */
	const char *policy; /* Content-Security-Policy; NULL: that of a page without anything */
};

void actor_web_answer(const struct web_owner *owner, const struct web_request *request,
		      struct web_answer *out);

#endif
