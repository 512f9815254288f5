/* watcher_figures: what this room counts. */
#ifndef WATCHER_WATCHER_METRICS_H
#define WATCHER_WATCHER_METRICS_H

#include "actor/metric.h"
#include "watcher/feed.h"

struct watcher_figures {
	/* incremented where it happens */
	uint64_t lists, relists, watches, failures, unusable;
	/* measured when somebody asks */
	struct feed_counts feed;
};

extern struct watcher_figures watcher_figures;
extern const struct metric watcher_figures_table[];

#endif
