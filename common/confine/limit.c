/* limit: how much a room may have of what the kernel counts.
 *
 *   in     which room, and whether it writes files
 *   out    limits that the process cannot raise again
 *   owns   the figures
 *   never  raises a limit, fails: a limit that is lower already is as good
 */
#include "confine/confine.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (UINT64_C(64) << 30) /* bytes of the largest file that a room writes */

static const struct {
	rlim_t n_files;  /* descriptors */
	bool no_threads; /* it starts none once it runs */
} rows[N_ROOMS] = {
	[ROOM_WATCHER] = { 4096, false },
	[ROOM_RESOLVER] = { 4096, true },
	[ROOM_TRANSLATOR] = { 256, true },
	[ROOM_PUBLISHER] = { 4096, false },
};

static void lower(int what, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)what, &limit))
		return;
	limit.rlim_cur = limit.rlim_cur < most ? limit.rlim_cur : most;
	limit.rlim_max = limit.rlim_max < most ? limit.rlim_max : most;
	(void)setrlimit((__rlimit_resource_t)what, &limit);
}

/* A log that goes into a file grows. */
static bool logs_into_file(void)
{
	struct stat out, log;

	return (fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode)) ||
	       (fstat(STDERR_FILENO, &log) == 0 && S_ISREG(log.st_mode));
}

void confine_limit(const struct confine *self)
{
	const enum msg_room room = self->room;

	lower(RLIMIT_CORE, 0);
	lower(RLIMIT_NOFILE, rows[room].n_files);
	/* The kernel counts the processes of the user, on the whole machine: any other number would
	 * depend on what else runs there. */
	if (rows[room].no_threads)
		lower(RLIMIT_NPROC, 0);
	if (self->writes.n)
		lower(RLIMIT_FSIZE, FILE_MAX);
	else if (!logs_into_file())
		lower(RLIMIT_FSIZE, 0);
	signal(SIGXFSZ, SIG_IGN); /* a write that is too much fails */
}
