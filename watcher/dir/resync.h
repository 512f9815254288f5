/* resync: everything the source has, one message at a time: for each kind LISTING, its objects,
 * then SYNCED, or UNAVAILABLE where a file could not be read. While one goes on, the source must
 * not change. */
#ifndef WATCHER_RESYNC_H
#define WATCHER_RESYNC_H

#include "watcher/dir/source_dir.h"

struct resync {
	struct source_dir *source;
	const enum msg_kind *kind; /* that is being sent; NULL: no resync is going on */
	size_t at;                 /* in that kind */
	bool listing;              /* LISTING of that kind was sent */
	bool complete;             /* the source was, when the resync began */
};

struct resync_out {
	void *self;
	void (*state)(void *self, const struct msg_kind_state *state);
	void (*put)(void *self, struct str object); /* packed */
};

void watcher_resync_begin(struct resync *self, struct source_dir *source);
void watcher_resync_abort(struct resync *self);
/* Sends the next message. False: it was the last one. */
bool watcher_resync_step(struct resync *self, const struct resync_out *out);

#endif
