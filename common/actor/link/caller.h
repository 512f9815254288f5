/* caller: the process at the other end of a connection: the key that it has shown, and the
 * connection itself. */
#ifndef ACTOR_CALLER_H
#define ACTOR_CALLER_H

#include <zmq.h>

#include "actor/link/curve_keys.h"

struct caller {
	struct curve_key key; /* public; "": it came without CURVE */
	bool is_local;        /* without CURVE: over ipc */
	int fd;
	/* after actor_caller_locate: */
	uint64_t address; /* a hash: the descriptor may be another connection's by now */
	bool is_near;     /* over a socket of this machine, ... */
	uint64_t at;      /* ... and the hash of its path */
	int pid;          /* 0: elsewhere, or in a namespace that we do not see */
};

/* The sender of this frame, but for its address: actor_caller_locate. */
struct caller actor_caller_of(zmq_msg_t *frame, bool may_have_key);
/* Whether both are one connection, as far as its descriptor and its key tell. */
bool actor_caller_is_same(const struct caller *a, const struct caller *b);
void actor_caller_locate(struct caller *caller);
/* Ends the connection, if it is still the one that was located. */
void actor_caller_cut_off(const struct caller *caller);
/* What may be shown of the other end of a socket: its address, or "unknown". */
void actor_caller_name(int fd, char *out, size_t size);
/* Who it is: its public key, or over ipc its process. */
void actor_caller_describe(const struct caller *caller, char *out, size_t size);

#endif
