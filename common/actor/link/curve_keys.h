/* curve_keys: the CURVE keys of a folder, as PROTOCOL.md says under "Keys".
 *
 * One key a line in Z85; blank lines, and comments from '#' on, are skipped. Each process reads
 * only the files that its ends of tcp links need. */
#ifndef ACTOR_CURVE_KEYS_H
#define ACTOR_CURVE_KEYS_H

#include "base/err.h"
#include "base/map.h"

#define CURVE_KEY_LEN 40
#define CURVE_MAX_SERVERS 8 /* keys in server.pub */

enum curve_needs {
	CURVE_BINDS = 1,   /* server.key and clients.pub */
	CURVE_CONNECTS = 2 /* server.pub and client.key */
};

struct curve_key {
	char text[CURVE_KEY_LEN + 1];
};

struct curve_keys {
	struct curve_key server_key;                 /* secret */
	struct map clients;                          /* who may connect, by public key */
	struct curve_key client_key, client_pub;     /* the first is secret */
	struct curve_key servers[CURVE_MAX_SERVERS]; /* whom we connect to, any of them */
	size_t n_servers;
};

/* Takes the next key off the text; 1, or 0 at its end, or -1 with a sentence that does not repeat
 * the line: it may be a secret that was mistyped. n_lines counts, from 0. */
int actor_curve_keys_next(struct str *text, size_t *n_lines, struct curve_key *key,
			  struct err *err);
int actor_curve_keys_read(struct curve_keys *keys, const char *dir, unsigned needs,
			  struct err *err);
void actor_curve_keys_wipe(struct curve_keys *keys);

#endif
