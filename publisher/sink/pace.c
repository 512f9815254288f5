/* pace: when a sink writes.
 *
 *   in     the moments at which something was touched, written, refused
 *   out    the moment of the next write
 *   owns   how long to wait after a failure
 *   never  writes, logs
 */
#include "publisher/sink/pace.h"

#define RETRY_FIRST_MS 200
#define RETRY_LONGEST_MS 10000

void publisher_pace_init(struct pace *pace)
{
	*pace = (struct pace){ 0 };
	retry_init(&pace->retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

void publisher_pace_touch(struct pace *pace, uint64_t seen_ns)
{
	pace->last_ms = clock_ms();
	if (!pace->first_ms)
		pace->first_ms = pace->last_ms;
	if (seen_ns && (!pace->seen_ns || seen_ns < pace->seen_ns))
		pace->seen_ns = seen_ns;
}

bool publisher_pace_is_touched(const struct pace *pace)
{
	return pace->first_ms != 0;
}

uint64_t publisher_pace_begin(struct pace *pace)
{
	const uint64_t seen_ns = pace->seen_ns;

	pace->first_ms = pace->last_ms = pace->seen_ns = 0;
	return seen_ns;
}

void publisher_pace_end(struct pace *pace)
{
	pace->done_ms = clock_ms();
}

static uint64_t due_of_touched(const struct pace *pace, const struct pace_limits *limits)
{
	uint64_t due = pace->last_ms + limits->quiet_ms;

	if (pace->first_ms >= pace->done_ms + limits->calm_ms)
		return pace->first_ms;
	if (due < pace->done_ms + limits->rest_ms)
		due = pace->done_ms + limits->rest_ms;
	return clock_earlier(due, pace->first_ms + limits->interval_ms);
}

uint64_t publisher_pace_due(const struct pace *pace, const struct pace_limits *limits, bool at_once)
{
	uint64_t due = UINT64_MAX;

	if (at_once)
		due = 0;
	else if (pace->first_ms)
		due = due_of_touched(pace, limits);
	return due < pace->retry.due_ms ? pace->retry.due_ms : due;
}
