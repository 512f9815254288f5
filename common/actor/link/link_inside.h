/* link_inside: what the files of a link share: link.c, link_hello.c, link_second.c. */
#ifndef ACTOR_LINK_INSIDE_H
#define ACTOR_LINK_INSIDE_H

#include "actor/link/frame.h"
#include "actor/link/link.h"
#include "actor/link/peer_inside.h"
#include "actor/link/socket.h"
#include "base/map.h"

#define LINK_REFUSED 16 /* peers of another version that are remembered: each is named once */

struct link {
	struct peer_link end;
	struct link_socket socket;
	const struct link_commons *commons;
	struct map peers;          /* ROUTER: by routing id */
	struct actor_peer *server; /* DEALER: the other end, once it has answered */
	/* HELLO; the first five at a DEALER only */
	uint64_t session;       /* HELLOs said */
	uint64_t hello_ms;      /* when to say HELLO (again); UINT64_MAX: no need */
	struct backoff hello;   /* between HELLOs without an answer */
	struct backoff trouble; /* between restarts of the link */
	uint64_t troubled_ms;   /* when the link last had to start over */
	struct limiter refusals, answers, crowd;
	uint64_t refused[LINK_REFUSED];
	size_t n_refused;
	/* Where one peer at a time stands: who came while it is there. */
	struct {
		struct str id; /* absent: nobody */
		struct caller caller;
		struct msg_hello hello;
	} second;
};

/* A frame that came in, and its sender. */
struct link_arrival {
	struct str id, frame;
	struct caller caller;
	struct actor_peer *peer; /* NULL: its routing id is not known */
};

/* ---- link.c ---- */
/* The room hears of it. */
void actor_link_destroy_gone(struct link *self);

/* ---- link_second.c ---- */
/* Somebody new says HELLO at a ROUTER. False: it has to wait, or for ever. */
bool actor_link_has_room(struct link *self, const struct link_arrival *in,
			 const struct msg_hello *hello);
/* If somebody waits and the first is gone, or silent for long, it takes the place. */
void actor_link_admit_second(struct link *self, uint64_t now_ms);
void actor_link_forget_second(struct link *self);

/* ---- link_hello.c ---- */
void actor_link_hello_init(struct link *self);
/* DEALER: says HELLO if it is time to. */
void actor_link_say_hello(struct link *self, uint64_t now_ms);
void actor_link_on_hello(struct link *self, const struct link_arrival *in,
			 const struct msg_hello *hello);
/* It speaks another version of the protocol. */
void actor_link_refuse(struct link *self, struct str id, uint64_t protocol);
/* Something well formed from somebody whose HELLO we do not have. */
void actor_link_on_stranger(struct link *self, const struct link_arrival *in);
/* DEALER: the connection came or went. */
void actor_link_on_connection(struct link *self);
/* The numbering has ended: ROUTER: asks for HELLO; DEALER: says it soon. */
void actor_link_on_restart(void *self, struct actor_peer *peer, const char *reason);

#endif
