/* probing_room: a room that is taken over: it tries what it must not be able to do, once it has
 * started. Linked around actor_loop_run() (ld --wrap), so that the product needs no switch for it.
 *
 *   in     PROBE, a name of the table below, from the environment
 *   out    "probe=NAME result=N" on stderr, N: 0 or an errno; or death in the attempt
 *   never  does anything else than the room, once it has tried
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor/loop.h"

/* Each returns what the call returned; -1: errno says why. */

static long try_execve(void)
{
	char *argv[] = { "true", NULL };

	return execve("/bin/true", argv, argv + 1);
}

static long try_execveat(void)
{
	char *argv[] = { "true", NULL };

	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_fork(void)
{
	const pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid;
}

static long try_kill(void)
{
	return kill(getppid(), SIGTERM);
}

static long try_tgkill(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), SIGTERM);
}

static long try_peek(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static void *nothing(void *arg)
{
	return arg;
}

static long try_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, nothing, NULL);
	return errno ? -1 : pthread_join(thread, NULL);
}

static long try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_udp(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0);
}

static struct sockaddr_in place(void)
{
	const char *port = getenv("PROBE_PORT");
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)(port ? atoi(port) : 0));
	return address;
}

static long try_connect(void)
{
	const struct sockaddr_in address = place();

	return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address,
		       sizeof(address));
}

static long try_bind(void)
{
	const struct sockaddr_in address = place();

	return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address,
		    sizeof(address));
}

static long try_read_file(void)
{
	return open("/tmp/sluice-probe", O_RDONLY);
}

static long try_write_file(void)
{
	return open("/tmp/sluice-probe", O_WRONLY | O_CREAT, 0600);
}

static long try_unlink(void)
{
	return unlink("/tmp/sluice-probe");
}

static long try_rename(void)
{
	return rename("/tmp/sluice-probe", "/tmp/sluice-probe-2");
}

static long try_chmod(void)
{
	return chmod("/tmp/sluice-probe", 0777);
}

static long try_mmap_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static long try_mprotect_exec(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long try_memfd(void)
{
	return memfd_create("probe", 0);
}

static long try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

static long try_limit(void)
{
	const struct rlimit limit = { 1024, 1024 };

	return setrlimit(RLIMIT_CORE, &limit);
}

static long try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 4, NULL);
}

static long try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_setuid(void)
{
	return setuid(1);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static const struct {
	const char *name;
	long (*attempt)(void);
} table[] = {
	{ "execve", try_execve },
	{ "execveat", try_execveat },
	{ "ptrace", try_ptrace },
	{ "fork", try_fork },
	{ "kill", try_kill },
	{ "tgkill", try_tgkill },
	{ "process_vm_readv", try_peek },
	{ "thread", try_thread },
	{ "packet", try_packet },
	{ "inet", try_inet },
	{ "udp", try_udp },
	{ "connect", try_connect },
	{ "bind", try_bind },
	{ "read-file", try_read_file },
	{ "write-file", try_write_file },
	{ "unlink", try_unlink },
	{ "rename", try_rename },
	{ "chmod", try_chmod },
	{ "mmap-exec", try_mmap_exec },
	{ "mprotect-exec", try_mprotect_exec },
	{ "memfd", try_memfd },
	{ "dumpable", try_dumpable },
	{ "limit", try_limit },
	{ "io_uring", try_io_uring },
	{ "unshare", try_unshare },
	{ "setuid", try_setuid },
	{ "bpf", try_bpf },
};

void __real_actor_loop_run(struct actor_loop *loop);
void __wrap_actor_loop_run(struct actor_loop *loop);

void __wrap_actor_loop_run(struct actor_loop *loop)
{
	const char *name = getenv("PROBE");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char line[128];
		long got;
		int len;

		if (!name || strcmp(name, table[i].name) != 0)
			continue;
		got = table[i].attempt();
		len = snprintf(line, sizeof(line), "probe=%s result=%d\n", name,
			       got < 0 ? errno : 0);
		if (write(STDERR_FILENO, line, (size_t)len) != len)
			abort();
	}
	__real_actor_loop_run(loop);
}
