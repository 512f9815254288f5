/* places: checks and locks the folders that `sluice up` works in.
 *
 *   in     --out, --bootstrap-out, --run-dir, XDG_RUNTIME_DIR
 *   out    one sentence about what cannot work, before anything starts
 *   owns   the run folder: its lock, and the folder itself if we made it; OUT.lock while we live
 *   never  makes the folder of a file that a flag names
 */
#include "cli/up/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/trust.h"

/* What a room adds to the folder's name, at most; the path of a socket ends with a NUL. */
#define MAX_RUN_DIR \
	(sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/tap-translator-4194304"))

int cli_places_check_out(const char *flag, struct str file, struct err *err)
{
	const char *slash = strrchr(file.ptr, '/');
	char *folder = slash ? mem_dup(file.ptr, (size_t)(slash - file.ptr) + 1) : mem_strdup(".");
	struct stat st;
	int rc = 0;

	if (!file.len)
		goto out;
	if (stat(file.ptr, &st) == 0 && S_ISDIR(st.st_mode))
		rc = err_set(err, "%s %s is a folder; name a file in it", flag, err_quote(file));
	else if (stat(file.ptr, &st) == 0 && !S_ISREG(st.st_mode))
		rc = err_set(
			err,
			"%s %s is no regular file and is not replaced; --out - is standard output",
			flag, err_quote(file));
	else if (access(folder, W_OK | X_OK))
		rc = err_set(err, "%s %s cannot be written, because of its folder: %s", flag,
			     err_quote(file), strerror(errno));
out:
	mem_free(folder);
	return rc;
}

int cli_places_follow_link(const char *flag, struct str *file, struct err *err)
{
	char why[TRUST_WHY_MAX], real[PATH_MAX];
	struct stat st;

	if (!file->len || lstat(file->ptr, &st) || !S_ISLNK(st.st_mode))
		return 0;
	if (trust_why_not(&st, why))
		return err_set(err, "%s %s is a symbolic link and %s; name a file of your own",
			       flag, err_quote(*file), why);
	if (!realpath(file->ptr, real))
		return err_set(err, "%s %s is a symbolic link to nothing that is there: %s", flag,
			       err_quote(*file), strerror(errno));
	*file = str_from(mem_strdup(real)); /* a flag lives as long as the process */
	return 0;
}

/* Its owner may have removed it after we opened and before we locked it: then it locks nothing. */
static bool is_still_there(int fd, const char *path)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

/* The process that the file names, of which only a number is believed. */
static void read_holder(int fd, char holder[32])
{
	char text[16] = "";
	long long pid;
	struct str line;

	(void)(read(fd, text, sizeof(text) - 1) > 0);
	if (str_cut(str_from(text), '\n', &line, &(struct str){ 0 }) && str_to_int(line, &pid))
		snprintf(holder, 32, "%lld", pid);
	else
		snprintf(holder, 32, "unknown");
}

static int check_lock(const struct places *places, int fd, struct err *err)
{
	char why[TRUST_WHY_MAX];
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !trust_why_not(&st, why))
		return 0;
	return err_set(err, "%s %s; remove it, or name another --out", places->out_lock_path,
		       S_ISREG(st.st_mode) ? why : "is no file");
}

static int lock_file(struct places *places, struct str out_file, struct err *err)
{
	char holder[32];
	int fd;

	do {
		fd = open(places->out_lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return err_set(err, "--out %s cannot be locked: %s: %s",
				       err_quote(out_file), places->out_lock_path, strerror(errno));
		if (check_lock(places, fd, err)) {
			close(fd);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			read_holder(fd, holder);
			close(fd);
			return err_set(err,
				       "another sluice up (process %s) writes --out %s; each needs "
				       "a file of its own",
				       holder, err_quote(out_file));
		}
		places->out_lock = fd;
	} while (!is_still_there(fd, places->out_lock_path) && !close(fd));
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0)
		return err_set(err, "%s cannot be written: %s", places->out_lock_path,
			       strerror(errno));
	return 0;
}

int cli_places_lock_out(struct places *places, struct str out_file, struct err *err)
{
	struct buf path;

	if (!out_file.len)
		return 0;
	if (cli_places_check_out("--out", out_file, err))
		return -1;
	buf_init(&path, BUF_MAX_TEXT);
	buf_printf(&path, STR_FMT ".lock", STR_ARG(out_file));
	places->out_lock_path = mem_dup(path.ptr, path.len);
	buf_clear(&path);
	if (!lock_file(places, out_file, err))
		return 0;
	mem_free(places->out_lock_path); /* not ours to remove */
	places->out_lock_path = NULL;
	return -1;
}

static int make_fresh(struct places *places, struct err *err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/sluice-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(path))
		return err_set(
			err,
			"no folder for the sockets can be made at %s: %s; name one with --run-dir",
			path, strerror(errno));
	places->run_dir = mem_strdup(path);
	places->made = true;
	return 0;
}

static int lock_run_dir(struct places *places, struct err *err)
{
	struct str name = str_from(places->run_dir);
	char why[TRUST_WHY_MAX];
	struct stat link, st;

	places->lock = open(places->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (places->lock < 0)
		return err_set(err, "--run-dir %s cannot be opened: %s", err_quote(name),
			       strerror(errno));
	if (lstat(places->run_dir, &link) || fstat(places->lock, &st))
		return err_set(err, "--run-dir %s cannot be looked at: %s", err_quote(name),
			       strerror(errno));
	if (trust_why_not(&st, why) || trust_why_not(&link, why))
		return err_set(err, "--run-dir %s %s; name a folder that is yours alone, or none",
			       err_quote(name), why);
	if (access(places->run_dir, W_OK | X_OK))
		return err_set(err, "no sockets can be made in --run-dir %s: %s", err_quote(name),
			       strerror(errno));
	if (flock(places->lock, LOCK_EX | LOCK_NB))
		return err_set(err,
			       "another sluice up works in --run-dir %s; each needs one of its own",
			       err_quote(name));
	return 0;
}

int cli_places_open(struct places *places, struct str *run_dir, struct err *err)
{
	places->lock = -1;
	if (!run_dir->len) {
		if (make_fresh(places, err))
			return -1;
		*run_dir = str_from(places->run_dir);
	} else {
		places->run_dir = mem_strdup(run_dir->ptr);
		if (mkdir(run_dir->ptr, 0700) && errno != EEXIST)
			return err_set(err, "--run-dir %s cannot be made: %s", err_quote(*run_dir),
				       strerror(errno));
	}
	if (run_dir->len > MAX_RUN_DIR)
		return err_set(err,
			       "--run-dir %s has %zu bytes; the paths of sockets are short, so it "
			       "may have %zu",
			       err_quote(*run_dir), run_dir->len, MAX_RUN_DIR);
	return lock_run_dir(places, err);
}

/* What the rooms left in the folder that we made: sockets, and the configuration that Pomerium
 * starts with, with a folder of files at most. */
static void remove_made(const char *path, bool deep)
{
	DIR *dir = opendir(path);
	char inner[4096];
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (unlinkat(dirfd(dir), entry->d_name, 0) && deep && entry->d_name[0] != '.') {
			snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
			remove_made(inner, false);
		}
	if (dir)
		closedir(dir);
	rmdir(path);
}

void cli_places_close(struct places *places)
{
	if (places->made)
		remove_made(places->run_dir, true);
	if (places->run_dir && places->lock >= 0)
		close(places->lock);
	if (places->out_lock_path) {
		unlink(places->out_lock_path); /* before the lock goes: see is_still_there */
		close(places->out_lock);
	}
	mem_free(places->out_lock_path);
	mem_free(places->run_dir);
	*places = (struct places){ .lock = -1 };
}
