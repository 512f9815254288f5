/* test_metric: the text that Prometheus reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "actor/metric.h"

static const struct metric_bounds bounds = { 3, { 10, 100, 2500 } };

static void prints(const struct metric *table, const char *room, const char *expected)
{
	struct buf out;

	buf_init(&out, BUF_MAX_TEXT);
	metric_print_table(table, room, &out);
	assert_string_equal(buf_view(&out).ptr, expected);
	buf_clear(&out);
}

static void test_numbers(void **state)
{
	static const uint64_t one = 18446744073709551615ull, ms = 1500, none = 0;
	const struct metric table[] = {
		{ "a_total", "One", METRIC_COUNTER, &one, 1, NULL, NULL },
		{ "b_seconds", "Two", METRIC_GAUGE, &ms, 1000, NULL, NULL },
		{ "c", "Three", METRIC_GAUGE, &none, 0, NULL, NULL },
		{ 0 },
	};

	(void)state;
	prints(table, NULL,
	       "# HELP a_total One\n# TYPE a_total counter\na_total 18446744073709551615\n"
	       "# HELP b_seconds Two\n# TYPE b_seconds gauge\nb_seconds 1.5\n"
	       "# HELP c Three\n# TYPE c gauge\nc 0\n");
}

static void test_labels_are_escaped(void **state)
{
	static const uint64_t numbers[] = { 1, 2, 3 };
	static const char *const values[] = { "plain", "", "\"\\\n", NULL };
	const struct metric table[] = {
		{ "a_total", "back\\slash, \"quote\"\nline", METRIC_COUNTER, numbers, 1, "of",
		  values },
		{ 0 },
	};

	(void)state;
	prints(table, "room",
	       "# HELP a_total back\\\\slash, \"quote\"\\nline\n# TYPE a_total counter\n"
	       "a_total{room=\"room\",of=\"plain\"} 1\n"
	       "a_total{room=\"room\",of=\"\\\"\\\\\\n\"} 3\n");
}

static void test_histogram(void **state)
{
	struct metric_histogram histogram = { .bounds = &bounds };
	const struct metric table[] = {
		{ "a_seconds", "Time", METRIC_HISTOGRAM, &histogram, 1000, NULL, NULL },
		{ 0 },
	};
	static const uint64_t observed[] = { 0, 10, 11, 100, 101, 2500, 2501, 9999999 };

	(void)state;
	for (size_t i = 0; i < sizeof(observed) / sizeof(observed[0]); i++)
		metric_observe(&histogram, observed[i]);
	prints(table, NULL,
	       "# HELP a_seconds Time\n# TYPE a_seconds histogram\n"
	       "a_seconds_bucket{le=\"0.01\"} 2\na_seconds_bucket{le=\"0.1\"} 4\n"
	       "a_seconds_bucket{le=\"2.5\"} 6\na_seconds_bucket{le=\"+Inf\"} 8\n"
	       "a_seconds_sum 10005.222\na_seconds_count 8\n");
}

static void test_a_full_buffer_says_so(void **state)
{
	static const uint64_t one = 1;
	const struct metric table[] = {
		{ "a_total", "One", METRIC_COUNTER, &one, 1, NULL, NULL },
		{ 0 },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 30);
	metric_print_table(table, NULL, &out);
	assert_true(out.full);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_labels_are_escaped),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_a_full_buffer_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
