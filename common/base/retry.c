/* retry: something that may fail and is then tried again.
 *
 *   in     failures with their reason, successes
 *   out    the time of the next try; whether a line in the log is due
 *   owns   nothing
 *   never  logs, waits
 */
#include "base/retry.h"

#include "base/hash.h"

void retry_init(struct retry *retry, uint32_t base_ms, uint32_t max_ms)
{
	*retry = (struct retry){ 0 };
	backoff_init(&retry->backoff, base_ms, max_ms);
}

bool retry_failure(struct retry *retry, struct str reason, uint64_t least_ms)
{
	const uint64_t now = clock_ms(), what = hash_fast(reason) | 1;
	const uint64_t step = backoff_next(&retry->backoff);

	retry->n_failures++;
	retry->due_ms = now + (step > least_ms ? step : least_ms);
	if (what == retry->logged && now < retry->repeat_ms)
		return false;
	retry->logged = what;
	retry->repeat_ms = now + RETRY_REPEAT_MS;
	return true;
}

bool retry_success(struct retry *retry)
{
	backoff_reset(&retry->backoff);
	return retry_recovered(retry);
}

bool retry_recovered(struct retry *retry)
{
	const bool was_logged = retry->logged;

	retry->due_ms = retry->logged = 0;
	retry->n_failures = 0;
	return was_logged;
}

uint64_t retry_wait_ms(const struct retry *retry)
{
	const uint64_t now = clock_ms();

	return retry->due_ms > now ? retry->due_ms - now : 0;
}
