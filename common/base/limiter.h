/* limiter: at most one of something in a while, such as a line in the log about each stranger. */
#ifndef BASE_LIMITER_H
#define BASE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter {
	uint64_t next_ms;
	unsigned n_kept; /* held back since the last that passed */
};

/* True: this one passes, and *n_kept have been held back since the last. */
bool limiter_pass(struct limiter *limiter, uint64_t every_ms, unsigned *n_kept);

#endif
