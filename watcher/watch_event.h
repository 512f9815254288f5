/* watch_event: what a line of a watch and a page of a list say. */
#ifndef WATCHER_WATCH_EVENT_H
#define WATCHER_WATCH_EVENT_H

#include "watcher/kinds.h"

enum watch_event_type {
	WATCH_PUT, /* ADDED, MODIFIED */
	WATCH_DELETE,
	WATCH_BOOKMARK,
	WATCH_ERROR
};

struct watch_event {
	enum watch_event_type type;
	struct msg_object object; /* PUT: whole; DELETE: the key only */
	struct str version;       /* resourceVersion of the object; empty for ERROR */
	bool list_ends;           /* BOOKMARK: the end of a streaming list */
	long code;                /* ERROR: of the Status */
	struct err error;         /* ERROR: its message */
};

/* Everything lives in the pool. -1: the line is no event, or its object is not what Kubernetes has
 * for that kind. */
int watcher_watch_event_read(struct str line, const struct kind_row *row, struct pool *pool,
			     struct watch_event *out, struct err *err);

struct watch_page {
	struct value *items;
	size_t n_items;
	struct str version, more; /* more empty: the last page */
};
int watcher_watch_page_read(struct str body, struct pool *pool, struct watch_page *out,
			    struct err *err);
/* An item of a page, as if it had been ADDED. */
int watcher_watch_item_read(const struct value *item, const struct kind_row *row, struct pool *pool,
			    struct watch_event *out, struct err *err);

#endif
