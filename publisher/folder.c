/* folder: the files that Pomerium's config.yaml names.
 *
 *   in    a snapshot with the storage files of the Pomerium object and the certificates
 *   out   each of them under a name that its content gives it
 *   owns  FILE.files; it is made when the first file has to go there
 *   never changes a file: other content has another name
 */
#include "publisher/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "publisher/bootstrap.h"
#include "publisher/file.h"

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

struct str publisher_folder_name(struct str name, struct str bytes, struct pool *pool)
{
	struct hash hash = hash_of(bytes);
	char hex[33];

	for (size_t i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
	return pool_printf(pool, STR_FMT "-%s", STR_ARG(name), hex);
}

bool publisher_folder_has_certs(const struct snapshot *snapshot)
{
	return snapshot->n_certs > 1;
}

typedef void each_fn(void *arg, struct str name, struct str bytes);

static void each_cert(const struct cert *cert, each_fn *each, void *arg)
{
	struct str pem = publisher_certs_pem(cert), key = publisher_certs_key(cert);
	struct pool pool;

	pool_init(&pool);
	each(arg, publisher_folder_name(STR(FOLDER_CERT), pem, &pool), pem);
	each(arg, publisher_folder_name(STR(FOLDER_KEY), key, &pool), key);
	pool_clear(&pool);
}

static void each_file(const struct snapshot *snapshot, each_fn *each, void *arg)
{
	publisher_bootstrap_each_file(snapshot, each, arg);
	for (size_t i = 0; publisher_folder_has_certs(snapshot) && i < snapshot->n_certs; i++)
		each_cert(snapshot->certs[i], each, arg);
}

/* What the walk over the files carries along. */
struct walk {
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
	       (size_t)st.st_size == size;
}

static void write_file(void *arg, struct str name, struct str bytes)
{
	struct walk *walk = arg;
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
	struct walk *walk = arg;

	(void)bytes;
	map_put(&walk->names, name, walk);
}

static struct walk walk_names(const struct folder *folder, const struct snapshot *snapshot,
			      struct err *err)
{
	struct walk walk = { .folder = folder, .err = err };

	map_init(&walk.names, NULL);
	each_file(snapshot, note_name, &walk);
	return walk;
}

int publisher_folder_fill(const struct folder *folder, const struct snapshot *snapshot,
			  struct err *err)
{
	struct walk walk = walk_names(folder, snapshot, err);

	if (walk.names.n && mkdir(folder->path.ptr, 0700) < 0 && errno != EEXIST)
		walk.rc = err_set(err, "folder %s could not be made: %s", err_quote(folder->path),
				  strerror(errno));
	each_file(snapshot, write_file, &walk);
	map_clear(&walk.names);
	return walk.rc;
}

static bool is_ours(const char *name)
{
	struct str s = str_from(name);

	return str_starts(s, "ssl") || str_starts(s, FOLDER_CERT "-") ||
	       str_starts(s, FOLDER_KEY "-");
}

void publisher_folder_tidy(const struct folder *folder, const struct snapshot *snapshot)
{
	struct walk walk = walk_names(folder, snapshot, NULL);
	DIR *dir = opendir(folder->path.ptr);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_ours(entry->d_name) && !map_get(&walk.names, str_from(entry->d_name)))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	map_clear(&walk.names);
}
