/* metric: prints tables of metrics in Prometheus' text format 0.0.4.
 *
 *   in     tables, the variables that they name
 *   out    HELP, TYPE and one line a series
 *   owns   nothing
 *   never  allocates for a metric, keeps a series that is not in a table
 */
#include "actor/metric.h"

static const char *const type_names[] = { "counter", "gauge", "histogram" };

void metric_observe(struct metric_histogram *histogram, uint64_t value)
{
	const struct metric_bounds *bounds = histogram->bounds;
	size_t i = 0;

	while (i < bounds->n && value > bounds->le[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += value;
}

/* A label's value: backslash, double quote and newline escaped. */
static void print_value(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			buf_putc(out, '\\');
		if (*text == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *text);
	}
}

void metric_print_number(uint64_t number, uint64_t per_unit, struct buf *out)
{
	if (per_unit <= 1)
		buf_printf(out, "%llu", (unsigned long long)number);
	else
		buf_printf(out, "%.15g", (double)number / (double)per_unit);
}

/* In HELP a double quote stands as it is. */
static void print_help(const char *text, struct buf *out)
{
	for (; *text; text++)
		if (*text == '\\')
			buf_puts(out, "\\\\");
		else if (*text == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *text);
}

void metric_print_head(const struct metric *metric, struct buf *out)
{
	buf_printf(out, "# HELP %s ", metric->name);
	print_help(metric->help, out);
	buf_printf(out, "\n# TYPE %s %s\n", metric->name, type_names[metric->type]);
}

/* What stands between the braces; at most three labels. */
struct labels {
	const char *names[3], *values[3];
	size_t n;
};

static void add_label(struct labels *labels, const char *name, const char *value)
{
	if (!name)
		return;
	labels->names[labels->n] = name;
	labels->values[labels->n++] = value;
}

static void print_labels(const struct labels *labels, struct buf *out)
{
	for (size_t i = 0; i < labels->n; i++) {
		buf_printf(out, "%s%s=\"", i ? "," : "{", labels->names[i]);
		print_value(labels->values[i], out);
		buf_putc(out, '"');
	}
	if (labels->n)
		buf_putc(out, '}');
}

static void print_series(const struct metric *metric, const char *suffix,
			 const struct labels *labels, uint64_t number, uint64_t per_unit,
			 struct buf *out)
{
	buf_printf(out, "%s%s", metric->name, suffix);
	print_labels(labels, out);
	buf_putc(out, ' ');
	metric_print_number(number, per_unit, out);
	buf_putc(out, '\n');
}

static void print_histogram(const struct metric *metric, const struct labels *labels,
			    struct buf *out)
{
	const struct metric_histogram *histogram = metric->var;
	uint64_t n = 0;

	for (size_t i = 0; i <= histogram->bounds->n; i++) {
		struct labels with = *labels;
		char bound[32] = "+Inf";

		if (i < histogram->bounds->n)
			(void)snprintf(bound, sizeof(bound), "%.15g",
				       (double)histogram->bounds->le[i] /
					       (double)(metric->per_unit ? metric->per_unit : 1));
		n += histogram->counts[i];
		add_label(&with, "le", bound);
		print_series(metric, "_bucket", &with, n, 1, out);
	}
	print_series(metric, "_sum", labels, histogram->sum, metric->per_unit, out);
	print_series(metric, "_count", labels, n, 1, out);
}

static void print_row(const struct metric *metric, const char *room, struct buf *out)
{
	const uint64_t *numbers = metric->var;
	struct labels labels = { .n = 0 };

	add_label(&labels, room ? "room" : NULL, room);
	metric_print_head(metric, out);
	if (metric->type == METRIC_HISTOGRAM) {
		print_histogram(metric, &labels, out);
		return;
	}
	if (!metric->label) {
		print_series(metric, "", &labels, numbers[0], metric->per_unit, out);
		return;
	}
	for (size_t i = 0; metric->values[i]; i++) {
		struct labels with = labels;

		if (!*metric->values[i])
			continue;
		add_label(&with, metric->label, metric->values[i]);
		print_series(metric, "", &with, numbers[i], metric->per_unit, out);
	}
}

void metric_print_table(const struct metric *table, const char *room, struct buf *out)
{
	for (; table->name; table++)
		print_row(table, room, out);
}
