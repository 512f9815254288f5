/* folders_inside: what the files of folders share. */
#ifndef WATCHER_FOLDERS_INSIDE_H
#define WATCHER_FOLDERS_INSIDE_H

#include <sys/stat.h>
#include "base/map.h"
#include "base/pool.h"
#include "watcher/dir/file_path.h"
#include "watcher/dir/folders.h"
#include "watcher/dir/inotify.h"

struct tracked {
	char *path;
	char *real; /* of a symlink: what it leads to, or led to last */
	struct file_stamp stamp;
	uint64_t round; /* of the look that saw it last */
	bool link;
	bool queued; /* in the list of the found */
	bool losing; /* in the list of the lost */
	bool lost;   /* still so when the batch ends: gone */
};

struct folders {
	struct str_list roots;
	struct folders_sink sink;
	struct inotify inotify;
	struct map tracked; /* path -> struct tracked */
	struct map loose;   /* symlinks that lead to nothing of ours, or back to a folder above */
	bool links;         /* there are symlinks */
	bool moved;         /* names came or went: symlinks may lead elsewhere */
	struct map pending; /* paths to look at, of this batch */
	struct map later;   /* paths to look at when later_ms has come */
	uint64_t later_ms, poll_ms;
	struct pool pool;  /* roots */
	struct pool batch; /* the two lists */
	struct tracked **found, **lost;
	size_t n_found, n_lost;
	uint64_t round;
	bool started;
	bool overflow;
	bool changed_only; /* polling: what has the same stamp needs no reading */
};

/* ---- folders.c ---- */
bool watcher_folders_is_root(const struct folders *self, struct str path);
bool watcher_folders_is_watched(const struct folders *self, struct str path);

/* ---- folders_look.c ---- */
/* Looks what is at a path, and below it if it is a folder: fills in the two lists. */
void watcher_folders_look(struct folders *self, struct str path);
/* What is below this prefix and was not seen in this round may be gone; `all`: it is. */
void watcher_folders_look_lose_below(struct folders *self, struct str prefix, bool all);

#endif
