/* folders: which manifest files there are under the given paths, and when to read one.
 *
 *   in     paths; inotify events
 *   out    found and gone, file by file
 *   owns   the index of files, the watches on their folders
 *   never  reads a file
 */
#include "watcher/dir/folders_inside.h"

#include "base/clock.h"
#include "base/mem.h"

#define LATER_MS 500u /* for files that no writer closes: link(2), O_TMPFILE */
#define POLL_MS 2000u /* where the kernel watches nothing */
#define MOVES (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) /* names come and go */

static void free_tracked(void *value)
{
	struct tracked *t = value;

	mem_free(t->path);
	mem_free(t->real);
	mem_free(t);
}

static struct str path_of(const struct inotify_watch *watch)
{
	return str_slice(watch->prefix, 0, watch->prefix.len > 1 ? watch->prefix.len - 1 : 1);
}

bool watcher_folders_is_root(const struct folders *self, struct str path)
{
	for (size_t i = 0; i < self->roots.n; i++)
		if (str_eq(self->roots.items[i], path))
			return true;
	return false;
}

bool watcher_folders_is_watched(const struct folders *self, struct str path)
{
	struct pool pool;
	bool watched;

	pool_init(&pool);
	watched = map_get(&self->inotify.by_prefix, watcher_file_path_prefix(&pool, path)) != NULL;
	pool_clear(&pool);
	return watched;
}

struct folders *watcher_folders_new(const struct str_list *paths, const struct folders_sink *sink)
{
	struct folders *self = mem_alloc(sizeof(*self));

	self->sink = *sink;
	self->later_ms = self->poll_ms = UINT64_MAX;
	pool_init(&self->pool);
	pool_init(&self->batch);
	map_init(&self->tracked, free_tracked);
	map_init(&self->pending, NULL);
	map_init(&self->later, NULL);
	map_init(&self->loose, NULL);
	watcher_inotify_open(&self->inotify);
	for (size_t i = 0; i < paths->n; i++) {
		struct str path = paths->items[i];

		while (path.len > 1 && path.ptr[path.len - 1] == '/')
			path.len--;
		if (path.len && !watcher_folders_is_root(self, path))
			*(struct str *)pool_push(&self->pool, &self->roots.items, &self->roots.n,
						 sizeof(path)) = pool_str(&self->pool, path);
	}
	return self;
}

void watcher_folders_destroy(struct folders **self_p)
{
	struct folders *self = *self_p;

	if (!self)
		return;
	watcher_inotify_close(&self->inotify);
	map_clear(&self->loose);
	map_clear(&self->later);
	map_clear(&self->pending);
	map_clear(&self->tracked);
	pool_clear(&self->batch);
	pool_clear(&self->pool);
	mem_free(self);
	*self_p = NULL;
}

/* ---- reporting ---- */

static int order_tracked(const void *a, const void *b)
{
	return strcmp((*(struct tracked *const *)a)->path, (*(struct tracked *const *)b)->path);
}

/* The files that are there come first: an object that moved to another file never seems gone. */
static void report(struct folders *self)
{
	struct tracked **found = self->found, **lost = self->lost;
	size_t n_found = self->n_found, n_lost = self->n_lost;

	if (n_found)
		qsort(found, n_found, sizeof(*found), order_tracked);
	if (n_lost)
		qsort(lost, n_lost, sizeof(*lost), order_tracked);
	for (size_t i = 0; i < n_found; i++) {
		found[i]->queued = false;
		if (!found[i]->lost)
			self->sink.found(self->sink.self, found[i]->path);
	}
	for (size_t i = 0; i < n_lost; i++) {
		if (!lost[i]->lost)
			continue;
		self->sink.gone(self->sink.self, lost[i]->path);
		map_del(&self->tracked, str_from(lost[i]->path));
	}
	self->found = self->lost = NULL;
	self->n_found = self->n_lost = 0;
	pool_clear(&self->batch);
	self->started = true;
}

static void scan_all(struct folders *self, bool changed_only)
{
	self->round++;
	self->changed_only = changed_only;
	self->inotify.failed = self->inotify.fd < 0;
	for (size_t i = 0; i < self->roots.n; i++) {
		watcher_inotify_add(&self->inotify, watcher_file_path_parent(self->roots.items[i]));
		watcher_folders_look(self, self->roots.items[i]);
	}
	watcher_folders_look_lose_below(self, STR(""), false);
	report(self);
	self->changed_only = false;
	self->poll_ms = self->inotify.failed ? clock_ms() + POLL_MS : UINT64_MAX;
}

void watcher_folders_scan(struct folders *self)
{
	scan_all(self, false);
}

/* ---- following ---- */

static void look_soon(struct folders *self, struct str path)
{
	map_put(&self->pending, path, self); /* a set: any value does */
}

/* A file that was just made is read when its writer closes it; if it has no writer, then later. */
static void on_file_event(struct folders *self, struct str path, uint32_t mask)
{
	struct stat st;

	if (!(mask & IN_CREATE) || lstat(path.ptr, &st) || !S_ISREG(st.st_mode) ||
	    st.st_nlink > 1) {
		look_soon(self, path);
		return;
	}
	map_put(&self->later, path, self);
	if (self->later_ms == UINT64_MAX)
		self->later_ms = clock_ms() + LATER_MS;
}

static bool is_moved(const struct tracked *t)
{
	struct file_stamp stamp = watcher_file_path_stamp(t->path);
	char *real = realpath(t->path, NULL);
	bool moved = memcmp(&stamp, &t->stamp, sizeof(stamp)) != 0 ||
		     (real && (!t->real || strcmp(real, t->real) != 0));

	free(real);
	return moved;
}

/* Names came or went, so a symlink may lead elsewhere than it did: Kubernetes swaps "..data" below
 * its mounts. */
static void look_at_moved_links(struct folders *self)
{
	struct stat st;
	struct str path;
	void *value;

	for (size_t i = 0; map_next(&self->tracked, &i, NULL, &value);) {
		const struct tracked *t = value;

		if (t->link && is_moved(t))
			look_soon(self, str_from(t->path));
	}
	for (size_t i = 0; map_next(&self->inotify.by_prefix, &i, NULL, &value);) {
		const struct inotify_watch *watch = value;

		if (watch->link && (stat(watch->prefix.ptr, &st) || st.st_dev != watch->dev ||
				    st.st_ino != watch->inode))
			look_soon(self, path_of(watch));
	}
	for (size_t i = 0; map_next(&self->loose, &i, &path, NULL);) {
		bool folder = stat(path.ptr, &st) == 0 && S_ISDIR(st.st_mode);

		if (watcher_file_path_is_link(path) && !folder &&
		    !watcher_file_path_is_manifest(path))
			continue;
		look_soon(self, path);
		map_del(&self->loose, path);
	}
}

static void look_at_links_to(struct folders *self, struct str path)
{
	void *value;

	for (size_t i = 0; self->links && map_next(&self->tracked, &i, NULL, &value);) {
		const struct tracked *t = value;

		if (t->real && str_eq(str_from(t->real), path))
			look_soon(self, str_from(t->path));
	}
}

static void on_name_event(struct folders *self, const struct inotify_watch *watch, uint32_t mask,
			  struct str path)
{
	const char *name = path.ptr + watch->prefix.len;
	bool ours = watch->scanned && *name != '.';

	if (watcher_folders_is_root(self, path) ||
	    (ours && (watcher_file_path_is_manifest(path) || (mask & IN_ISDIR))))
		on_file_event(self, path, mask);
	else if (ours && (mask & MOVES) &&
		 (watcher_folders_is_watched(self, path) || watcher_file_path_is_link(path)))
		look_soon(self, path);
	self->moved |= (mask & MOVES) != 0;
	look_at_links_to(self, path);
}

static void on_event(void *arg, const struct inotify_watch *watch, uint32_t mask, const char *name)
{
	struct folders *self = arg;
	struct pool pool;

	if (*name) {
		pool_init(&pool);
		on_name_event(self, watch, mask,
			      pool_printf(&pool, STR_FMT "%s", STR_ARG(watch->prefix), name));
		pool_clear(&pool);
	} else if (watch->scanned && (mask & (IN_ATTRIB | IN_MOVE_SELF | IN_IGNORED))) {
		look_soon(self, path_of(watch));
	}
}

static void on_overflow(void *arg)
{
	struct folders *self = arg;

	self->overflow = true;
}

static void look_at_pending(struct folders *self)
{
	struct str *paths = map_sorted_keys(&self->pending);

	self->round++;
	for (size_t i = 0; i < self->pending.n; i++) {
		map_del(&self->later, paths[i]);
		watcher_folders_look(self, paths[i]);
	}
	mem_free(paths);
	map_clear(&self->pending);
	if (!self->later.n)
		self->later_ms = UINT64_MAX;
	report(self);
	if (self->inotify.failed && self->poll_ms == UINT64_MAX)
		self->poll_ms = clock_ms() + POLL_MS;
}

int watcher_folders_fd(struct folders *self)
{
	return self->inotify.fd;
}

void watcher_folders_on_fd(struct folders *self)
{
	watcher_inotify_read(&self->inotify,
			     &(struct inotify_events){ self, on_event, on_overflow });
	if (self->overflow) {
		self->overflow = false;
		map_clear(&self->pending);
		scan_all(self, false);
		return;
	}
	if (self->moved && self->links)
		look_at_moved_links(self);
	self->moved = false;
	if (self->pending.n)
		look_at_pending(self);
}

uint64_t watcher_folders_tick(struct folders *self, uint64_t now_ms)
{
	struct str path;

	if (now_ms >= self->later_ms) {
		for (size_t i = 0; map_next(&self->later, &i, &path, NULL);)
			look_soon(self, path);
		self->later_ms = UINT64_MAX;
		look_at_pending(self);
	}
	if (now_ms >= self->poll_ms)
		scan_all(self, true);
	return self->later_ms < self->poll_ms ? self->later_ms : self->poll_ms;
}
