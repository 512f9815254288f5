/* source_dir: manifests in files and folders, the same messages as from a cluster.
 *
 * A path is a file, or a folder whose *.yaml, *.yml and *.json files (also in subfolders, but no
 * names that begin with a dot) are read in byte order of their path. Of two documents with one key
 * the first path wins; the other is logged and takes over when the first goes. A file that breaks
 * keeps its last good objects. A file that cannot be read at start makes its kinds unavailable: all
 * of them, since what it held is not known. */
#ifndef WATCHER_SOURCE_DIR_H
#define WATCHER_SOURCE_DIR_H

#include "msg/msg.h"

struct source_dir;

/* What the source has to say: the watcher sends it on, the offline commands keep it. Borrowed
 * during the call. */
struct source_sink {
	void *self;
	/* seen_ns: of the event behind it; 0 at start. `object`: packed. */
	void (*put)(void *self, struct str object, uint64_t seen_ns);
	void (*del)(void *self, const struct msg_key *key, uint64_t seen_ns);
	/* Of wanted Secrets only. */
	void (*secret)(void *self, const struct msg_secret_value *value, uint64_t seen_ns);
	/* For a person: a file that broke, a document that lost to another. */
	void (*problem)(void *self, const char *path, uint32_t line, const struct err *why);
	/* As of manifest_report. */
	void (*document)(void *self, const char *path, const struct value *document);
	bool all;
};

struct source_dir *watcher_source_dir_new(const struct str_list *paths,
					  const struct source_sink *sink);
void watcher_source_dir_destroy(struct source_dir **self_p);
/* Before the load: adds a manifest that is in no file, under a name in the place of a path. */
void watcher_source_dir_add(struct source_dir *self, const char *name, struct str bytes);
/* Reads everything for the first time. Returns 0, or -1 if some path cannot be read or parsed (the
 * rest was read; each is reported). */
int watcher_source_dir_load(struct source_dir *self);
bool watcher_source_dir_is_complete(
	const struct source_dir *self); /* every file could be read once */
/* A file that keeps it from being complete, NULL if none does. Borrowed. */
const char *watcher_source_dir_missing(const struct source_dir *self);
/* inotify: a descriptor to wait on, and what to do when it is readable. -1 where there is no
 * inotify. */
int watcher_source_dir_fd(struct source_dir *self);
void watcher_source_dir_on_fd(struct source_dir *self);
/* Deadline (clock_ms) of files to be looked at without an event (just made, or on a filesystem that
 * is not watched), UINT64_MAX: none; and the work. */
uint64_t watcher_source_dir_tick(struct source_dir *self, uint64_t now_ms);
/* Marks a Secret as wanted or not; a wanted one is answered at once (found or absent) and at each
 * change. */
void watcher_source_dir_want(struct source_dir *self, const struct msg_key *secret, bool wanted);
/* The resolver is another process, which has not asked for any Secret yet. */
void watcher_source_dir_forget_wanted(struct source_dir *self);
/* Sends all wanted Secrets again. */
void watcher_source_dir_answer_wanted(struct source_dir *self);
/* The kinds in the order that suits a reader best: first those that others refer to. Ends with
 * MSG_KIND_NONE. */
extern const enum msg_kind watcher_source_dir_kinds[];
/* Winning objects, packed, for a resync (nothing may be read between two calls): for (size_t i = 0;
 * (o = watcher_source_dir_next(self, kind, &i)).ptr; ) ... */
struct str watcher_source_dir_next(struct source_dir *self, enum msg_kind kind, size_t *i);

struct source_counts {
	size_t n_files, n_broken, n_objects;
};
struct source_counts watcher_source_dir_count(const struct source_dir *self);

#endif
