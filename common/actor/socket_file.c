/* socket_file: socket files in the run folder whose name ends with a process number.
 *
 *   in     the path of one's own
 *   out    the folder without those of the same name that dead processes left
 *   owns   nothing
 *   never  removes one that somebody listens on, or is about to
 */
#include "actor/socket_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Two rooms of one kind may start at once. Between its bind and its listen a socket refuses all who
 * connect, as one does that nobody has any longer. */
#define STARTING_S 10

static void name_of(const char *run_dir, const char *what, enum msg_room room, pid_t pid,
		    char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s-%s-%d", run_dir, what, room_name(room), (int)pid);
}

void actor_socket_file_name(const char *run_dir, const char *what, enum msg_room room,
			    char out[PATH_MAX])
{
	name_of(run_dir, what, room, getpid(), out);
}

void actor_socket_file_remove(const char *run_dir, enum msg_room room, pid_t pid)
{
	char path[PATH_MAX];

	name_of(run_dir, "tap", room, pid, path);
	unlink(path);
	name_of(run_dir, "web", room, pid, path);
	unlink(path);
}

static bool is_young(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && time(NULL) - st.st_mtime < STARTING_S;
}

/* A socket file of a process that was killed stays; a new process with its number would inherit the
 * name. */
static bool is_stale(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool stale;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

void actor_socket_file_sweep(const char *path)
{
	char folder[PATH_MAX], file[PATH_MAX + 256];
	const char *slash = strrchr(path, '/'), *dash = strrchr(path, '-');
	struct dirent *entry;
	DIR *dir;

	if (!slash || !dash || dash < slash)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, slash + 1, (size_t)(dash - slash)) != 0)
			continue;
		snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
		if (is_stale(file) && (strcmp(file, path) == 0 || !is_young(file)))
			unlink(file);
	}
	if (dir)
		closedir(dir);
}
