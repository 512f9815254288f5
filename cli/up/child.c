/* child: one process that the supervisor keeps running.
 *
 *   in     a command line
 *   out    the process; a line for each death
 *   owns   when to start it again
 *   never  waits for it
 */
#include "cli/up/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"

#define STABLE_MS 5000 /* a child that lived this long starts with the shortest wait again */

void cli_child_add_arg(void *of, struct str arg)
{
	struct child *child = of;

	child->argv = mem_realloc(child->argv, (child->n_args + 2) * sizeof(*child->argv));
	child->argv[child->n_args++] = mem_dup(arg.ptr, arg.len);
	child->argv[child->n_args] = NULL;
}

void cli_child_init(struct child *child, const char *name, enum msg_room room, const char *program)
{
	*child = (struct child){ .name = name, .room = room };
	backoff_init(&child->backoff, 20, 1000);
	cli_child_add_arg(child, str_from(program));
}

void cli_child_clear(struct child *child)
{
	for (size_t i = 0; i < child->n_args; i++)
		mem_free(child->argv[i]);
	mem_free(child->argv);
	*child = (struct child){ 0 };
}

void cli_child_start(struct child *child, void (*prepare)(void *arg, const struct child *child),
		     void *arg)
{
	const pid_t parent = getpid();
	sigset_t none;

	child->started_ms = clock_ms();
	child->n_starts++;
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		child->again_ms = child->started_ms + backoff_next(&child->backoff);
		log_error("fork failed", "process=%s reason=%s", child->name,
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
	prepare(arg, child);
	setpgid(0, 0); /* Ctrl-C goes to the supervisor alone, which ends all in order */
	execv(child->argv[0], child->argv);
	fprintf(stderr, "sluice: %s: %s\n", child->argv[0], strerror(errno));
	_exit(127);
}

void cli_child_signal(const struct child *child, int signal)
{
	if (child->pid)
		kill(child->pid, signal);
}

void cli_child_again(struct child *child, int wait_status)
{
	const uint64_t now = clock_ms();

	if (now - child->started_ms > STABLE_MS)
		backoff_reset(&child->backoff);
	child->again_ms = now + backoff_next(&child->backoff);
	if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS)
		log_error("the sandbox has ended a process: it made a system call that it has no "
			  "right to; the log of the kernel has its number",
			  "%s=%s", child->room ? "room" : "process", child->name);
	log_warn("process ended, starting it again", "%s=%s %s=%d after_ms=%llu",
		 child->room ? "room" : "process", child->name,
		 WIFSIGNALED(wait_status) ? "signal" : "status",
		 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status),
		 (unsigned long long)(child->again_ms - now));
}
