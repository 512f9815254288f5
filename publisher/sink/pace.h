/* pace: when a sink writes: at once after a calm; else when changes pause, but none of them waits
 * longer than an interval; and not before what failed may be tried again. */
#ifndef PUBLISHER_PACE_H
#define PUBLISHER_PACE_H

#include "base/retry.h"

struct pace {
	uint64_t first_ms, last_ms; /* of the changes that are not on their way; 0: none */
	uint64_t seen_ns;           /* when the oldest of them was seen; 0: unknown */
	uint64_t done_ms;           /* end of the last write */
	struct retry retry;         /* of writes that fail */
};

struct pace_limits {
	uint64_t quiet_ms;    /* changes that follow each other closer than this go together */
	uint64_t interval_ms; /* the longest that a change waits for others */
	uint64_t calm_ms;     /* so long after a write the next change goes at once */
	uint64_t rest_ms;     /* one that has to wait goes no earlier than this after a write */
};

void publisher_pace_init(struct pace *pace);
/* Something may have to be written; seen_ns 0: unknown since when. */
void publisher_pace_touch(struct pace *pace, uint64_t seen_ns);
bool publisher_pace_is_touched(const struct pace *pace);
/* What was touched is on its way now. Returns the oldest seen_ns. */
uint64_t publisher_pace_begin(struct pace *pace);
/* A write has ended, well or not. */
void publisher_pace_end(struct pace *pace);
/* When to write (clock_ms), UINT64_MAX: there is nothing to write. `at_once`: there is, whatever
 * was touched. */
uint64_t publisher_pace_due(const struct pace *pace, const struct pace_limits *limits,
			    bool at_once);

#endif
