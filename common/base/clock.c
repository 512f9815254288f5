/* clock: time that does not jump, and waits that do not march in step.
 *
 *   in     the kernel's clocks
 *   out    nanoseconds since boot, seconds since 1970, milliseconds to wait
 *   owns   nothing
 *   never  sleeps
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/hash.h"

uint64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ms(void)
{
	return clock_ns() / 1000000u;
}

int64_t clock_wall(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

void clock_text(int64_t seconds, int millis, char out[CLOCK_TEXT_MAX])
{
	const time_t at = (time_t)seconds;
	struct tm utc = { 0 };
	size_t n;

	(void)gmtime_r(&at, &utc);
	n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
	if (millis < 0)
		(void)snprintf(out + n, CLOCK_TEXT_MAX - n, "Z");
	else
		(void)snprintf(out + n, CLOCK_TEXT_MAX - n, ".%03dZ", millis % 1000);
}

uint64_t clock_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void backoff_init(struct backoff *backoff, uint32_t base_ms, uint32_t max_ms)
{
	*backoff = (struct backoff){ .base_ms = base_ms ? base_ms : 1, .max_ms = max_ms };
	backoff_reset(backoff);
}

uint32_t backoff_next(struct backoff *backoff)
{
	uint32_t step = backoff->next_ms;

	backoff->next_ms = step > backoff->max_ms / 2 ? backoff->max_ms : step * 2;
	return step - (uint32_t)(hash_random64() % (step / 2 + 1));
}

void backoff_reset(struct backoff *backoff)
{
	backoff->next_ms = backoff->base_ms < backoff->max_ms ? backoff->base_ms : backoff->max_ms;
}
