/* child: one process that the supervisor keeps running: its command line, since when it runs, and
 * when it is started again. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <sys/types.h>

#include "base/clock.h"
#include "base/str.h"
#include "msg/msg.h"

struct child {
	const char *name;   /* for the log */
	enum msg_room room; /* ROOM_NONE: it is no room */
	char **argv;        /* NULL at the end */
	size_t n_args;
	pid_t pid; /* 0: not running */
	unsigned n_starts;
	uint64_t started_ms;
	uint64_t again_ms; /* not running: when to start it; UINT64_MAX: not yet */
	struct backoff backoff;
};

void cli_child_init(struct child *child, const char *name, enum msg_room room, const char *program);
void cli_child_clear(struct child *child);
void cli_child_add_arg(void *child, struct str arg);
/* `prepare` is called in the new process, before its program takes over. */
void cli_child_start(struct child *child, void (*prepare)(void *arg, const struct child *child),
		     void *arg);
void cli_child_signal(const struct child *child, int signal); /* if it runs */
/* It has died and is started again later, with longer waits as long as it dies soon. */
void cli_child_again(struct child *child, int wait_status);

#endif
