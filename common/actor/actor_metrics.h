/* actor_metrics: what every process counts, whatever its room. */
#ifndef ACTOR_METRICS_H
#define ACTOR_METRICS_H

#include "actor/actor.h"

/* Why a peer is not served. */
enum peer_refusal { PEER_REFUSED_VERSION, PEER_REFUSED_KEY, N_PEER_REFUSALS };

struct actor_metrics {
	/* incremented where it happens */
	uint64_t received[MSG_N_TYPES], sent[MSG_N_TYPES];
	uint64_t connects[N_LINKS];        /* another process is up */
	uint64_t restarts[N_LINKS];        /* a link started over */
	uint64_t malformed[N_LINKS];       /* frames that were refused */
	uint64_t refused[N_PEER_REFUSALS]; /* HELLOs, connections */
	struct metric_histogram lag;       /* ms */
	/* measured when somebody asks */
	uint64_t peers[N_LINKS], queued[N_LINKS], credit[N_LINKS];
	uint64_t ready, started_s;
	uint64_t log_lines[4], log_last_s[4];
	uint64_t cpu_ms, n_fds, max_fds, virtual_bytes, resident_bytes;
};

extern struct actor_metrics actor_metrics;

void actor_metrics_open(enum msg_room room);
/* Measures, then prints these and the room's own table. */
void actor_metrics_print(struct actor_loop *loop, struct buf *out);
/* The two tables, for a page. */
const struct metric *actor_metrics_table(void);
void actor_metrics_measure(struct actor_loop *loop);

#endif
