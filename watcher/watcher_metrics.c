/* watcher_metrics: what the watcher counts.
 *
 *   in     increments by the reflectors; the counts of the feed
 *   out    a table of metrics
 *   never  has a series for an object or a namespace
 */
#include "watcher/watcher_metrics.h"

#define F watcher_metrics

struct watcher_metrics watcher_metrics;

static const char *const conditions[] = { [MSG_KIND_LISTING] = "listing",
					  [MSG_KIND_SYNCED] = "synced",
					  [MSG_KIND_NOT_INSTALLED] = "not_installed",
					  [MSG_KIND_UNAVAILABLE] = "unavailable",
					  NULL };
static const char *const codes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx", NULL };

const struct metric watcher_metrics_table[] = {
	{ "sluice_watcher_kinds", "Kinds of objects by what is known of them", METRIC_GAUGE,
	  F.feed.kinds, 1, "state", conditions },
	{ "sluice_watcher_lists_total", "Lists that were begun at the API server", METRIC_COUNTER,
	  &F.lists, 1, NULL, NULL },
	{ "sluice_watcher_relists_total",
	  "Lists because the server had forgotten where a watch was, or went back", METRIC_COUNTER,
	  &F.relists, 1, NULL, NULL },
	{ "sluice_watcher_watches_total",
	  "Watches that were begun: each kind has one, and a new one every 5 to 10 minutes",
	  METRIC_COUNTER, &F.watches, 1, NULL, NULL },
	{ "sluice_watcher_failures_total", "Lists and watches that failed and are tried again",
	  METRIC_COUNTER, &F.failures, 1, NULL, NULL },
	{ "sluice_watcher_objects_unusable_total", "Objects that are not what Kubernetes has",
	  METRIC_COUNTER, &F.unusable, 1, NULL, NULL },
	{ "sluice_watcher_api_requests_total",
	  "Requests to the API server that have ended, by status; none: there was no answer",
	  METRIC_COUNTER, F.feed.requests, 1, "code", codes },
	{ "sluice_watcher_files", "Manifest files that are followed", METRIC_GAUGE, &F.feed.n_files,
	  1, NULL, NULL },
	{ "sluice_watcher_files_broken",
	  "Of those, the ones that cannot be read: their last good objects stay", METRIC_GAUGE,
	  &F.feed.n_broken, 1, NULL, NULL },
	{ 0 },
};
