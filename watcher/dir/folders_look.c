/* folders_look: what is there, at one path or at all of them.
 *
 *   in     a path that may have changed
 *   out    the lists of what was found and what was lost
 *   owns   nothing: it fills in struct folders
 *   never  reports anything, reads a file
 */
#include "watcher/dir/folders_inside.h"

#include <dirent.h>
#include <errno.h>
#include "base/mem.h"

static const struct file_stamp no_file;

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
		watcher_inotify_add(&self->inotify, watcher_file_path_parent(str_from(t->real)));
	if (link && !t->stamp.inode)
		self->inotify.failed = true; /* no event will say when there is something */
}

static void see_file(struct folders *self, struct str path, struct file_stamp stamp, bool link)
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

/* What is below this prefix and was not seen in this round may be gone, or just cannot be seen;
 * `all`: it is. */
void watcher_folders_look_lose_below(struct folders *self, struct str prefix, bool all)
{
	void *value;

	for (size_t i = 0; map_next(&self->tracked, &i, NULL, &value);) {
		struct tracked *t = value;

		if (str_starts(str_from(t->path), prefix.ptr) &&
		    (all || (t->round != self->round && is_gone(t->path))))
			lose_file(self, t);
	}
	watcher_inotify_sweep(&self->inotify, prefix, all);
}

static void scan_folder(struct folders *self, struct str path, const struct stat *st);

static void see_loose(struct folders *self, struct str path)
{
	map_put(&self->loose, path, self); /* a set: any value does */
	self->links = true;
}

/* What is not a folder. */
static void see_entry(struct folders *self, struct str path)
{
	bool link = watcher_file_path_is_link(path);

	if (watcher_folders_is_root(self, path) || watcher_file_path_is_manifest(path))
		see_file(self, path, watcher_file_path_stamp(path.ptr), link);
	else if (link)
		see_loose(self, path);
}

static void scan_entry(struct folders *self, struct str path)
{
	struct stat st;

	if (stat(path.ptr, &st) == 0 && S_ISDIR(st.st_mode))
		scan_folder(self, path, &st);
	else
		see_entry(self, path);
}

/* Is it one of the folders above it, by way of a symlink? */
static bool leads_back(const struct folders *self, struct str path, const struct stat *st)
{
	struct stat above;
	struct pool pool;
	bool back = false;

	pool_init(&pool);
	while (!back && !watcher_folders_is_root(self, path) && str_rfind(path, '/') > 0) {
		path = pool_str(&pool, str_slice(path, 0, (size_t)str_rfind(path, '/')));
		back = stat(path.ptr, &above) == 0 && above.st_dev == st->st_dev &&
		       above.st_ino == st->st_ino;
	}
	pool_clear(&pool);
	return back;
}

static void scan_folder(struct folders *self, struct str path, const struct stat *st)
{
	struct str prefix = watcher_file_path_prefix(&self->batch, path);
	const struct dirent *entry;
	struct tracked *t = map_get(&self->tracked, path);
	struct inotify_watch *watch;
	DIR *dir;

	if (t)
		lose_file(self, t); /* as a file; seen again if the folder cannot be read */
	if (leads_back(self, path, st)) {
		see_loose(self, path);
		watcher_folders_look_lose_below(self, prefix, true);
		return;
	}
	/* First watched, then read, so that nothing can come in between. */
	watch = watcher_inotify_add(&self->inotify, prefix);
	if (watch) {
		watch->scanned = true;
		watch->link = watcher_file_path_is_link(path);
		watch->dev = st->st_dev;
		watch->inode = st->st_ino;
		self->links |= watch->link;
	}
	dir = opendir(path.ptr);
	if (!dir) {
		see_file(self, path, no_file, false);
		return;
	}
	while ((entry = readdir(dir))) {
		struct pool pool;

		if (entry->d_name[0] == '.' ||
		    (entry->d_type == DT_REG &&
		     !watcher_file_path_is_manifest(str_from(entry->d_name))))
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
	if (!watcher_folders_is_root(self, path) || (t ? t->stamp.inode != 0 : self->started)) {
		if (t)
			lose_file(self, t);
	} else if (t) {
		t->round = self->round;
	} else {
		see_file(self, path, no_file, false);
	}
}

void watcher_folders_look(struct folders *self, struct str path)
{
	bool was_folder = watcher_folders_is_watched(self, path), folder = false;
	struct stat st;

	if (is_gone(path.ptr)) {
		look_at_nothing(self, path, map_get(&self->tracked, path));
	} else if (stat(path.ptr, &st) == 0 && S_ISDIR(st.st_mode)) {
		folder = true;
		scan_folder(self, path, &st);
	} else {
		see_entry(self, path);
	}
	/* A walk over all files, so only where a folder is or was. */
	if (folder || was_folder)
		watcher_folders_look_lose_below(self, watcher_file_path_prefix(&self->batch, path),
						false);
}
