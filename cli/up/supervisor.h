/* supervisor: keeps the processes of `sluice up` running, and ends them in order. */
#ifndef CLI_SUPERVISOR_H
#define CLI_SUPERVISOR_H

#include "cli/up/child.h"
#include "cli/up/held_log.h"
#include "cli/up/notify.h"
#include "cli/up/pomerium.h"
#include "cli/up/table.h"
#include "cli/up/up_flags.h"

/* the rooms; Pomerium, who gathers the metrics of all, and the page */
#define SUPERVISOR_MAX_CHILDREN (UP_FLAGS_PLACES + UP_FLAGS_MAX_WORKERS + 4)

enum supervisor_phase {
	SUPERVISOR_RUNS,
	SUPERVISOR_DRAINS, /* Pomerium ends; the others still serve it */
	SUPERVISOR_ENDS
};

struct supervisor {
	struct child children[SUPERVISOR_MAX_CHILDREN];
	size_t n_children;
	struct child *pomerium; /* one of them; NULL: none */
	struct pomerium beside;
	int signals;
	struct table table;
	struct held_log log;
	struct notify notify;
	enum supervisor_phase phase;
	uint64_t once_ms; /* when to give up; UINT64_MAX: never */
	uint64_t kill_ms; /* while ending: when to send SIGKILL */
	int status;
};

void cli_supervisor_init(struct supervisor *self);
/* First of all: a signal that comes later is not lost. */
void cli_supervisor_catch_signals(struct supervisor *self);
struct child *cli_supervisor_add(struct supervisor *self, const char *name, enum msg_room room,
				 const char *program);
/* Starts all, and returns when all have ended. */
void cli_supervisor_run(struct supervisor *self);
void cli_supervisor_clear(struct supervisor *self);

#endif
