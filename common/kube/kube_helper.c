/* kube_helper: the process that starts the credential plugin, and nothing else.
 *
 *   in     words over a pair of sockets: start, with the descriptor to write to; stop
 *   out    words: it runs, or cannot; it has ended, and how
 *   owns   the process of the helper, and in it the process group of the program
 *   never  reads what the program prints; starts anything but what it was forked with
 *
 * Without it a room cannot go on, and cannot fork another: the room ends too, and is started again.
 */
#include "kube/kube_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define EXIT_SYSTEM 111
#define ANSWER_MS 10000
#define LOOK_MS 100 /* an old kernel does not tell of a process' end */

struct wish {
	unsigned number; /* 0: stop */
	size_t len;      /* of the variable that follows */
};

struct word {
	unsigned number;
	int error; /* of the start */
	bool has_ended;
	int wait_status; /* then */
};

/* In the helper. */
struct served {
	int fd;
	char **argv, **envp;
	pid_t pid; /* 0: nothing runs */
	int end;   /* pidfd; -1: none */
	unsigned number;
};

static bool read_all(int fd, void *out, size_t len)
{
	return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;
	ssize_t n;

	while (len && (n = send(fd, at, len, MSG_NOSIGNAL)) > 0) {
		at += n;
		len -= (size_t)n;
	}
	return !len;
}

/* ---- in the helper ---- */

static int spawn(char **argv, char **envp, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	rc = posix_spawnp(pid, argv[0], &files, &attributes, argv, envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void say(const struct served *self, const struct word *word)
{
	if (!write_all(self->fd, word, sizeof(*word)))
		_exit(EXIT_SYSTEM);
}

static void reap(struct served *self, int options)
{
	struct word word = { .number = self->number, .has_ended = true };

	if (!self->pid || waitpid(self->pid, &word.wait_status, options) != self->pid)
		return;
	self->pid = 0;
	if (self->end >= 0)
		close(self->end);
	say(self, &word);
}

static void stop(struct served *self)
{
	if (!self->pid)
		return;
	kill(-self->pid, SIGKILL);
	reap(self, 0);
}

static void start(struct served *self, const struct wish *wish, int out)
{
	char *variable = mem_alloc(wish->len + 1);
	struct word word = { .number = wish->number };

	if (!read_all(self->fd, variable, wish->len))
		_exit(EXIT_SYSTEM);
	self->number = wish->number;
	self->envp[0] = variable;
	word.error = spawn(self->argv, self->envp, out, &self->pid);
	if (word.error)
		self->pid = 0;
	self->end = self->pid ? pidfd_open(self->pid, 0) : -1;
	mem_wipe(variable, wish->len);
	mem_free(variable);
	say(self, &word);
}

/* The descriptor that came with a wish; -1: none. */
static int descriptor_of(struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static void on_wish(struct served *self)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct wish wish;
	struct iovec part = { &wish, sizeof(wish) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int out;

	if (recvmsg(self->fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != (ssize_t)sizeof(wish)) {
		stop(self); /* the room has ended */
		_exit(0);
	}
	out = descriptor_of(&message);
	stop(self);
	if (wish.number && out >= 0)
		start(self, &wish, out);
	if (out >= 0)
		close(out);
}

/* Never returns. */
static void serve(struct served *self)
{
	(void)close_range(3, (unsigned)self->fd - 1, 0);
	(void)close_range((unsigned)self->fd + 1, ~0U, 0);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct pollfd fds[] = { { self->fd, POLLIN, 0 },
					{ self->pid ? self->end : -1, POLLIN, 0 } };

		(void)poll(fds, 2, self->pid && self->end < 0 ? LOOK_MS : -1);
		reap(self, WNOHANG);
		if (fds[0].revents)
			on_wish(self);
	}
}

/* ---- in the room ---- */

static void end_without(void)
{
	log_error("the process that starts exec plugins is gone, this one ends too", NULL);
	_exit(EXIT_SYSTEM);
}

int kube_helper_open(struct kube_helper *helper, char **argv, char **envp, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return err_set(err, "no sockets for the process that starts %s: %s", argv[0],
			       strerror(errno));
	helper->pid = fork();
	if (!helper->pid)
		serve(&(struct served){ .fd = fds[1], .argv = argv, .envp = envp, .end = -1 });
	close(fds[1]);
	helper->fd = fds[0];
	if (helper->pid > 0)
		return 0;
	helper->pid = 0;
	close(fds[0]);
	return err_set(err, "no process that starts %s: %s", argv[0], strerror(errno));
}

/* False: there is no word yet. */
static bool next_word(struct kube_helper *helper, int wait_ms, struct word *word)
{
	struct pollfd there = { helper->fd, POLLIN, 0 };

	while (poll(&there, 1, wait_ms) > 0) {
		if (!read_all(helper->fd, word, sizeof(*word)))
			end_without();
		if (word->number == helper->number)
			return true;
	}
	return false;
}

static bool send_wish(const struct kube_helper *helper, struct wish *wish, int out)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { wish, sizeof(*wish) };
	const struct msghdr message = { .msg_iov = &part,
					.msg_iovlen = 1,
					.msg_control = out < 0 ? NULL : &control,
					.msg_controllen = out < 0 ? 0 : sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &out, sizeof(out));
	return sendmsg(helper->fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*wish);
}

int kube_helper_start(struct kube_helper *helper, struct str variable, int out, struct err *err)
{
	struct wish wish;
	struct word word;

	memset(&wish, 0, sizeof(wish)); /* what is between its members goes out too */
	wish.number = ++helper->number;
	wish.len = variable.len;
	if (!send_wish(helper, &wish, out) || !write_all(helper->fd, variable.ptr, variable.len) ||
	    !next_word(helper, ANSWER_MS, &word))
		end_without();
	return word.error ? err_set(err, "%s", strerror(word.error)) : 0;
}

bool kube_helper_has_ended(struct kube_helper *helper, int *wait_status)
{
	struct word word;

	if (!next_word(helper, 0, &word))
		return false;
	*wait_status = word.wait_status;
	return true;
}

void kube_helper_stop(struct kube_helper *helper)
{
	struct wish wish = { 0 };
	struct word word;

	/* it says that it has stopped, unless the program had ended before */
	if (!send_wish(helper, &wish, -1) || !next_word(helper, ANSWER_MS, &word))
		end_without();
}

void kube_helper_close(struct kube_helper *helper)
{
	if (!helper->pid)
		return;
	close(helper->fd);
	(void)waitpid(helper->pid, NULL, 0);
	*helper = (struct kube_helper){ 0 };
}
