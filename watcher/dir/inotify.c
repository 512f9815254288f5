/* inotify: the kernel's watches on folders, by the prefix of the names in them.
 *
 *   in     prefixes of folders
 *   out    events, one for each prefix of the folder
 *   owns   the inotify descriptor and the table of watches
 *   never  knows what a manifest is, reads a folder
 */
#include "watcher/dir/inotify.h"

#include <errno.h>
#include <unistd.h>
#include "base/mem.h"

#define MASK                                                                                \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define READS_MAX 64 /* in one call: other work must get its turn */

static void free_watch(void *value)
{
	struct inotify_watch *watch = value;

	mem_free((void *)(uintptr_t)watch->prefix.ptr);
	mem_free(watch);
}

static struct str wd_key(const int *wd)
{
	return (struct str){ (const char *)wd, sizeof(*wd) };
}

void watcher_inotify_open(struct inotify *self)
{
	*self = (struct inotify){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	self->failed = self->fd < 0;
	map_init(&self->by_prefix, free_watch);
	map_init(&self->by_wd, NULL);
}

void watcher_inotify_close(struct inotify *self)
{
	map_clear(&self->by_wd);
	map_clear(&self->by_prefix);
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
}

static void link_wd(struct inotify *self, struct inotify_watch *watch, int wd)
{
	watch->wd = wd;
	watch->next = map_get(&self->by_wd, wd_key(&wd));
	map_put(&self->by_wd, wd_key(&wd), watch);
}

/* False: it was the last one with this wd. */
static bool unlink_wd(struct inotify *self, struct inotify_watch *watch)
{
	struct inotify_watch *first = map_get(&self->by_wd, wd_key(&watch->wd));

	if (first == watch) {
		first = watch->next;
	} else {
		for (struct inotify_watch *w = first; w; w = w->next)
			if (w->next == watch)
				w->next = watch->next;
	}
	if (first)
		map_put(&self->by_wd, wd_key(&watch->wd), first);
	else
		map_del(&self->by_wd, wd_key(&watch->wd));
	watch->next = NULL;
	return first != NULL;
}

struct inotify_watch *watcher_inotify_add(struct inotify *self, struct str prefix)
{
	struct inotify_watch *watch = map_get(&self->by_prefix, prefix);
	char *path = prefix.len ? mem_dup(prefix.ptr, prefix.len) : mem_strdup(".");
	int wd = self->fd < 0 ? -1 : inotify_add_watch(self->fd, path, MASK);

	mem_free(path);
	if (wd < 0) {
		self->failed = true;
		return NULL;
	}
	if (!watch) {
		watch = mem_alloc(sizeof(*watch));
		watch->prefix = (struct str){ mem_dup(prefix.ptr, prefix.len), prefix.len };
		map_put(&self->by_prefix, prefix, watch);
		link_wd(self, watch, wd);
	} else if (watch->wd != wd) {
		if (!unlink_wd(self, watch))
			inotify_rm_watch(self->fd, watch->wd);
		link_wd(self, watch, wd);
	}
	return watch;
}

static bool is_gone(const struct inotify_watch *watch)
{
	return access(watch->prefix.ptr, F_OK) &&
	       (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
}

void watcher_inotify_sweep(struct inotify *self, struct str prefix, bool all)
{
	void *value;

	for (size_t i = 0; map_next(&self->by_prefix, &i, NULL, &value);) {
		struct inotify_watch *watch = value;

		if (!watch->scanned || !str_starts(watch->prefix, prefix.ptr) ||
		    !(all || is_gone(watch)))
			continue;
		if (!unlink_wd(self, watch))
			inotify_rm_watch(self->fd, watch->wd);
		map_del(&self->by_prefix, watch->prefix);
	}
}

/* The kernel has removed the watch: the folder is gone. */
static void forget(struct inotify *self, int wd, const struct inotify_events *events)
{
	struct inotify_watch *watch = map_get(&self->by_wd, wd_key(&wd)), *next;

	map_del(&self->by_wd, wd_key(&wd));
	for (; watch; watch = next) {
		next = watch->next;
		events->event(events->self, watch, IN_IGNORED, "");
		map_del(&self->by_prefix, watch->prefix);
	}
}

static void dispatch(struct inotify *self, const struct inotify_event *event,
		     const struct inotify_events *events)
{
	if (event->mask & IN_Q_OVERFLOW) {
		events->overflow(events->self);
		return;
	}
	if (event->mask & IN_IGNORED) {
		forget(self, event->wd, events);
		return;
	}
	for (struct inotify_watch *w = map_get(&self->by_wd, wd_key(&event->wd)); w; w = w->next)
		events->event(events->self, w, event->mask, event->len ? event->name : "");
}

void watcher_inotify_read(struct inotify *self, const struct inotify_events *events)
{
	union {
		struct inotify_event event; /* for its alignment */
		char bytes[32768];
	} in;

	for (int reads = 0; self->fd >= 0 && reads < READS_MAX; reads++) {
		ssize_t len = read(self->fd, in.bytes, sizeof(in.bytes));

		if (len <= 0)
			return;
		for (ssize_t at = 0; at < len;) {
			const struct inotify_event *event = (const void *)(in.bytes + at);

			dispatch(self, event, events);
			at += (ssize_t)sizeof(*event) + event->len;
		}
	}
}
