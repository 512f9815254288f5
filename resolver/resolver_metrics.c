/* resolver_metrics: what the resolver counts.
 *
 *   in     the state of the resolver, when it is read
 *   out    a table of metrics
 *   never  walks over owners or objects
 */
#include "resolver/resolver_metrics.h"

enum jobs_state { IN_FLIGHT = N_TURNS_LANES, SET_ASIDE, N_JOBS_STATES };

static struct {
	uint64_t jobs[N_JOBS_STATES];
	uint64_t turns[N_TURNS_LANES];
	uint64_t owners, namespaces, lost, late, deaths, set_aside;
	uint64_t objects[MSG_N_KINDS];
} metrics;

/* In the order of enum turns_lane. */
static const char *const states[] = { "direct", "settings",  "waiting",   "big",
				      "alone",  "in_flight", "set_aside", NULL };
static const char *const lanes[] = { "direct", "settings", "small", "big", "alone", NULL };
static const char *kinds[MSG_N_KINDS + 1]; /* filled in when first measured */

const struct metric resolver_metrics_table[] = {
	{ "sluice_resolver_jobs",
	  "Owners with something to do: direct (deletes and rejections for the publisher itself); "
	  "settings, waiting, big and alone, which wait for a translator; in_flight until the "
	  "publisher has acknowledged them; set_aside for having crashed translators",
	  METRIC_GAUGE, metrics.jobs, 1, "state", states },
	{ "sluice_resolver_turns_total", "Times that a namespace had its turn, by lane",
	  METRIC_COUNTER, metrics.turns, 1, "lane", lanes },
	{ "sluice_resolver_namespaces", "Namespaces with owners", METRIC_GAUGE, &metrics.namespaces,
	  1, NULL, NULL },
	{ "sluice_resolver_owners",
	  "Ingresses and settings that are ours or whose deletion the "
	  "publisher has not acknowledged yet",
	  METRIC_GAUGE, &metrics.owners, 1, NULL, NULL },
	{ "sluice_resolver_objects", "Objects that are known; of Secrets, those that are wanted",
	  METRIC_GAUGE, metrics.objects, 1, "kind", kinds },
	{ "sluice_resolver_jobs_lost_total",
	  "Jobs that were done and not acknowledged in time, and went out again", METRIC_COUNTER,
	  &metrics.lost, 1, NULL, NULL },
	{ "sluice_resolver_workers_late_total",
	  "Times that a translator was at one job for too long", METRIC_COUNTER, &metrics.late, 1,
	  NULL, NULL },
	{ "sluice_resolver_workers_lost_total", "Translators whose connection ended",
	  METRIC_COUNTER, &metrics.deaths, 1, NULL, NULL },
	{ "sluice_resolver_owners_set_aside_total",
	  "Times that an owner was set aside because it crashed translators or held them up",
	  METRIC_COUNTER, &metrics.set_aside, 1, NULL, NULL },
	{ 0 },
};

void resolver_metrics_measure(const struct queue *queue, const struct resolve *resolve)
{
	for (int lane = 0; lane < N_TURNS_LANES; lane++) {
		metrics.jobs[lane] = queue->turns.lanes[lane].n_items;
		metrics.turns[lane] = queue->n_turns[lane];
	}
	metrics.jobs[IN_FLIGHT] = queue->n_in_flight;
	metrics.jobs[SET_ASIDE] = queue->blame.n_aside;
	metrics.owners = queue->owners.n;
	metrics.namespaces = queue->turns.n_tenants;
	metrics.lost = queue->n_lost;
	metrics.late = queue->n_late;
	metrics.deaths = queue->n_deaths;
	metrics.set_aside = queue->blame.n_set_aside;
	for (int kind = 0; kind < MSG_N_KINDS; kind++) {
		kinds[kind] = kind == MSG_KIND_NONE ? "" : msg_kind_name((enum msg_kind)kind);
		metrics.objects[kind] = resolver_resolve_count(resolve, (enum msg_kind)kind);
	}
}
