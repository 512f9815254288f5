/* actor_metrics: what every process counts, whatever its room. */
#ifndef ACTOR_METRICS_H
#define ACTOR_METRICS_H

#include "actor/hooks.h"
#include "actor/link/link_table.h"

/* Why a peer is not served. */
enum peer_refusal {
	PEER_REFUSED_VERSION,
	PEER_REFUSED_KEY,
	PEER_REFUSED_CONNECTION, /* it uses the routing id of another one */
	PEER_REFUSED_SECOND,     /* where one at a time stands */
	PEER_REFUSED_CROWD,      /* there are as many as there may be */
	N_PEER_REFUSALS
};

struct actor_metrics {
	/* incremented where it happens */
	uint64_t received[MSG_N_TYPES], sent[MSG_N_TYPES];
	uint64_t connects[N_LINKS];        /* another process is up */
	uint64_t restarts[N_LINKS];        /* a link started over */
	uint64_t malformed[N_LINKS];       /* frames that were refused */
	uint64_t refused[N_PEER_REFUSALS]; /* HELLOs, connections */
	struct metric_histogram lag;       /* ms */
	/* measured when they are read; these three by the loop */
	uint64_t peers[N_LINKS], queued[N_LINKS], credit[N_LINKS];
	uint64_t ready, started_s;
	uint64_t log_lines[4], log_last_s[4];
	uint64_t cpu_ms, n_fds, max_fds, virtual_bytes, resident_bytes;
};

extern struct actor_metrics actor_metrics;

void actor_metrics_open(enum msg_room room);
void actor_metrics_limit(void); /* the limits of the process have changed */
/* Measures this process and its room. */
void actor_metrics_measure(const struct actor *actor);
/* Prints these and the room's own table. */
void actor_metrics_print(const struct actor *actor, struct buf *out);
const struct metric *actor_metrics_table(void); /* for a page */

#endif
