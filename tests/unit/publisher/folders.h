/* folders: a fresh folder for a test, removed with everything in it. */
#ifndef TESTS_PUBLISHER_FOLDERS_H
#define TESTS_PUBLISHER_FOLDERS_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"

static char folder[64];

static inline void folder_make(void)
{
	snprintf(folder, sizeof(folder), "/tmp/sluice-test-XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

static inline int folder_remove_one(const char *path, const struct stat *st, int flag,
				    struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline void folder_remove(void)
{
	nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *folder_path(const char *name, struct pool *pool)
{
	return pool_printf(pool, "%s/%s", folder, name).ptr;
}

static inline void folder_write(const char *path, struct str bytes)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len)
		abort();
	close(fd);
}

/* What a file has; absent if there is none. */
static inline struct str folder_read(const char *path, struct pool *pool)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *text;

	if (fd < 0)
		return STR_NONE;
	if (fstat(fd, &st) < 0)
		abort();
	text = pool_alloc(pool, (size_t)st.st_size + 1);
	if (read(fd, text, (size_t)st.st_size) != st.st_size)
		abort();
	close(fd);
	return (struct str){ text, (size_t)st.st_size };
}

/* Files in the folder. */
static inline size_t folder_count(void)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

#endif
