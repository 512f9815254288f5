/* series: what a process measures, at two moments.
 *
 *   in     texts of metrics
 *   out    values, sums over labels, rates
 *   owns   the values of two looks
 *   never  asks for a text
 */
#include "cli/live/series.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/pool.h"

static void clear_look(struct series_look *look)
{
	map_clear(&look->values);
	map_init(&look->values, mem_free);
	look->at_ms = 0;
}

void cli_series_init(struct series *series)
{
	*series = (struct series){ 0 };
	clear_look(&series->now);
	clear_look(&series->prev);
}

void cli_series_clear(struct series *series)
{
	map_clear(&series->now.values);
	map_clear(&series->prev.values);
}

void cli_series_next(struct series *series)
{
	const struct series_look spare = series->prev;

	series->prev = series->now;
	series->now = spare;
	clear_look(&series->now);
}

/* name{room="x",label="y"} 1.5 becomes name{label="y"} -> 1.5 */
static void read_line(struct series_look *look, struct str line, struct pool *pool)
{
	long blank = str_rfind(line, ' ');
	struct str name, labels, rest;
	double *number;

	if (blank < 0 || str_starts(line, "#"))
		return;
	name = str_slice(line, 0, (size_t)blank);
	if (str_cut(name, '{', &name, &labels)) {
		if (str_starts(labels, "room=\"") && str_cut(labels, ',', &labels, &rest))
			name = pool_printf(pool, STR_FMT "{" STR_FMT, STR_ARG(name), STR_ARG(rest));
		else if (!str_starts(labels, "room=\""))
			name = pool_printf(pool, STR_FMT "{" STR_FMT, STR_ARG(name),
					   STR_ARG(labels));
	}
	number = mem_alloc(sizeof(*number));
	*number = strtod(pool_str(pool, str_slice(line, (size_t)blank + 1, line.len)).ptr, NULL);
	map_put(&look->values, name, number);
}

void cli_series_read(struct series *series, struct str text)
{
	struct pool pool;
	struct str line;

	pool_init(&pool);
	while (str_cut(text, '\n', &line, &text))
		read_line(&series->now, line, &pool);
	series->now.at_ms = clock_ms();
	pool_clear(&pool);
}

double cli_series_value(const struct series *series, const char *name_and_labels)
{
	const double *number = map_get(&series->now.values, str_from(name_and_labels));

	return number ? *number : 0;
}

static double sum_of(const struct series_look *look, const char *name)
{
	const size_t len = strlen(name);
	double sum = 0;
	struct str key;
	void *value;

	for (size_t i = 0; map_next(&look->values, &i, &key, &value);)
		if (str_starts(key, name) && (key.len == len || key.ptr[len] == '{'))
			sum += *(const double *)value;
	return sum;
}

double cli_series_sum(const struct series *series, const char *name)
{
	return sum_of(&series->now, name);
}

double cli_series_rate(const struct series *series, const char *name)
{
	const uint64_t ms = series->now.at_ms - series->prev.at_ms;

	if (!series->prev.at_ms || !series->now.at_ms || !ms)
		return 0;
	return (sum_of(&series->now, name) - sum_of(&series->prev, name)) * 1000.0 / (double)ms;
}
