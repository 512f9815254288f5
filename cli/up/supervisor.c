/* supervisor: keeps the processes of `sluice up` running, and ends them in order.
 *
 *   in     SIGTERM and SIGINT, SIGUSR1 and SIGUSR2, the deaths of children
 *   out    the processes; READY to systemd when the first complete state is published
 *   owns   who runs, and when to start it again
 *   never  touches a message
 */
#include "cli/up/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor/socket_file.h"
#include "actor/web/web_answer.h"
#include "base/log.h"
#include "cli/cli.h"

#define END_MS 5000 /* from SIGTERM to SIGKILL */

void cli_supervisor_init(struct supervisor *self)
{
	*self = (struct supervisor){ .signals = -1, .beside.watch = -1 };
	self->table.fd = self->notify.ends[0] = self->notify.ends[1] = -1;
	cli_held_log_init(&self->log);
}

struct child *cli_supervisor_add(struct supervisor *self, const char *name, enum msg_room room,
				 const char *program)
{
	struct child *child = &self->children[self->n_children++];

	cli_child_init(child, name, room, program);
	return child;
}

/* For `sluice top`. */
static void tell_restarts(const struct child *child)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", child->n_starts - 1);
	setenv(WEB_RESTARTS, text, 1);
}

/* In the new process. */
static void prepare(void *arg, const struct child *child)
{
	struct supervisor *self = arg;

	cli_held_log_inherit(&self->log);
	if (child->room) {
		cli_up_flags_set_secrets(child->room);
		tell_restarts(child);
	} else {
		cli_up_flags_clear_environment();
		unsetenv("NOTIFY_SOCKET"); /* it is for us to answer */
	}
	if (child->room == ROOM_PUBLISHER)
		cli_notify_inherit(&self->notify);
}

/* ---- the end ---- */

static void signal_all(const struct supervisor *self, int signal)
{
	for (size_t i = 0; i < self->n_children; i++)
		cli_child_signal(&self->children[i], signal);
}

static void end_rooms(struct supervisor *self)
{
	self->phase = SUPERVISOR_ENDS;
	self->kill_ms = clock_ms() + END_MS;
	signal_all(self, SIGTERM);
}

/* Who still holds connections of users goes first, while all that it may need is there. */
static void begin_end(struct supervisor *self, int status)
{
	if (self->phase != SUPERVISOR_RUNS)
		return;
	self->status = status;
	if (!self->pomerium || !self->pomerium->pid) {
		end_rooms(self);
		return;
	}
	self->phase = SUPERVISOR_DRAINS;
	self->kill_ms = clock_ms() + cli_up_flags.drain_ms;
	log_info("Pomerium ends first", "longest_ms=%llu",
		 (unsigned long long)cli_up_flags.drain_ms);
	cli_child_signal(self->pomerium, SIGTERM);
}

static void kill_late(struct supervisor *self)
{
	if (self->phase == SUPERVISOR_DRAINS) {
		log_warn("Pomerium has not ended in time, it is killed", "longest_ms=%llu",
			 (unsigned long long)cli_up_flags.drain_ms);
		cli_child_signal(self->pomerium, SIGKILL);
	} else {
		signal_all(self, SIGKILL);
	}
	self->kill_ms = UINT64_MAX;
}

/* Asked once more, we wait for nobody's connections any longer. */
static void on_end_signal(struct supervisor *self)
{
	if (self->phase == SUPERVISOR_DRAINS)
		kill_late(self);
	else
		begin_end(self, CLI_GOOD);
}

/* ---- deaths ---- */

/* Statuses that mean "this command line cannot work": trying again would not help. Pomerium's are
 * its own. */
static bool is_hopeless(const struct child *child, int wait_status)
{
	return WIFEXITED(wait_status) && (WEXITSTATUS(wait_status) == 127 ||
					  (child->room && WEXITSTATUS(wait_status) == CLI_USAGE));
}

static void on_death(struct supervisor *self, struct child *child, int wait_status)
{
	if (child->room)
		actor_socket_file_remove(cli_up_flags.run_dir.ptr, child->room, child->pid);
	child->pid = 0;
	if (child == self->pomerium)
		cli_pomerium_end_orphans(self->children, self->n_children);
	if (self->phase == SUPERVISOR_DRAINS && child == self->pomerium)
		end_rooms(self);
	else if (self->phase != SUPERVISOR_RUNS)
		return;
	else if (cli_up_flags.once && child->room == ROOM_PUBLISHER && WIFEXITED(wait_status) &&
		 WEXITSTATUS(wait_status) <= 1)
		begin_end(self, WEXITSTATUS(wait_status));
	else if (is_hopeless(child, wait_status))
		begin_end(self, WEXITSTATUS(wait_status) == 127 ? CLI_SYSTEM : CLI_USAGE);
	else
		cli_child_again(child, wait_status);
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

/* The log levels of all rooms, one step up or down. */
static void change_level(const struct supervisor *self, int signal)
{
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].room)
			cli_child_signal(&self->children[i], signal);
}

static void on_signal(struct supervisor *self)
{
	struct signalfd_siginfo info;

	while (read(self->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(self);
		else if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2)
			change_level(self, (int)info.ssi_signo);
		else if (info.ssi_signo == SIGPIPE)
			begin_end(self, CLI_SYSTEM);
		else
			on_end_signal(self);
	}
}

/* ---- the loop ---- */

static bool any_running(const struct supervisor *self)
{
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			return true;
	return false;
}

/* Starts those that are due; returns the next deadline, UINT64_MAX: none. */
static uint64_t start_due(struct supervisor *self)
{
	const uint64_t now = clock_ms();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < self->n_children; i++) {
		struct child *child = &self->children[i];

		if (child->pid ||
		    (child == self->pomerium && !cli_pomerium_can_start(&self->beside)))
			continue;
		if (child->again_ms <= now)
			cli_child_start(child, prepare, self);
		if (!child->pid)
			next = clock_earlier(next, child->again_ms);
	}
	return next;
}

/* With --once: until when the first complete state has to be there. */
static uint64_t check_time(struct supervisor *self)
{
	if (self->once_ms > clock_ms())
		return self->once_ms;
	fprintf(stderr,
		"sluice up: there is no complete state after %llu ms; the log says what is "
		"missing, "
		"and --timeout waits longer\n",
		(unsigned long long)cli_up_flags.once_ms);
	begin_end(self, CLI_SYSTEM);
	return self->kill_ms;
}

static uint64_t tick(struct supervisor *self)
{
	if (self->phase == SUPERVISOR_RUNS)
		return clock_earlier(start_due(self), check_time(self));
	if (self->kill_ms <= clock_ms())
		kill_late(self);
	return self->kill_ms;
}

/* What was said before the first table comes now. */
static void on_file(struct supervisor *self)
{
	cli_table_on_fd(&self->table);
	if (self->table.n_shown)
		cli_held_log_release(&self->log);
}

void cli_supervisor_run(struct supervisor *self)
{
	self->once_ms = cli_up_flags.once ? clock_ms() + cli_up_flags.once_ms : UINT64_MAX;
	for (;;) {
		const uint64_t held = cli_held_log_tick(&self->log);
		const uint64_t next = clock_earlier(tick(self), held), now = clock_ms();
		struct pollfd fds[] = { { self->signals, POLLIN, 0 },
					{ cli_table_fd(&self->table), POLLIN, 0 },
					{ cli_notify_fd(&self->notify), POLLIN, 0 },
					{ cli_pomerium_fd(&self->beside), POLLIN, 0 },
					{ cli_held_log_fd(&self->log), POLLIN, 0 } };
		int wait_ms = next == UINT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);

		if (self->phase == SUPERVISOR_ENDS && !any_running(self))
			return;
		if (poll(fds, 5, wait_ms) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			on_signal(self);
		if (fds[1].revents)
			on_file(self);
		if (fds[2].revents)
			cli_notify_on_fd(&self->notify);
		if (fds[3].revents)
			cli_pomerium_on_fd(&self->beside);
		if (fds[4].revents)
			cli_held_log_on_fd(&self->log);
	}
}

void cli_supervisor_catch_signals(struct supervisor *self)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGPIPE); /* nobody reads the table any more */
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/* what Pomerium leaves behind becomes ours, to end it */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void cli_supervisor_clear(struct supervisor *self)
{
	cli_notify_close(&self->notify);
	cli_held_log_close(&self->log);
	cli_pomerium_close(&self->beside);
	for (size_t i = 0; i < self->n_children; i++)
		cli_child_clear(&self->children[i]);
}
