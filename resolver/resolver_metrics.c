/* resolver_metrics: what the resolver counts.
 *
 *   in     the state of the resolver, when it is read
 *   out    a table of metrics
 *   never  walks over owners or objects
 */
#include "resolver/resolver_metrics.h"

enum queue_state { WAITING, IN_FLIGHT, DIRECT, SUSPECT, N_QUEUE_STATES };

static struct {
	uint64_t jobs[N_QUEUE_STATES];
	uint64_t owners, late, deaths, crashed;
	uint64_t objects[MSG_N_KINDS];
} metrics;

static const char *const queue_states[] = { "waiting", "in_flight", "direct", "suspect", NULL };
static const char *kinds[MSG_N_KINDS + 1]; /* filled in when first measured */

const struct metric resolver_metrics_table[] = {
	{ "sluice_resolver_jobs",
	  "Owners with something to do: waiting for a translator, in flight until the publisher "
	  "has acknowledged them, deletes and crashed ones for the publisher itself, suspects of "
	  "having killed a translator",
	  METRIC_GAUGE, metrics.jobs, 1, "state", queue_states },
	{ "sluice_resolver_owners",
	  "Ingresses and settings that are ours or whose deletion the "
	  "publisher has not acknowledged yet",
	  METRIC_GAUGE, &metrics.owners, 1, NULL, NULL },
	{ "sluice_resolver_objects", "Objects that are known; of Secrets, those that are wanted",
	  METRIC_GAUGE, metrics.objects, 1, "kind", kinds },
	{ "sluice_resolver_jobs_late_total",
	  "Jobs that were not acknowledged in time and went out "
	  "again",
	  METRIC_COUNTER, &metrics.late, 1, NULL, NULL },
	{ "sluice_resolver_workers_lost_total", "Translators whose connection ended",
	  METRIC_COUNTER, &metrics.deaths, 1, NULL, NULL },
	{ "sluice_resolver_owners_crashed_total",
	  "Owners that were given up because they killed "
	  "translators",
	  METRIC_COUNTER, &metrics.crashed, 1, NULL, NULL },
	{ 0 },
};

void resolver_metrics_measure(const struct queue *queue, const struct resolve *resolve)
{
	metrics.jobs[WAITING] = queue->waiting.n;
	metrics.jobs[IN_FLIGHT] = queue->in_flight.n;
	metrics.jobs[DIRECT] = queue->direct.n;
	metrics.jobs[SUSPECT] = queue->suspects.n;
	metrics.owners = queue->jobs.n;
	metrics.late = queue->n_late;
	metrics.deaths = queue->n_deaths;
	metrics.crashed = queue->n_crashed;
	for (int kind = 0; kind < MSG_N_KINDS; kind++) {
		kinds[kind] = kind == MSG_KIND_NONE ? "" : msg_kind_name((enum msg_kind)kind);
		metrics.objects[kind] = resolver_resolve_count(resolve, (enum msg_kind)kind);
	}
}
