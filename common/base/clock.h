/* clock: time that does not jump. Deadlines are CLOCK_BOOTTIME: they count while we sleep, too. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void); /* CLOCK_BOOTTIME, nanoseconds; the same on every process of one machine */
uint64_t clock_ms(void);
int64_t clock_wall(void); /* seconds since 1970, UTC */
/* Seconds since 1970 as RFC 3339: 2024-05-01T12:00:00.123Z; without .123 if millis is -1. */
#define CLOCK_TEXT_MAX 48
void clock_text(int64_t seconds, int millis, char out[CLOCK_TEXT_MAX]);
/* Of two deadlines; UINT64_MAX is none. */
uint64_t clock_earlier(uint64_t a, uint64_t b);

/* backoff: jittered waits, base x2 to max. */
struct backoff {
	uint32_t base_ms, max_ms;
	uint32_t next_ms;
};
void backoff_init(struct backoff *backoff, uint32_t base_ms, uint32_t max_ms);
/* Milliseconds to wait now: 50 % to 100 % of the step. */
uint32_t backoff_next(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);

#endif
