/* retry: something that may fail and is then tried again: when, and what is worth a line of log.
 *
 * A failure is worth a line when it is another one than the last that was logged, or when that line
 * is old. Success is worth one if the log speaks of a failure. The caller writes the lines: only it
 * knows what to name. */
#ifndef BASE_RETRY_H
#define BASE_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/str.h"

#define RETRY_REPEAT_MS (10u * 60 * 1000) /* a failure that goes on is logged again so seldom */

struct retry {
	struct backoff backoff;
	uint64_t due_ms;     /* not before; 0: at once */
	unsigned n_failures; /* in a row */
	uint64_t logged;     /* a hash of the failure that the log speaks of; 0: of none */
	uint64_t repeat_ms;  /* when the same failure is worth a line again */
};

void retry_init(struct retry *retry, uint32_t base_ms, uint32_t max_ms);
/* It failed, for this reason: due after a jittered step that doubles, and not before least_ms have
 * passed. True: the log should say so. */
bool retry_failure(struct retry *retry, struct str reason, uint64_t least_ms);
/* It works: due at once, and the steps begin anew. True: the log should say so. */
bool retry_success(struct retry *retry);
/* The same, but it may not last: the steps go on growing. */
bool retry_recovered(struct retry *retry);
/* How long it still has to wait. */
uint64_t retry_wait_ms(const struct retry *retry);

#endif
