/* test_pace: when a sink writes. */
#include "publisher/sink/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct pace pace;
static const struct pace_limits limits = {
	.quiet_ms = 50, .interval_ms = 500, .calm_ms = 400, .rest_ms = 100
};

static int setup(void **state)
{
	(void)state;
	publisher_pace_init(&pace);
	return 0;
}

static uint64_t due(void)
{
	return publisher_pace_due(&pace, &limits, false);
}

static void test_nothing_touched_nothing_due(void **state)
{
	(void)state;
	assert_true(due() == UINT64_MAX);
	assert_int_equal(publisher_pace_due(&pace, &limits, true), 0);
}

static void test_after_a_calm_at_once(void **state)
{
	(void)state;
	publisher_pace_touch(&pace, 0);
	assert_int_equal(due(), pace.first_ms);
	pace.done_ms = pace.first_ms - limits.calm_ms;
	assert_int_equal(due(), pace.first_ms);
}

/* A moment after a write, with changes at `first` and `last` ms after it. */
static void after_a_write(uint64_t first, uint64_t last)
{
	publisher_pace_touch(&pace, 0);
	pace.done_ms = 1000000;
	pace.first_ms = pace.done_ms + first;
	pace.last_ms = pace.done_ms + last;
}

static void test_else_when_changes_pause(void **state)
{
	(void)state;
	after_a_write(10, 200);
	assert_int_equal(due(), pace.done_ms + 250);
	after_a_write(10, 20); /* the sink needs a rest */
	assert_int_equal(due(), pace.done_ms + 100);
}

static void test_none_waits_longer_than_the_interval(void **state)
{
	(void)state;
	after_a_write(10, 490);
	assert_int_equal(due(), pace.done_ms + 510);
}

static void test_what_is_on_its_way_is_not_due(void **state)
{
	(void)state;
	publisher_pace_touch(&pace, 0);
	publisher_pace_touch(&pace, 50);
	publisher_pace_touch(&pace, 40);
	publisher_pace_touch(&pace, 60);
	assert_int_equal(publisher_pace_begin(&pace), 40); /* the oldest change counts */
	assert_false(publisher_pace_is_touched(&pace));
	assert_true(due() == UINT64_MAX);
	publisher_pace_touch(&pace, 0);
	assert_int_equal(publisher_pace_begin(&pace), 0);
}

static void test_not_before_a_failure_may_be_tried_again(void **state)
{
	(void)state;
	publisher_pace_touch(&pace, 0);
	retry_failure(&pace.retry, STR("refused"), 0);
	assert_true(pace.retry.due_ms > pace.first_ms);
	assert_int_equal(due(), pace.retry.due_ms);
	assert_int_equal(publisher_pace_due(&pace, &limits, true), pace.retry.due_ms);
	retry_success(&pace.retry);
	assert_int_equal(due(), pace.first_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_touched_nothing_due, setup),
		cmocka_unit_test_setup(test_after_a_calm_at_once, setup),
		cmocka_unit_test_setup(test_else_when_changes_pause, setup),
		cmocka_unit_test_setup(test_none_waits_longer_than_the_interval, setup),
		cmocka_unit_test_setup(test_what_is_on_its_way_is_not_due, setup),
		cmocka_unit_test_setup(test_not_before_a_failure_may_be_tried_again, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
