/* publisher_metrics: what this room counts.
 *
 *   in     increments by the other files; the state of the room, when somebody asks
 *   out    a table of metrics
 *   never  walks over owners or records; has a series for an owner or a certificate
 */
#include "publisher/publisher_metrics.h"

#include "base/clock.h"
#include "publisher/handlers.h"

#define F publisher_metrics
#define LOOK_MS 60000 /* certificates are counted again after so long, or after a change */
#define BELIEVABLE_US 3600000000ull /* a watcher on another machine has another clock */

static const struct metric_bounds microseconds = {
	16, /* the shortest time to store a change is some 5 ms */
	{ 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
	  30000000, 60000000, 120000000, 300000000, 600000000 }
};
static const struct metric_bounds milliseconds = {
	13, { 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000 }
};

struct publisher_metrics publisher_metrics = { .latency = { .bounds = &microseconds },
					       .write = { .bounds = &milliseconds } };

static const char *const reasons[] = { "reference", "translation", "value", NULL };
static const char *const refusals[] = { "old", "forged", NULL };
static const char *const states[] = { "good", "rejected", "waiting", "missing", NULL };
static const char *const codes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx", NULL };
static const char *statuses[GRPC_N_STATUS + 1]; /* filled in when measured */

const struct metric publisher_metrics_table[] = {
	{ "sluice_publisher_owners",
	  "Ingresses and settings: good, rejected (the last good configuration stays), waiting for "
	  "a value of a Secret, missing (announced, and nothing has come yet)",
	  METRIC_GAUGE, F.owners, 1, "state", states },
	{ "sluice_publisher_routes", "Routes that are wanted", METRIC_GAUGE, &F.routes, 1, NULL,
	  NULL },
	{ "sluice_publisher_rejects_total",
	  "Rejections that came: for what an Ingress refers to, for what it says, for a value of a "
	  "Secret",
	  METRIC_COUNTER, F.rejects, 1, "reason", reasons },
	{ "sluice_publisher_tickets_refused_total",
	  "Answers of translators that do not count: of an earlier session of the resolver, or "
	  "nothing that it has asked for",
	  METRIC_COUNTER, F.tickets, 1, "reason", refusals },
	{ "sluice_publisher_latency_seconds",
	  "From the event of the API server or the folder until it is stored, of the oldest change "
	  "of each write",
	  METRIC_HISTOGRAM, &F.latency, 1000000, NULL, NULL },
	{ "sluice_publisher_write_seconds", "What a write took", METRIC_HISTOGRAM, &F.write, 1000,
	  NULL, NULL },
	{ "sluice_publisher_writes_total", "Writes that ended well", METRIC_COUNTER, &F.writes, 1,
	  NULL, NULL },
	{ "sluice_publisher_write_failures_total", "Writes that failed and are tried again",
	  METRIC_COUNTER, &F.write_failures, 1, NULL, NULL },
	{ "sluice_publisher_writes_saved_total",
	  "Changes that needed no write, since the same is wanted or stored already",
	  METRIC_COUNTER, &F.writes_saved, 1, NULL, NULL },
	{ "sluice_publisher_last_write_timestamp_seconds",
	  "When a write last ended well, in seconds since 1970; 0: never", METRIC_GAUGE,
	  &F.last_write_s, 1, NULL, NULL },
	{ "sluice_publisher_records_written_total", "Records written into the databroker",
	  METRIC_COUNTER, &F.records_written, 1, NULL, NULL },
	{ "sluice_publisher_records_deleted_total", "Records deleted in the databroker",
	  METRIC_COUNTER, &F.records_deleted, 1, NULL, NULL },
	{ "sluice_publisher_databroker_requests_total",
	  "Calls of the databroker that have ended, by gRPC status", METRIC_COUNTER, F.databroker,
	  1, "code", statuses },
	{ "sluice_publisher_leader", "Whether this process is the one that writes", METRIC_GAUGE,
	  &F.leader, 1, NULL, NULL },
	{ "sluice_publisher_delete_guard",
	  "Whether --max-delete-share holds back the removal of routes", METRIC_GAUGE, &F.guard, 1,
	  NULL, NULL },
	{ "sluice_publisher_certificates", "Certificates that are served", METRIC_GAUGE, &F.certs,
	  1, NULL, NULL },
	{ "sluice_publisher_certificate_expiry_timestamp_seconds",
	  "When the first of them expires, in seconds since 1970; 0: there is none", METRIC_GAUGE,
	  &F.cert_first_s, 1, NULL, NULL },
	{ "sluice_publisher_certificates_expiring_7d", "Those that expire within 7 days",
	  METRIC_GAUGE, &F.certs_7d, 1, NULL, NULL },
	{ "sluice_publisher_certificates_expiring_30d", "Those that expire within 30 days",
	  METRIC_GAUGE, &F.certs_30d, 1, NULL, NULL },
	{ "sluice_publisher_hosts_without_certificate",
	  "Hosts for which a certificate will be ordered, or was and is not seen; 0 without "
	  "spec.certificateAutoProvision",
	  METRIC_GAUGE, &F.hosts_bare, 1, NULL, NULL },
	{ "sluice_publisher_api_requests_total",
	  "Requests to the API server that have ended, by status; none: there was no answer",
	  METRIC_COUNTER, F.api, 1, "code", codes },
	{ "sluice_publisher_events_sent_total", "Kubernetes Events that the API server took",
	  METRIC_COUNTER, &F.events_sent, 1, NULL, NULL },
	{ "sluice_publisher_events_dropped_total", "Events that found the queue full",
	  METRIC_COUNTER, &F.events_dropped, 1, NULL, NULL },
	{ "sluice_publisher_events_queued", "Events that wait", METRIC_GAUGE, &F.events_queued, 1,
	  NULL, NULL },
	{ 0 },
};

void publisher_metrics_stored(uint64_t seen_ns, uint64_t write_ms)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t took_us = seen_ns && seen_ns < now_ns ? (now_ns - seen_ns) / 1000 : 0;

	F.writes++;
	F.last_write_s = (uint64_t)clock_wall();
	metric_observe(&F.write, write_ms);
	if (took_us && took_us < BELIEVABLE_US)
		metric_observe(&F.latency, took_us);
}

static void measure_certs(const struct certs *certs)
{
	static uint64_t looked_ms, n_changes;
	const uint64_t now_ms = clock_ms();

	if (looked_ms && n_changes == certs->n_changes && now_ms - looked_ms < LOOK_MS)
		return;
	looked_ms = now_ms;
	n_changes = certs->n_changes;
	F.certs = publisher_certs_expiring(certs, INT64_MAX);
	F.certs_7d = publisher_certs_expiring(certs, clock_wall() + 7 * 86400);
	F.certs_30d = publisher_certs_expiring(certs, clock_wall() + 30 * 86400);
	F.cert_first_s = publisher_certs_first_expiry(certs);
}

static void measure_sink(const struct sinks *sinks)
{
	struct sink_state state;

	publisher_sinks_look(sinks, &state);
	for (int status = 0; status < GRPC_N_STATUS; status++) {
		statuses[status] = grpc_status_name((enum grpc_status)status);
		F.databroker[status] = state.calls ? state.calls[status] : 0;
	}
	F.leader = state.leads;
	F.guard = state.holds_back;
}

void publisher_metrics_measure(const struct handlers *h)
{
	const size_t n_rejected = publisher_wanted_n_rejected(h->wanted);
	const uint64_t *by_class = publisher_report_calls(h->report);

	F.owners[OWNER_GOOD] = publisher_wanted_n_owners(h->wanted) - n_rejected;
	F.owners[OWNER_REJECTED] = n_rejected;
	F.owners[OWNER_WAITING] = publisher_pending_n(&h->pending);
	F.owners[OWNER_MISSING] = h->inventory.n_missing;
	F.routes = publisher_wanted_n_routes(h->wanted);
	F.events_queued = publisher_report_n_queued(h->report);
	F.hosts_bare = publisher_orders_n_missing(h->orders);
	for (int class = 0; class < KUBE_CLASSES; class ++)
		F.api[class] = by_class ? by_class[class] : 0;
	measure_certs(publisher_wanted_certs(h->wanted));
	measure_sink(h->sinks);
}
