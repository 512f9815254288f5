/* watcher_metrics: what the watcher counts. */
#ifndef WATCHER_WATCHER_METRICS_H
#define WATCHER_WATCHER_METRICS_H

#include "actor/metric.h"
#include "watcher/feed.h"

struct watcher_metrics {
	/* incremented where it happens */
	uint64_t lists, relists, watches, failures, unusable;
	/* measured when the metrics are read */
	struct feed_counts feed;
};

extern struct watcher_metrics watcher_metrics;
extern const struct metric watcher_metrics_table[];

#endif
