/* threads: those that ZeroMQ starts.
 *
 *   in     /proc/self/task
 *   out    the moment from which on all of them are in their loops
 *   owns   nothing
 *   never  waits longer than a second
 *
 * A new thread has the name of the process. ZeroMQ gives it one of its own last, before its loop.
 */
#include "confine/threads.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/small_file.h"

#define LONGEST_MS 1000
#define NAME_MAX_BYTES 64

/* False: a thread that has ended has none. */
static bool read_name(const char *thread, struct buf *name)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", thread);
	buf_init(name, NAME_MAX_BYTES);
	return small_file_read(path, name, NULL) == 0;
}

static bool has_begun(const char *thread, struct str process)
{
	struct buf name;
	const bool begun = !read_name(thread, &name) || !str_eq(buf_view(&name), process);

	buf_clear(&name);
	return begun;
}

static bool all_have_begun(struct str process, const char *main_thread)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	bool all = dir;

	while (dir && all && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, main_thread) != 0)
			all = has_begun(entry->d_name, process);
	if (dir)
		closedir(dir);
	return all;
}

void confine_threads_wait(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const uint64_t end_ms = clock_ms() + LONGEST_MS;
	char main_thread[16];
	struct buf process;

	snprintf(main_thread, sizeof(main_thread), "%d", (int)getpid());
	if (read_name(main_thread, &process))
		while (!all_have_begun(buf_view(&process), main_thread) && clock_ms() < end_ms)
			nanosleep(&pause, NULL);
	buf_clear(&process);
}
