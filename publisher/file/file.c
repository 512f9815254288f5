/* file: a file that others read at any moment.
 *
 *   in     new content, piece by piece
 *   out    the path has the old content or the new one, on disk, mode 0600
 *   owns   a nameless file in the same folder while it is written; NAME.tmp-PID for the moment
 *          of the rename, or all along where the file system has no nameless files
 *   never  writes into the file that others read
 */
#include "publisher/file/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define MODE 0600

static int fail(const struct file *file, const char *what, struct err *err)
{
	const char *why = strerror(errno);

	return err_set(err, "file %s could not be %s: %s", err_quote(file->path), what, why);
}

/* ---- what is there ---- */

static void digest_begin(struct file *file)
{
	if (!file->digest)
		file->digest = EVP_MD_CTX_new();
	EVP_DigestInit_ex(file->digest, EVP_sha256(), NULL);
}

static struct hash digest_end(struct file *file)
{
	struct hash hash;

	EVP_DigestFinal_ex(file->digest, hash.bytes, NULL);
	return hash;
}

/* What another run of ours, or somebody else, left at the path. Not being able to read it only
 * means to write it. */
static void read_published(struct file *file)
{
	int fd = openat(file->dir_fd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *chunk = mem_alloc(1u << 16);
	struct stat st;
	ssize_t n = -1;

	digest_begin(file);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == MODE)
		while ((n = read(fd, chunk, 1u << 16)) > 0)
			EVP_DigestUpdate(file->digest, chunk, (size_t)n);
	file->known = n == 0;
	if (file->known) {
		file->published = digest_end(file);
		file->seen = st;
	}
	mem_wipe(chunk, 1u << 16);
	mem_free(chunk);
	if (fd >= 0)
		close(fd);
}

/* NAME.tmp-PID of a process that is no more. */
static bool is_left_over(const struct file *file, const char *name)
{
	struct str s = str_from(name), tail;
	long long pid;

	if (!str_starts(s, file->name))
		return false;
	tail = str_slice(s, strlen(file->name), s.len);
	if (!str_starts(tail, ".tmp-") || !str_to_int(str_slice(tail, 5, tail.len), &pid) ||
	    pid <= 0)
		return false;
	return pid == getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

static void remove_left_over(const struct file *file)
{
	int fd = openat(file->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_left_over(file, entry->d_name))
			unlinkat(file->dir_fd, entry->d_name, 0);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

int publisher_file_open_named(struct file *file, const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		*file = (struct file){ .dir_fd = -1, .fd = -1 };
		pool_init(&file->pool);
		return err_set(err, "%s is no regular file, and is not replaced",
			       err_quote(str_from(path)));
	}
	return publisher_file_open(file, path, err);
}

int publisher_file_open(struct file *file, const char *path, struct err *err)
{
	struct str whole = str_from(path), dir = STR(".");
	long slash = str_rfind(whole, '/');

	*file = (struct file){ .dir_fd = -1, .fd = -1 };
	pool_init(&file->pool);
	file->path = pool_str(&file->pool, whole);
	if (slash >= 0)
		dir = slash ? pool_str(&file->pool, str_slice(whole, 0, (size_t)slash)) : STR("/");
	file->name = pool_str(&file->pool, str_slice(whole, (size_t)(slash + 1), whole.len)).ptr;
	file->temp = pool_printf(&file->pool, "%s.tmp-%d", file->name, (int)getpid()).ptr;
	if (!file->name[0])
		return err_set(err, "%s is a folder; name a file in it", err_quote(whole));
	file->dir_fd = open(dir.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dir_fd < 0)
		return fail(file, "reached, since its folder cannot be opened", err);
	remove_left_over(file);
	read_published(file);
	return 0;
}

void publisher_file_close(struct file *file)
{
	publisher_file_cancel(file);
	EVP_MD_CTX_free(file->digest);
	if (file->dir_fd >= 0)
		close(file->dir_fd);
	pool_clear(&file->pool);
	*file = (struct file){ .dir_fd = -1, .fd = -1 };
}

/* ---- writing ---- */

int publisher_file_begin(struct file *file, struct err *err)
{
	publisher_file_cancel(file);
	file->fd = openat(file->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, MODE);
	if (file->fd < 0) {
		unlinkat(file->dir_fd, file->temp, 0);
		file->fd = openat(file->dir_fd, file->temp,
				  O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, MODE);
		file->named = file->fd >= 0;
	}
	if (file->fd < 0 || fchmod(file->fd, MODE) < 0)
		return fail(file, "made anew", err);
	digest_begin(file);
	return 0;
}

int publisher_file_write(struct file *file, struct str bytes, struct err *err)
{
	EVP_DigestUpdate(file->digest, bytes.ptr, bytes.len);
	while (bytes.len) {
		ssize_t n = write(file->fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(file, "written", err);
		bytes = str_slice(bytes, (size_t)n, bytes.len);
	}
	return 0;
}

static bool is_published(const struct file *file, const struct hash *hash)
{
	const struct stat *seen = &file->seen;
	struct stat st;

	if (!file->known || !hash_equal(&file->published, hash))
		return false;
	if (fstatat(file->dir_fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return st.st_dev == seen->st_dev && st.st_ino == seen->st_ino &&
	       st.st_size == seen->st_size && st.st_mode == seen->st_mode &&
	       st.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

/* Gives a nameless file its name beside the path. */
static int name_it(struct file *file, struct err *err)
{
	char self[64];

	if (file->named)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	unlinkat(file->dir_fd, file->temp, 0);
	if (linkat(AT_FDCWD, self, file->dir_fd, file->temp, AT_SYMLINK_FOLLOW) < 0)
		return fail(file, "named", err);
	file->named = true;
	return 0;
}

int publisher_file_commit(struct file *file, struct err *err)
{
	struct hash hash = digest_end(file);
	struct stat st;

	if (is_published(file, &hash)) {
		publisher_file_cancel(file);
		return 0;
	}
	if (fsync(file->fd) < 0 || fstat(file->fd, &st) < 0)
		return fail(file, "brought to disk", err);
	if (name_it(file, err) < 0)
		return -1;
	if (renameat(file->dir_fd, file->temp, file->dir_fd, file->name) < 0)
		return fail(file, "put in its place", err);
	file->named = false;
	file->known = true;
	file->published = hash;
	file->seen = st;
	publisher_file_cancel(file);
	if (fsync(file->dir_fd) < 0)
		return fail(file, "brought to disk with its folder", err);
	return 1;
}

void publisher_file_cancel(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->named)
		unlinkat(file->dir_fd, file->temp, 0);
	file->fd = -1;
	file->named = false;
}
