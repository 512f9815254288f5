/* up: runs the pipeline on one machine.
 *
 *   in     -f FILE|DIR..., SIGTERM and SIGINT, SIGUSR1 and SIGUSR2, the deaths of children
 *   out    one process a room (N translators), the file that the publisher writes, the table; READY
 *          to systemd when the first complete state is published
 *   owns   the processes: who runs, since when, and when to start it again
 *   never  touches a message
 */
#include "cli/cli.h"
#include "cli/offline/offline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/up/notify.h"
#include "cli/up/places.h"
#include "cli/up/table.h"
#include "cli/up/up_flags.h"

#define MAX_CHILDREN (3 + UP_FLAGS_MAX_WORKERS)
#define STABLE_MS 5000 /* a child that lived this long starts with the shortest wait again */
#define END_MS 5000    /* from SIGTERM to SIGKILL */

/* A process: its command line and its state. */
struct child {
	enum msg_room room;
	char **argv; /* NULL at the end */
	size_t n_args;
	pid_t pid; /* 0: not running */
	uint64_t started_ms;
	uint64_t again_ms; /* not running: when to start it */
	struct backoff backoff;
};

struct supervisor {
	struct child children[MAX_CHILDREN];
	size_t n_children;
	char bin_dir[4096];
	struct places places;
	int signals;
	struct table table;
	struct notify notify;
	bool ending;
	uint64_t kill_ms; /* while ending: when to send SIGKILL */
	int status;
};

/* ---- command lines ---- */

static void add_arg(void *arg, struct str text)
{
	struct child *child = arg;

	child->argv = mem_realloc(child->argv, (child->n_args + 2) * sizeof(*child->argv));
	child->argv[child->n_args++] = mem_dup(text.ptr, text.len);
	child->argv[child->n_args] = NULL;
}

static void add_child(struct supervisor *self, enum msg_room room)
{
	const unsigned place = (unsigned)self->n_children;
	struct child *child = &self->children[self->n_children++];
	char path[sizeof(self->bin_dir) + 64];

	child->room = room;
	snprintf(path, sizeof(path), "%s/sluice-%s", self->bin_dir, room_name(room));
	backoff_init(&child->backoff, 20, 1000);
	add_arg(child, str_from(path));
	cli_up_flags_each(room, place, add_arg, child);
	if (room == ROOM_PUBLISHER && self->notify.flag[0])
		add_arg(child, str_from(self->notify.flag));
}

static void add_children(struct supervisor *self)
{
	add_child(self, ROOM_WATCHER);
	add_child(self, ROOM_RESOLVER);
	add_child(self, ROOM_PUBLISHER);
	for (long i = 0; i < cli_up_flags.n_workers; i++)
		add_child(self, ROOM_TRANSLATOR);
}

/* ---- processes ---- */

static void start_child(struct supervisor *self, struct child *child)
{
	const pid_t parent = getpid();
	sigset_t none;

	child->started_ms = clock_ms();
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		child->again_ms = child->started_ms + backoff_next(&child->backoff);
		log_error("fork failed", "room=%s reason=%s", room_name(child->room),
			  log_value(strerror(errno)));
		return;
	}
	if (child->pid)
		return;
	/* the child: it ends when we end, even if we are killed */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CLI_SYSTEM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	cli_up_flags_set_secrets(child->room);
	if (child->room == ROOM_PUBLISHER)
		cli_notify_inherit(&self->notify);
	setpgid(0, 0); /* Ctrl-C goes to the supervisor alone, which ends all in order */
	execv(child->argv[0], child->argv);
	fprintf(stderr, "sluice up: %s: %s\n", child->argv[0], strerror(errno));
	_exit(127);
}

static void begin_end(struct supervisor *self, int status)
{
	if (self->ending)
		return;
	self->ending = true;
	self->status = status;
	self->kill_ms = clock_ms() + END_MS;
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			kill(self->children[i].pid, SIGTERM);
}

/* Statuses that mean "this command line cannot work": trying again would not help. */
static bool is_hopeless(int wait_status)
{
	return WIFEXITED(wait_status) &&
	       (WEXITSTATUS(wait_status) == CLI_USAGE || WEXITSTATUS(wait_status) == 127);
}

static void on_death(struct supervisor *self, struct child *child, int wait_status)
{
	const uint64_t now = clock_ms();

	child->pid = 0;
	if (self->ending)
		return;
	if (cli_up_flags.once && child->room == ROOM_PUBLISHER && WIFEXITED(wait_status) &&
	    WEXITSTATUS(wait_status) <= 1) {
		begin_end(self, WEXITSTATUS(wait_status));
		return;
	}
	if (is_hopeless(wait_status)) {
		begin_end(self, WEXITSTATUS(wait_status) == 127 ? CLI_SYSTEM : CLI_USAGE);
		return;
	}
	if (now - child->started_ms > STABLE_MS)
		backoff_reset(&child->backoff);
	child->again_ms = now + backoff_next(&child->backoff);
	log_warn("process ended, starting it again", "room=%s %s=%d after_ms=%llu",
		 room_name(child->room), WIFSIGNALED(wait_status) ? "signal" : "status",
		 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status),
		 (unsigned long long)(child->again_ms - now));
}

static void reap(struct supervisor *self)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		for (size_t i = 0; i < self->n_children; i++)
			if (self->children[i].pid == pid)
				on_death(self, &self->children[i], wait_status);
}

static bool any_running(const struct supervisor *self)
{
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			return true;
	return false;
}

/* Starts the children that are due; returns the next deadline in ms, UINT64_MAX: none. */
static uint64_t start_due(struct supervisor *self)
{
	const uint64_t now = clock_ms();
	uint64_t next = UINT64_MAX;

	if (self->ending) {
		if (now < self->kill_ms)
			return self->kill_ms;
		for (size_t i = 0; i < self->n_children; i++)
			if (self->children[i].pid)
				kill(self->children[i].pid, SIGKILL);
		return UINT64_MAX;
	}
	for (size_t i = 0; i < self->n_children; i++) {
		struct child *child = &self->children[i];

		if (!child->pid && child->again_ms <= now)
			start_child(self, child);
		if (!child->pid && child->again_ms < next)
			next = child->again_ms;
	}
	return next;
}

/* The log levels of all rooms, one step up or down. */
static void pass_on(const struct supervisor *self, int signal)
{
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			kill(self->children[i].pid, signal);
}

static void on_signal(struct supervisor *self)
{
	struct signalfd_siginfo info;

	while (read(self->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(self);
		else if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2)
			pass_on(self, (int)info.ssi_signo);
		else
			begin_end(self, CLI_GOOD);
	}
}

static void supervise(struct supervisor *self)
{
	for (;;) {
		const uint64_t next = start_due(self);
		const uint64_t now = clock_ms();
		struct pollfd fds[] = { { self->signals, POLLIN, 0 },
					{ cli_table_fd(&self->table), POLLIN, 0 },
					{ cli_notify_fd(&self->notify), POLLIN, 0 } };
		int wait_ms = next == UINT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);

		if (self->ending && !any_running(self))
			return;
		if (poll(fds, 3, wait_ms) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			on_signal(self);
		if (fds[1].revents)
			cli_table_on_fd(&self->table);
		if (fds[2].revents)
			cli_notify_on_fd(&self->notify);
	}
}

/* ---- start and end ---- */

static int find_bin_dir(struct supervisor *self, struct err *err)
{
	ssize_t len = readlink("/proc/self/exe", self->bin_dir, sizeof(self->bin_dir) - 1);

	if (len < 0)
		return err_set(err, "/proc/self/exe cannot be read, so the rooms' binaries beside "
				    "it cannot be found");
	self->bin_dir[len] = '\0';
	*strrchr(self->bin_dir, '/') = '\0';
	return 0;
}

static void catch_signals(struct supervisor *self)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int check(const struct str_list *rest, struct err *err)
{
	if (cli_offline_add_files(rest) && !cli_up_flags.kubeconfig.len &&
	    !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "name at least one manifest file or folder with -f, or a "
				    "cluster with --kubeconfig");
	if (!cli_up_flags.out.len == !cli_up_flags.databroker_url.len)
		return err_set(err, "name either the file to write with --out, or a databroker "
				    "with --databroker-service-url");
	if (cli_up_flags.databroker_url.len && cli_up_flags.table)
		return err_set(err, "--table shows what is in a file; it needs --out");
	if (!str_is(cli_up_flags.format, "json") && !str_is(cli_up_flags.format, "yaml"))
		return err_set(err, "--format is %s; it must be json or yaml",
			       err_quote(cli_up_flags.format));
	return 0;
}

/* A pipeline that stays waits for files to appear. With --once there is nothing to wait for. */
static int check_files(struct err *err)
{
	const struct str_list *files = &cli_offline_settings.files;

	for (size_t i = 0; cli_up_flags.once && i < files->n; i++)
		if (access(files->items[i].ptr, R_OK))
			return err_set(err, "%s cannot be read: %s", err_quote(files->items[i]),
				       strerror(errno));
	return 0;
}

int cli_up(int argc, char **argv)
{
	struct supervisor *self;
	struct str_list rest = { 0 };
	struct err err = { "" };
	int rc;

	rc = cli_up_flags_read(argc, argv, &rest, &err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc || check(&rest, &err))
		return cli_usage("up", err.text);
	log_set_format(str_is(cli_up_flags.log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	cli_up_flags_warn();
	if (check_files(&err)) {
		fprintf(stderr, "sluice up: %s\n", err.text);
		return CLI_UNREADABLE;
	}
	self = mem_alloc(sizeof(*self));
	catch_signals(self); /* first: a signal would leave the run folder behind */
	if (find_bin_dir(self, &err) ||
	    cli_places_check_out("--bootstrap-out", cli_up_flags.bootstrap_out, &err) ||
	    cli_places_lock_out(&self->places, cli_up_flags.out, &err) ||
	    cli_places_open(&self->places, &cli_up_flags.run_dir, &err)) {
		fprintf(stderr, "sluice up: %s\n", err.text);
		rc = CLI_SYSTEM;
		goto out;
	}
	cli_notify_open(&self->notify);
	add_children(self);
	cli_table_open(&self->table, cli_up_flags.table ? cli_up_flags.out.ptr : NULL);
	supervise(self);
	if (cli_up_flags.table)
		cli_table_show(&self->table);
	cli_table_close(&self->table);
	rc = self->status;
out:
	cli_notify_close(&self->notify);
	cli_places_close(&self->places);
	for (size_t i = 0; i < self->n_children; i++) {
		for (size_t k = 0; k < self->children[i].n_args; k++)
			mem_free(self->children[i].argv[k]);
		mem_free(self->children[i].argv);
	}
	mem_free(self);
	return rc;
}
