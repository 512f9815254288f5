/* file_path: what a path says, and what is there.
 *
 *   in     paths
 *   out    whether it is one of a manifest or a symlink; the stamp of the file
 *   never  opens a file
 */
#include "watcher/dir/file_path.h"

#include <sys/stat.h>

bool watcher_file_path_is_manifest(struct str name)
{
	return str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".json");
}

struct str watcher_file_path_parent(struct str path)
{
	return str_slice(path, 0, (size_t)(str_rfind(path, '/') + 1));
}

struct str watcher_file_path_prefix(struct pool *pool, struct str path)
{
	return str_ends(path, "/") ? path : pool_printf(pool, STR_FMT "/", STR_ARG(path));
}

bool watcher_file_path_is_link(struct str path)
{
	struct stat st;

	return lstat(path.ptr, &st) == 0 && S_ISLNK(st.st_mode);
}

struct file_stamp watcher_file_path_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct file_stamp){ 0 };
	return (struct file_stamp){ (uint64_t)st.st_ino, (uint64_t)st.st_size, st.st_ctim.tv_sec,
				    st.st_ctim.tv_nsec };
}
