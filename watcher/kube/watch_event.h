/* watch_event: a line of a watch, and an item of a list, as an event. */
#ifndef WATCHER_WATCH_EVENT_H
#define WATCHER_WATCH_EVENT_H

#include "watcher/kube/kinds.h"

#define WATCH_OBJECT_MAX (16u << 20) /* bytes; an object in etcd has at most 1.5 MiB by default */
#define WATCH_VERSION_MAX 64         /* bytes of a resourceVersion, NUL included */

enum watch_event_type {
	WATCH_PUT, /* ADDED, MODIFIED */
	WATCH_DELETE,
	WATCH_BOOKMARK,
	WATCH_ERROR
};

struct watch_event {
	enum watch_event_type type;
	struct msg_object object; /* PUT: whole; else the key only, as far as it is known */
	struct str version;       /* resourceVersion; "" if there is none that can be used */
	bool list_ends;           /* BOOKMARK: the end of a streaming list */
	long code;                /* ERROR: of the Status */
	uint64_t retry_after_ms;  /* ERROR: as the server wishes */
	struct err error;         /* ERROR: its message */
};

/* Everything lives in the pool. 0; 1: it is an event, but its object is not what Kubernetes has for
 * that kind (key and version are set as far as they can be read); -1: this is no event. */
int watcher_watch_event_read(struct str line, const struct kind_row *row, struct pool *pool,
			     struct watch_event *out, struct err *err);
/* The same for an item of a list, as if it had been ADDED. */
int watcher_watch_event_read_item(struct str item, const struct kind_row *row, struct pool *pool,
				  struct watch_event *out, struct err *err);
/* Whether a store that is at `version` and was at `known` has gone back. False for versions that
 * are no numbers. */
bool watcher_watch_event_is_older(struct str version, struct str known);

#endif
