/* test_flush: which numbers the publisher may forget, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/jobs/flush.h"

#define LOOK_MS 10000

static void test_a_number_waits_one_look(void **state)
{
	struct flush flush = { 0 };
	uint64_t number = 0, now = 5;

	(void)state;
	assert_int_equal(resolver_flush_due(&flush), UINT64_MAX);
	assert_false(resolver_flush_next(&flush, 7, now, &number)); /* no deletion yet */
	resolver_flush_deleted(&flush, 8);
	assert_true(resolver_flush_due(&flush) <= now);
	assert_false(resolver_flush_next(&flush, 9, now, &number));
	assert_int_equal(resolver_flush_due(&flush), now + LOOK_MS);
	assert_false(resolver_flush_next(&flush, 12, now + 1, &number));
	now += LOOK_MS;
	assert_true(resolver_flush_next(&flush, 12, now, &number));
	assert_int_equal(number, 9);
	assert_int_equal(resolver_flush_due(&flush), UINT64_MAX);
}

static void test_restart(void **state)
{
	struct flush flush = { 0 };
	uint64_t number = 0;

	(void)state;
	resolver_flush_deleted(&flush, 3);
	assert_false(resolver_flush_next(&flush, 4, 0, &number));
	resolver_flush_restart(&flush);
	assert_false(resolver_flush_next(&flush, 6, LOOK_MS, &number)); /* 4 was of the last one */
	assert_true(resolver_flush_next(&flush, 9, 2 * LOOK_MS, &number));
	assert_int_equal(number, 6);
}

/* What is on its way for long holds the number back. */
static void test_a_number_held_back(void **state)
{
	struct flush flush = { 0 };
	uint64_t number = 0, now = 0;

	(void)state;
	resolver_flush_deleted(&flush, 20);
	for (int i = 0; i < 5; i++, now += LOOK_MS)
		assert_false(resolver_flush_next(&flush, 0, now, &number));
	assert_false(resolver_flush_next(&flush, 30, now, &number));
	assert_true(resolver_flush_next(&flush, 30, now + LOOK_MS, &number));
	assert_int_equal(number, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_number_waits_one_look),
					    cmocka_unit_test(test_restart),
					    cmocka_unit_test(test_a_number_held_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
