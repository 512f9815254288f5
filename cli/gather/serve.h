/* serve: the loop of a process that answers with what it asks the rooms. */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "actor/web/web.h"
#include "cli/gather/gather.h"

struct serve {
	struct web *web;
	struct gather *gather;
	/* What it asks by itself: starts what is due, and when something is next (clock_ms;
	 * UINT64_MAX: never). NULL: nothing. */
	void (*start_due)(uint64_t now_ms);
	uint64_t (*next_due)(void);
};

/* Both are open. Returns at SIGTERM or SIGINT. */
void cli_serve_run(const struct serve *serve);

#endif
