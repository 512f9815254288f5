/* curve: the CURVE keys that this process goes by, and the folder that they come from. zap.c
 * tells ZeroMQ which keys may connect. PROTOCOL.md, "Keys". */
#ifndef ACTOR_CURVE_H
#define ACTOR_CURVE_H

#include "actor/link/curve_keys.h"
#include "base/retry.h"

/* What other keys mean for the links: a set. */
enum curve_change {
	CURVE_BINDS_ANEW = 1,    /* a listener has the key that it was bound with */
	CURVE_CONNECTS_ANEW = 2, /* what a connecting end shows or expects */
	CURVE_ADMITS_ANEW = 4    /* which keys may connect */
};

struct curve {
	bool on;
	const char *dir;
	unsigned needs;          /* enum curve_needs */
	struct curve_keys *keys; /* NULL: without CURVE */
	unsigned n_changes;      /* of what a connecting end shows or expects */
	int changes;             /* inotify on the folder */
	struct retry watching;   /* the folder; it may be gone for a while */
	struct retry reading;    /* the files; only its lines in the log */
};

int actor_curve_open(struct curve *curve, const char *dir, unsigned needs, struct err *err);
void actor_curve_close(struct curve *curve);
/* Whether this key is one of that room. */
bool actor_curve_admits(const struct curve *curve, const struct curve_key *client,
			enum msg_room room);
/* Keys for what this socket binds, or connects to, from now on; -1 sets errno. Of several servers'
 * keys that of this turn. */
int actor_curve_set_server_keys(const struct curve *curve, void *sock, const char *link);
int actor_curve_set_client_keys(const struct curve *curve, void *sock, unsigned turn);
/* The folder has changed, or the time has come to look for it: the files are read. Returns a set of
 * enum curve_change. */
unsigned actor_curve_on_change(struct curve *curve);
unsigned actor_curve_tick(struct curve *curve, uint64_t now_ms);
uint64_t actor_curve_deadline(const struct curve *curve); /* UINT64_MAX: none */

#endif
