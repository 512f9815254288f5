/* limiter: at most one of something in a while.
 *
 *   in     the clock
 *   out    whether it passes; how many did not
 *   owns   nothing
 *   never  waits
 */
#include "base/limiter.h"

#include "base/clock.h"

bool limiter_pass(struct limiter *limiter, uint64_t every_ms, unsigned *n_kept)
{
	const uint64_t now = clock_ms();

	if (now < limiter->next_ms) {
		limiter->n_kept++;
		return false;
	}
	*n_kept = limiter->n_kept;
	*limiter = (struct limiter){ .next_ms = now + every_ms };
	return true;
}
