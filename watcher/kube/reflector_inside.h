/* reflector_inside: what the files of the reflector share.
 *
 *   reflector.c        conditions, failures, what to do next, and when
 *   reflector_watch.c  the watch, and the list that comes as one
 *   reflector_pages.c  the list in pages, and the check whether the store went back */
#ifndef WATCHER_REFLECTOR_INSIDE_H
#define WATCHER_REFLECTOR_INSIDE_H

#include "base/retry.h"
#include "watcher/kube/reflector.h"
#include "watcher/kube/watch_event.h"
#include "watcher/kube/watch_page.h"
#include "watcher/kube/watch_stream.h"

enum phase {
	PHASE_IDLE,   /* before the first restart */
	PHASE_WAIT,   /* until due_ms, then `next` */
	PHASE_STREAM, /* the list comes as a watch; until due_ms */
	PHASE_PAGE,   /* the list comes in pages; without a request: when there is credit */
	PHASE_CHECK,
	PHASE_WATCH
};

/* How a request ended: its body counts more than the status. */
struct ending {
	long code;
	const char *sentence;
	uint64_t retry_after_ms;
};

struct reflector {
	struct kube *kube;
	const struct kind_row *row;
	char *namespace;
	const struct reflector_sink *sink;
	struct sent sent;
	enum phase phase;
	void (*next)(struct reflector *self);
	uint64_t due_ms;
	struct retry retry;
	struct kube_request *request;
	struct watch_stream stream;
	struct watch_page page;
	struct err broken;               /* why the answer cannot be understood; "": it can */
	char version[WATCH_VERSION_MAX]; /* resourceVersion to go on from */
	char *more;                      /* `continue` of the next page */
	bool no_streams;                 /* the server has no streaming lists */
	bool pages_next;                 /* the next list comes in pages */
	bool whole;                      /* ... in one: a `continue` expired */
	uint64_t began_ms, asked_ms;     /* of the present watch: when, and for how long */
	struct ending error;             /* what an ERROR event said; code 0: none came */
	struct err error_sentence;
	bool went_back; /* an event was older than what is known */
	enum msg_kind_condition condition;
};

/* ---- reflector.c ---- */
struct ending watcher_reflector_ending(const struct reflector *self,
				       const struct kube_result *result);
/* Goes on with `next` after a while: for what is no failure, but must not come in a rush. */
void watcher_reflector_wait(struct reflector *self, void (*next)(struct reflector *self));
/* Logs it, once for each reason, and tries again later. */
void watcher_reflector_fail(struct reflector *self, struct ending end,
			    void (*retry)(struct reflector *self));
void watcher_reflector_success(struct reflector *self);
void watcher_reflector_list(struct reflector *self);
void watcher_reflector_list_anew(struct reflector *self, const char *reason);
void watcher_reflector_list_done(struct reflector *self, struct str version);
/* The path of the kind, up to the query. */
void watcher_reflector_url(const struct reflector *self, struct buf *url);
/* GET of the path, which is freed. */
void watcher_reflector_get(struct reflector *self, struct kube_call *call, struct buf *url);

/* ---- reflector_watch.c ---- */
int watcher_reflector_watch_on_line(void *arg, struct str line);
void watcher_reflector_watch_list(struct reflector *self); /* the list as a watch */
void watcher_reflector_watch(struct reflector *self);

/* ---- reflector_pages.c ---- */
void watcher_reflector_pages_on_item(void *arg, struct str item);
void watcher_reflector_pages_get(struct reflector *self);
void watcher_reflector_pages_check(struct reflector *self);

#endif
