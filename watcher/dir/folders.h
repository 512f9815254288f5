/* folders: which manifest files there are under the given paths, and when to read one.
 *
 * Writers differ: in place, rename over, a symlink swapped (Kubernetes' mounts), a file made by
 * link(2). Events only say where to look; what is found there decides. A file is reported when a
 * writer has closed it or put it in its place. */
#ifndef WATCHER_FOLDERS_H
#define WATCHER_FOLDERS_H

#include <stdint.h>
#include "base/str.h"

struct folders;

struct folders_sink {
	void *self;
	/* There, and new or perhaps changed. Also for what cannot be read (a missing path, a folder
	 * without permission): its reader will find out why. In byte order of path; in a batch
	 * they come first, then those that are gone. */
	void (*found)(void *self, const char *path);
	void (*gone)(void *self, const char *path);
};

struct folders *watcher_folders_new(const struct str_list *paths, const struct folders_sink *sink);
void watcher_folders_destroy(struct folders **self_p);
void watcher_folders_scan(struct folders *self); /* everything; the first time at start */
int watcher_folders_fd(struct folders *self);    /* -1: polled by tick alone */
void watcher_folders_on_fd(struct folders *self);
uint64_t watcher_folders_tick(struct folders *self, uint64_t now_ms);

#endif
