/* held_log: what the processes of `sluice up --table` log, below the first table in the place of
 * before it. */
#ifndef CLI_HELD_LOG_H
#define CLI_HELD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct held_log {
	int ends[2]; /* the processes write to the second; -1: to our stderr, as ever */
	struct buf text;
	uint64_t until_ms; /* no longer than that; UINT64_MAX: it is not held any more */
};

void cli_held_log_init(struct held_log *held);
void cli_held_log_open(struct held_log *held);
void cli_held_log_close(struct held_log *held);         /* writes what is left */
void cli_held_log_inherit(const struct held_log *held); /* in the new process, before exec */
int cli_held_log_fd(const struct held_log *held);       /* to poll for reading; -1: none */
void cli_held_log_on_fd(struct held_log *held);
/* Writes what is held; from now on lines pass at once. */
void cli_held_log_release(struct held_log *held);
/* Releases what has waited too long; returns when that will be. */
uint64_t cli_held_log_tick(struct held_log *held);

#endif
