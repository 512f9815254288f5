/* folder: the files that Pomerium's config.yaml names.
 *
 *   in     a snapshot with the storage files of the Pomerium object and the certificates
 *   out    each of them under a name that its content gives it
 *   owns   FILE.files; it is made when the first file has to go there
 *   never  changes a file: other content has another name
 */
#include "publisher/file/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/trust.h"
#include "publisher/file/file.h"
#include "publisher/wanted/named_files.h"

void publisher_folder_init(struct folder *folder, const char *file)
{
	struct str path = str_from(file), base = path;
	long slash = str_rfind(path, '/');
	char real[PATH_MAX];
	const char *dir = ".";

	pool_init(&folder->pool);
	if (slash >= 0) {
		dir = slash ? pool_str(&folder->pool, str_slice(path, 0, (size_t)slash)).ptr : "/";
		base = str_slice(path, (size_t)slash + 1, path.len);
	}
	if (!realpath(dir, real))
		snprintf(real, sizeof(real), "%s", dir);
	folder->path = pool_printf(&folder->pool, "%s/" STR_FMT ".files",
				   strcmp(real, "/") == 0 ? "" : real, STR_ARG(base));
}

void publisher_folder_clear(struct folder *folder)
{
	pool_clear(&folder->pool);
}

/* What the walk over the files carries along. */
struct folder_walk {
	const struct folder *folder;
	struct map names; /* of the files that are named */
	int rc;
	struct err *err;
};

/* Nobody changes one: with its name and its size it is whole, and need not be read. */
static bool is_there(const char *path, size_t size)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600 &&
	       st.st_uid == geteuid() && (size_t)st.st_size == size;
}

static void write_file(void *arg, struct str name, struct str bytes)
{
	struct folder_walk *walk = arg;
	struct file file;
	struct pool pool;
	struct str path;

	if (walk->rc)
		return;
	pool_init(&pool);
	path = pool_printf(&pool, STR_FMT "/" STR_FMT, STR_ARG(walk->folder->path), STR_ARG(name));
	if (is_there(path.ptr, bytes.len)) {
		pool_clear(&pool);
		return;
	}
	walk->rc = publisher_file_open(&file, path.ptr, walk->err);
	if (!walk->rc)
		walk->rc = publisher_file_begin(&file, walk->err);
	if (!walk->rc)
		walk->rc = publisher_file_write(&file, bytes, walk->err);
	if (!walk->rc && publisher_file_commit(&file, walk->err) < 0)
		walk->rc = -1;
	publisher_file_close(&file);
	pool_clear(&pool);
}

static void note_name(void *arg, struct str name, struct str bytes)
{
	struct folder_walk *walk = arg;

	(void)bytes;
	map_put(&walk->names, name, walk);
}

static struct folder_walk walk_names(const struct folder *folder, const struct snapshot *snapshot,
				     struct err *err)
{
	struct folder_walk walk = { .folder = folder, .err = err };

	map_init(&walk.names, NULL);
	publisher_named_files_each(snapshot, note_name, &walk);
	return walk;
}

/* There may be another's folder in its place, or a link to one. */
static int check_folder(const struct folder *folder, struct err *err)
{
	char why[TRUST_WHY_MAX];
	struct stat st;

	if (lstat(folder->path.ptr, &st))
		return err_set(err, "folder %s cannot be looked at: %s", err_quote(folder->path),
			       strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, "%s is in the place of our folder; remove it",
			       err_quote(folder->path));
	if (trust_why_not(&st, why))
		return err_set(err, "folder %s %s; remove it", err_quote(folder->path), why);
	return 0;
}

int publisher_folder_fill(const struct folder *folder, const struct snapshot *snapshot,
			  struct err *err)
{
	struct folder_walk walk = walk_names(folder, snapshot, err);

	if (walk.names.n && mkdir(folder->path.ptr, 0700) < 0 && errno != EEXIST)
		walk.rc = err_set(err, "folder %s could not be made: %s", err_quote(folder->path),
				  strerror(errno));
	if (walk.names.n && !walk.rc)
		walk.rc = check_folder(folder, err);
	publisher_named_files_each(snapshot, write_file, &walk);
	map_clear(&walk.names);
	return walk.rc;
}

static bool is_ours(const char *name)
{
	struct str s = str_from(name);

	return str_starts(s, "ssl") || str_starts(s, NAMED_FILES_CERT "-") ||
	       str_starts(s, NAMED_FILES_KEY "-");
}

void publisher_folder_tidy(const struct folder *folder, const struct snapshot *snapshot)
{
	struct folder_walk walk = walk_names(folder, snapshot, NULL);
	DIR *dir = check_folder(folder, NULL) ? NULL : opendir(folder->path.ptr);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_ours(entry->d_name) && !map_get(&walk.names, str_from(entry->d_name)))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	map_clear(&walk.names);
}
