/* metric: what a process counts, as tables known at compile time; printed in Prometheus' text
 * format 0.0.4.
 *
 * A room keeps plain variables and increments them where things happen; its table says what they
 * are called. Label values are fixed, so the number of series never grows with the cluster. A gauge
 * that would cost something to keep is computed in the hook `measure` of struct actor, which is
 * called before each reading. Values are whole numbers; `per_unit` turns milliseconds into seconds.
 */
#ifndef ACTOR_METRIC_H
#define ACTOR_METRIC_H

#include <stdint.h>

#include "base/buf.h"

#define METRIC_BOUNDS_MAX 24

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Upper bounds of the buckets, rising; the last bucket, +Inf, is not named. */
struct metric_bounds {
	size_t n;
	uint64_t le[METRIC_BOUNDS_MAX];
};

struct metric_histogram {
	const struct metric_bounds *bounds;
	uint64_t counts[METRIC_BOUNDS_MAX + 1]; /* each bucket alone */
	uint64_t sum;
};

struct metric { /* NOLINT(clang-analyzer-optin.performance.Padding): written by position */
	const char *name; /* NULL ends the table */
	const char *help; /* one line, no full stop */
	enum metric_type type;
	/* const uint64_t *: one number, or one for each label value; or struct metric_histogram */
	const void *var;
	uint64_t per_unit; /* 1000: the variable is in thousandths of the metric's unit; 0 is 1 */
	const char *label; /* NULL: one series */
	const char *const *values; /* of the label, ends with NULL; "" has no series */
};

void metric_observe(struct metric_histogram *histogram, uint64_t value);
/* HELP, TYPE and series of each row. `room`: the value of one more label, or NULL. */
void metric_print_table(const struct metric *table, const char *room, struct buf *out);
/* HELP and TYPE alone, for a row whose series the caller prints. */
void metric_print_head(const struct metric *metric, struct buf *out);
/* A number in the metric's unit. */
void metric_print_number(uint64_t number, uint64_t per_unit, struct buf *out);

#endif
