/* folders: which manifest files there are under the given paths, and when to read one.
 *
 *   in     paths; inotify events
 *   out    found and gone, file by file
 *   owns   the index of files, the watches on their folders
 *   never  reads a file
 */
#include "watcher/folders.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/pool.h"
#include "watcher/inotify.h"

#define LATER_MS 500u /* a file that was made and not closed by a writer: link(2), O_TMPFILE */
#define POLL_MS 2000u /* where the kernel watches nothing */
#define MOVES (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) /* names come and go */

struct stamp {
	uint64_t inode, size; /* inode 0: never seen */
	int64_t seconds, nanoseconds;
};

struct tracked {
	char *path;
	char *real; /* of a symlink: what it leads to, or led to last */
	struct stamp stamp;
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

static char mark; /* the value of sets */

static void free_tracked(void *value)
{
	struct tracked *t = value;

	mem_free(t->path);
	mem_free(t->real);
	mem_free(t);
}

static bool is_manifest_name(struct str name)
{
	return str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".json");
}

static bool is_root(const struct folders *self, struct str path)
{
	for (size_t i = 0; i < self->roots.n; i++)
		if (str_eq(self->roots.items[i], path))
			return true;
	return false;
}

/* What stands before the last name: "deploy/" of "deploy/demo". */
static struct str parent_prefix(struct str path)
{
	return str_slice(path, 0, (size_t)(str_rfind(path, '/') + 1));
}

static struct str folder_prefix(struct pool *pool, struct str path)
{
	return str_ends(path, "/") ? path : pool_printf(pool, STR_FMT "/", STR_ARG(path));
}

static struct str path_of(const struct inotify_watch *watch)
{
	return str_slice(watch->prefix, 0, watch->prefix.len > 1 ? watch->prefix.len - 1 : 1);
}

static bool is_watched(const struct folders *self, struct str path)
{
	struct pool pool;
	bool watched;

	pool_init(&pool);
	watched = map_get(&self->inotify.by_prefix, folder_prefix(&pool, path)) != NULL;
	pool_clear(&pool);
	return watched;
}

static bool is_below(const char *path, struct str prefix)
{
	return strncmp(path, prefix.ptr, prefix.len) == 0;
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
		if (path.len && !is_root(self, path))
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

/* ---- what is there ---- */

static void follow_link(struct folders *self, struct tracked *t, bool link)
{
	char *real = link ? realpath(t->path, NULL) : NULL;

	if (real || !link) { /* if it leads nowhere: what it led to may come back */
		mem_free(t->real);
		t->real = real ? mem_strdup(real) : NULL;
	}
	free(real);
	t->link = link;
	self->links |= link;
	if (t->real)
		watcher_inotify_add(&self->inotify, parent_prefix(str_from(t->real)));
	if (link && !t->stamp.inode)
		self->inotify.failed = true; /* nothing tells when there will be something */
}

static void see_file(struct folders *self, struct str path, struct stamp stamp, bool link)
{
	struct tracked *t = map_get(&self->tracked, path);
	bool same = t && memcmp(&t->stamp, &stamp, sizeof(stamp)) == 0;

	if (!t) {
		t = mem_alloc(sizeof(*t));
		t->path = mem_dup(path.ptr, path.len);
		map_put(&self->tracked, path, t);
	}
	t->stamp = stamp;
	t->round = self->round;
	t->lost = false;
	if (link || t->link)
		follow_link(self, t, link);
	if (t->queued || (same && self->changed_only))
		return;
	t->queued = true;
	*(struct tracked **)pool_push(&self->batch, &self->found, &self->n_found, sizeof(t)) = t;
}

static void lose_file(struct folders *self, struct tracked *t)
{
	t->lost = true;
	if (t->losing)
		return;
	t->losing = true;
	*(struct tracked **)pool_push(&self->batch, &self->lost, &self->n_lost, sizeof(t)) = t;
}

static bool is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) &&
	       (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG);
}

/* What stands below this prefix and was not seen in this round may be gone, or just cannot be seen;
 * `all`: it is. */
static void lose_below(struct folders *self, struct str prefix, bool all)
{
	void *value;

	for (size_t i = 0; map_next(&self->tracked, &i, NULL, &value);) {
		struct tracked *t = value;

		if (is_below(t->path, prefix) &&
		    (all || (t->round != self->round && is_gone(t->path))))
			lose_file(self, t);
	}
	watcher_inotify_sweep(&self->inotify, prefix, all);
}

static struct stamp stamp_of(const struct stat *st)
{
	return (struct stamp){ (uint64_t)st->st_ino, (uint64_t)st->st_size, st->st_ctim.tv_sec,
			       st->st_ctim.tv_nsec };
}

static const struct stamp never_seen;

static void scan_folder(struct folders *self, struct str path, const struct stat *st);

static bool is_link(struct str path)
{
	struct stat st;

	return lstat(path.ptr, &st) == 0 && S_ISLNK(st.st_mode);
}

static void see_loose(struct folders *self, struct str path)
{
	map_put(&self->loose, path, &mark);
	self->links = true;
}

/* What is not a folder; st is NULL for a symlink that leads nowhere. */
static void see_entry(struct folders *self, struct str path, const struct stat *st)
{
	bool link = is_link(path);

	if (is_root(self, path) || is_manifest_name(path)) {
		see_file(self, path, st ? stamp_of(st) : never_seen, link);
	} else if (link) {
		see_loose(self, path);
	}
}

static void scan_entry(struct folders *self, struct str path)
{
	struct stat st;
	bool there = stat(path.ptr, &st) == 0;

	if (there && S_ISDIR(st.st_mode))
		scan_folder(self, path, &st);
	else
		see_entry(self, path, there ? &st : NULL);
}

/* Is it one of the folders above it, by way of a symlink? */
static bool leads_back(const struct folders *self, struct str path, const struct stat *st)
{
	struct stat above;
	struct pool pool;
	bool back = false;

	pool_init(&pool);
	while (!back && !is_root(self, path) && str_rfind(path, '/') > 0) {
		path = pool_str(&pool, str_slice(path, 0, (size_t)str_rfind(path, '/')));
		back = stat(path.ptr, &above) == 0 && above.st_dev == st->st_dev &&
		       above.st_ino == st->st_ino;
	}
	pool_clear(&pool);
	return back;
}

static void scan_folder(struct folders *self, struct str path, const struct stat *st)
{
	struct str prefix = folder_prefix(&self->batch, path);
	const struct dirent *entry;
	struct tracked *t = map_get(&self->tracked, path);
	struct inotify_watch *watch;
	DIR *dir;

	if (t)
		lose_file(self, t); /* as a file; seen again if the folder cannot be read */
	if (leads_back(self, path, st)) {
		see_loose(self, path);
		lose_below(self, prefix, true);
		return;
	}
	/* Watched before it is read, so that nothing can come in between. */
	watch = watcher_inotify_add(&self->inotify, prefix);
	if (watch) {
		watch->scanned = true;
		watch->link = is_link(path);
		watch->dev = st->st_dev;
		watch->inode = st->st_ino;
		self->links |= watch->link;
	}
	dir = opendir(path.ptr);
	if (!dir) {
		see_file(self, path, never_seen, false);
		return;
	}
	while ((entry = readdir(dir))) {
		struct pool pool;

		if (entry->d_name[0] == '.' ||
		    (entry->d_type == DT_REG && !is_manifest_name(str_from(entry->d_name))))
			continue;
		pool_init(&pool);
		scan_entry(self, pool_printf(&pool, STR_FMT "%s", STR_ARG(prefix), entry->d_name));
		pool_clear(&pool);
	}
	closedir(dir);
}

/* It is not there (any more). A path that never was stays, as a file that cannot be read. */
static void look_at_nothing(struct folders *self, struct str path, struct tracked *t)
{
	if (!is_root(self, path) || (t ? t->stamp.inode != 0 : self->started)) {
		if (t)
			lose_file(self, t);
	} else if (t) {
		t->round = self->round;
	} else {
		see_file(self, path, never_seen, false);
	}
}

static void look(struct folders *self, struct str path)
{
	bool was_folder = is_watched(self, path), there, folder = false;
	struct stat st;

	there = stat(path.ptr, &st) == 0;
	if (is_gone(path.ptr)) {
		look_at_nothing(self, path, map_get(&self->tracked, path));
	} else if (there && S_ISDIR(st.st_mode)) {
		folder = true;
		scan_folder(self, path, &st);
	} else {
		see_entry(self, path, there ? &st : NULL);
	}
	/* A walk over all files, so only where a folder is or was. */
	if (folder || was_folder)
		lose_below(self, folder_prefix(&self->batch, path), false);
}

/* ---- telling ---- */

static int order_tracked(const void *a, const void *b)
{
	return strcmp((*(struct tracked *const *)a)->path, (*(struct tracked *const *)b)->path);
}

/* What is there first: an object that moved from one file to another is never away. */
static void tell(struct folders *self)
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
		watcher_inotify_add(&self->inotify, parent_prefix(self->roots.items[i]));
		look(self, self->roots.items[i]);
	}
	lose_below(self, STR(""), false);
	tell(self);
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
	map_put(&self->pending, path, &mark);
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
	map_put(&self->later, path, &mark);
	if (self->later_ms == UINT64_MAX)
		self->later_ms = clock_ms() + LATER_MS;
}

static bool is_moved(const struct tracked *t)
{
	struct stat st;
	struct stamp stamp = stat(t->path, &st) == 0 ? stamp_of(&st) : never_seen;
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

		if (is_link(path) && !folder && !is_manifest_name(path))
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

	if (is_root(self, path) || (ours && (is_manifest_name(path) || (mask & IN_ISDIR))))
		on_file_event(self, path, mask);
	else if (ours && (mask & MOVES) && (is_watched(self, path) || is_link(path)))
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
		look(self, paths[i]);
	}
	mem_free(paths);
	map_clear(&self->pending);
	if (!self->later.n)
		self->later_ms = UINT64_MAX;
	tell(self);
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
