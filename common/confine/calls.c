/* calls: the system calls of each room.
 *
 *   in     what strace saw in the tests, and what glibc does in their place on other machines
 *   out    rows: a call, who may make it, with which argument
 *   owns   the list: tests/flow/test_confine.py compares it with what the rooms do
 *   never  has a call that starts a program, follows another process, or changes rights
 *
 * Translator and resolver work through the descriptors that they have, and make new sockets for
 * their links alone.
 */
#include "confine/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define WATCHER CONFINE_OF(ROOM_WATCHER)
#define RESOLVER CONFINE_OF(ROOM_RESOLVER)
#define TRANSLATOR CONFINE_OF(ROOM_TRANSLATOR)
#define PUBLISHER CONFINE_OF(ROOM_PUBLISHER)
#define ALL (WATCHER | RESOLVER | TRANSLATOR | PUBLISHER)
#define FILES (WATCHER | PUBLISHER) /* they read files, and start threads */
#define TCP CONFINE_TCP
#define CLIENT CONFINE_CLIENT
#define NAMES (TCP | CLIENT)
#define ANY_BIT UINT32_MAX
#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

const struct confine_call confine_allowed[] = {
	/* descriptors */
	{ "read", ALL },
	{ "write", ALL },
	{ "writev", ALL }, /* what libc says before it aborts */
	{ "lseek", ALL },
	{ "getdents64", ALL }, /* how many there are, for metrics */
	{ "close", ALL },
	{ "fcntl", ALL },
	{ "eventfd2", ALL },
/* waiting */
#ifdef __NR_poll
	{ "poll", ALL },
	{ "epoll_wait", ALL },
#else
	{ "ppoll", ALL },
	{ "epoll_pwait", ALL },
#endif
	{ "epoll_ctl", ALL },
	{ "futex", ALL },
	{ "restart_syscall", ALL },
	/* links, taps, metrics */
	{ "socket", ALL, 0, ANY_BIT, AF_UNIX },
	{ "connect", ALL },
	{ "accept4", ALL },
	{ "recvfrom", ALL },
	{ "sendto", ALL },
	{ "sendmsg", ALL },
	{ "shutdown", ALL },
	{ "getsockopt", ALL },
	{ "setsockopt", ALL },
	{ "getsockname", ALL },
	{ "getpeername", ALL },
	/* memory, none of which can be run */
	{ "mmap", ALL, 2, PROT_EXEC, 0, EACCES },
	{ "mprotect", ALL, 2, PROT_EXEC, 0, EACCES },
	{ "munmap", ALL },
	{ "mremap", ALL },
	{ "madvise", ALL },
	{ "brk", ALL },
	/* itself */
	{ "getpid", ALL },
	{ "gettid", ALL },
	{ "tgkill", ALL, 0, ANY_BIT, CONFINE_SELF }, /* abort() */
	{ "getrandom", ALL },
	{ "clock_gettime", ALL }, /* where the vDSO has no clock */
	{ "rt_sigprocmask", ALL },
	{ "rt_sigreturn", ALL },
	{ "setitimer", TRANSLATOR }, /* the watchdog */
	{ "exit", ALL },
	{ "exit_group", ALL },

	/* names, and keys of links over TCP */
	{ "socket", NAMES, 0, ANY_BIT, AF_INET },
	{ "socket", NAMES, 0, ANY_BIT, AF_INET6 },
	{ "socket", NAMES, 0, ANY_BIT, AF_NETLINK }, /* getaddrinfo: which addresses we have */
	{ "bind", NAMES },
	{ "listen", TCP },
	{ "recvmsg", NAMES },
	{ "sendmmsg", NAMES },
	{ "ioctl", NAMES },
	{ "uname", NAMES },
	{ "mlock",
	  RESOLVER | FILES | TCP }, /* for secrets; of libsodium for the keys of a connection */
	{ "munlock", TCP },

	/* files to read */
	{ "open", WATCHER | NAMES, 1, WRITES, 0, EACCES },
	{ "openat", WATCHER | NAMES, 2, WRITES, 0, EACCES },
	{ "pread64", FILES | NAMES },
	{ "access", FILES | NAMES },
	{ "faccessat", FILES | NAMES },
	{ "faccessat2", FILES | NAMES },
	{ "readlink", FILES | NAMES },
	{ "readlinkat", FILES | NAMES },
	{ "stat", FILES | NAMES },
	{ "lstat", FILES | NAMES },
	{ "fstat", FILES | NAMES },
	{ "newfstatat", FILES | NAMES },
	{ "statx", FILES | NAMES },
	{ "inotify_init1", FILES },
	{ "inotify_add_watch", FILES | NAMES },
	{ "inotify_rm_watch", FILES },
	{ "unlink", FILES }, /* of their socket files, at their end */
	{ "unlinkat", FILES },

	/* files to write, beside what they replace */
	{ "open", PUBLISHER },
	{ "openat", PUBLISHER },
	{ "pwrite64", PUBLISHER },
	{ "ftruncate", PUBLISHER },
	{ "fsync", PUBLISHER },
	{ "fdatasync", PUBLISHER },
	{ "fchmod", PUBLISHER },
	{ "flock", PUBLISHER },
	{ "mkdir", PUBLISHER },
	{ "mkdirat", PUBLISHER },
	{ "link", PUBLISHER },
	{ "linkat", PUBLISHER },
	{ "rename", PUBLISHER },
	{ "renameat", PUBLISHER },
	{ "renameat2", PUBLISHER },
	{ "umask", PUBLISHER },
	{ "getuid", FILES },
	{ "geteuid", FILES },

	/* threads, of libcurl to resolve a name, and to write a file; no process */
	{ "clone", FILES, 0, THREAD, THREAD },
	{ "set_robust_list", FILES },
	{ "rseq", FILES },
	{ "rt_sigaction", FILES },
	{ "sched_getaffinity", FILES },
	{ "pipe2", FILES },
	{ "socketpair", FILES, 0, ANY_BIT, AF_UNIX },
	{ "epoll_create1", FILES },
	{ "clock_nanosleep", FILES },
	{ "nanosleep", FILES },
	{ "sched_yield", FILES },
	{ "gettimeofday", FILES }, /* where the vDSO has no clock */
	{ "sysinfo", FILES },
	{ 0 },
};

const struct confine_call confine_refused[] = {
	/* files: whoever asks for one must live without */
	{ "open", ALL, .fails = EACCES },
	{ "openat", ALL, .fails = EACCES },
	{ "access", ALL, .fails = EACCES },
	{ "faccessat", ALL, .fails = EACCES },
	{ "faccessat2", ALL, .fails = EACCES },
	{ "readlink", ALL, .fails = EACCES },
	{ "readlinkat", ALL, .fails = EACCES },
	{ "stat", ALL, .fails = EACCES },
	{ "lstat", ALL, .fails = EACCES },
	{ "fstat", ALL, .fails = EACCES },
	{ "newfstatat", ALL, .fails = EACCES },
	{ "statx", ALL, .fails = EACCES },
	{ "statfs", ALL, .fails = EACCES },
	{ "fstatfs", ALL, .fails = EACCES },
	{ "getcwd", ALL, .fails = EACCES },
	{ "unlink", ALL, .fails = EACCES }, /* of its own socket files, at its end */
	{ "unlinkat", ALL, .fails = EACCES },
	/* a terminal is as good as none */
	{ "ioctl", ALL, .fails = ENOTTY },
	/* libraries have another way */
	{ "clone3", ALL, .fails = ENOSYS },
	{ "rseq", ALL, .fails = ENOSYS },
	{ "membarrier", ALL, .fails = ENOSYS },
	{ "sched_getaffinity", ALL, .fails = ENOSYS },
	{ "sched_yield", ALL, .fails = ENOSYS },
	{ "gettimeofday", ALL, .fails = ENOSYS },
	{ "time", ALL, .fails = ENOSYS },
	{ "clock_getres", ALL, .fails = ENOSYS },
	{ "clock_nanosleep", ALL, .fails = ENOSYS },
	{ "nanosleep", ALL, .fails = ENOSYS },
	{ "sysinfo", ALL, .fails = ENOSYS },
	{ "uname", ALL, .fails = ENOSYS },
	{ "getrusage", ALL, .fails = ENOSYS },
	{ "times", ALL, .fails = ENOSYS },
	{ "fadvise64", ALL, .fails = ENOSYS },
	{ "wait4", ALL, .fails = ECHILD }, /* for the helper that starts plugins, at the end */
	{ "rt_sigaction", ALL, .fails = EPERM },
	{ "mlock", ALL, .fails = EPERM },
	{ "munlock", ALL, .fails = EPERM },
	{ "prlimit64", ALL, .fails = EPERM },
	{ "getrlimit", ALL, .fails = EPERM },
	{ "prctl", ALL, .fails = EPERM },
	{ 0 },
};
