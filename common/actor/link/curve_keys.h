/* curve_keys: the CURVE keys of a folder, as PROTOCOL.md says under "Keys".
 *
 * Each process reads only the files that its ends of tcp links need. */
#ifndef ACTOR_CURVE_KEYS_H
#define ACTOR_CURVE_KEYS_H

#include "actor/link/curve_text.h"
#include "base/map.h"

#define CURVE_MAX_SERVERS 8 /* keys in server.pub */

enum curve_needs {
	CURVE_BINDS = 1,   /* server.key and clients.pub */
	CURVE_CONNECTS = 2 /* server.pub and client.key */
};

struct curve_keys {
	struct curve_key server_key; /* secret */
	struct map clients;          /* public key -> the rooms that may connect with it, a set */
	struct curve_key client_key, client_pub;     /* the first is secret */
	struct curve_key servers[CURVE_MAX_SERVERS]; /* any of them may be that of the other end */
	size_t n_servers;
};

/* In the vault. NULL and a sentence: not all that is needed can be read. */
struct curve_keys *actor_curve_keys_read(const char *dir, unsigned needs, struct err *err);
void actor_curve_keys_free(struct curve_keys *keys); /* NULL is fine */

#endif
