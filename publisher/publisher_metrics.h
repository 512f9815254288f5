/* publisher_metrics: what this room counts. */
#ifndef PUBLISHER_PUBLISHER_METRICS_H
#define PUBLISHER_PUBLISHER_METRICS_H

#include "actor/metric.h"
#include "base/err.h"
#include "grpc/grpc_status.h"
#include "kube/kube.h"

/* Who said no: the resolver (what it refers to is missing), the translator (the Ingress itself),
 * the publisher (a value of a Secret, a certificate). */
enum reject_reason { REJECT_REFERENCE, REJECT_TRANSLATION, REJECT_VALUE, N_REJECT_REASONS };
/* Why what a translator says does not count. */
enum ticket_refusal { TICKET_OLD, TICKET_FORGED, N_TICKET_REFUSALS };
enum owner_state { OWNER_GOOD, OWNER_REJECTED, OWNER_WAITING, OWNER_MISSING, N_OWNER_STATES };

struct publisher_metrics {
	/* incremented where it happens */
	uint64_t rejects[N_REJECT_REASONS], tickets[N_TICKET_REFUSALS];
	uint64_t writes, write_failures, writes_saved, records_written, records_deleted;
	uint64_t events_sent, events_dropped;
	struct metric_histogram latency; /* us, from the oldest change of a write */
	struct metric_histogram write;   /* ms */
	/* measured when somebody asks */
	uint64_t owners[N_OWNER_STATES], routes, leader, guard;
	uint64_t last_write_s;
	uint64_t certs, certs_7d, certs_30d, cert_first_s;
	uint64_t hosts_bare;
	uint64_t databroker[GRPC_N_STATUS], api[KUBE_CLASSES], events_queued;
};

extern struct publisher_metrics publisher_metrics;

/* Everything of one write is stored; `seen_ns`: when the API server told of the oldest change in
 * it, 0: unknown. */
void publisher_metrics_stored(uint64_t seen_ns, uint64_t write_ms);

extern const struct metric publisher_metrics_table[];
/* Computes what is not counted as it happens. */
struct handlers;
void publisher_metrics_measure(const struct handlers *h);

#endif
