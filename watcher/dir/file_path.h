/* file_path: what a path says, and what is there. */
#ifndef WATCHER_FILE_PATH_H
#define WATCHER_FILE_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include "base/pool.h"

struct file_stamp {
	uint64_t inode, size; /* inode 0: there is no file */
	int64_t seconds, nanoseconds;
};

bool watcher_file_path_is_manifest(struct str name);
bool watcher_file_path_is_link(struct str path);
/* All but the last name: "deploy/" of "deploy/demo". */
struct str watcher_file_path_parent(struct str path);
/* What its files begin with: "deploy/" of "deploy". In the pool, or the path itself. */
struct str watcher_file_path_prefix(struct pool *pool, struct str path);
/* Of the file that it leads to. */
struct file_stamp watcher_file_path_stamp(const char *path);

#endif
