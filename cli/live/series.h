/* series: what a process measures, at two moments, so that there are rates. */
#ifndef CLI_SERIES_H
#define CLI_SERIES_H

#include "base/map.h"

/* One look at the metrics of a process. */
struct series_look {
	struct map values; /* as printed, without the label room -> double */
	uint64_t at_ms;    /* 0: none yet */
};

struct series {
	struct series_look now, prev;
};

void cli_series_init(struct series *series);
void cli_series_clear(struct series *series);
/* The last look is the one before from now on, and there is no new one until its text is read. */
void cli_series_next(struct series *series);
void cli_series_read(struct series *series, struct str text); /* Prometheus' text format */

double cli_series_value(const struct series *series, const char *name_and_labels);
double cli_series_sum(const struct series *series, const char *name);  /* over all labels */
double cli_series_rate(const struct series *series, const char *name); /* of the sum, a second */

#endif
