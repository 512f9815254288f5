/* inotify: the kernel's watches on folders, by the prefix of the names in them.
 *
 * One folder may be watched under several prefixes (a symlink to it, its own path): the kernel has
 * one watch for it, and an event is reported once for each prefix. */
#ifndef WATCHER_INOTIFY_H
#define WATCHER_INOTIFY_H

#include <sys/inotify.h>
#include <sys/types.h>
#include "base/map.h"

struct inotify_watch {
	struct str prefix; /* "deploy/demo/"; "" is the working directory */
	int wd;
	bool scanned; /* a folder of manifests, not just the place of a name we look for */
	bool link;    /* reached through a symlink, */
	dev_t dev;    /* to this folder */
	ino_t inode;
	struct inotify_watch *next; /* another prefix of the same folder */
};

struct inotify {
	int fd;               /* -1: cannot be had */
	bool failed;          /* some folder is not watched: it has to be polled */
	struct map by_prefix; /* -> struct inotify_watch */
	struct map by_wd;     /* the bytes of wd -> first of its watches */
};

struct inotify_events {
	void *self;
	/* name "" means the folder itself; IN_IGNORED: it is not watched any more */
	void (*event)(void *self, const struct inotify_watch *watch, uint32_t mask,
		      const char *name);
	void (*overflow)(void *self);
};

void watcher_inotify_open(struct inotify *self);
void watcher_inotify_close(struct inotify *self);
/* Watches a folder, again if it is another one now. NULL, and `failed`, if it cannot be watched. */
struct inotify_watch *watcher_inotify_add(struct inotify *self, struct str prefix);
/* Removes the watches on the scanned folders at and below this prefix that are gone (they may have
 * moved), or on all. */
void watcher_inotify_sweep(struct inotify *self, struct str prefix, bool all);
void watcher_inotify_read(struct inotify *self, const struct inotify_events *events);

#endif
