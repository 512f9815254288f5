/* test_retry: retry, limiter: waits grow until something works; the log hears of each new
 * failure once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limiter.h"
#include "base/retry.h"

static void waits_grow_until_it_works(void **state)
{
	static const uint64_t steps[] = { 1000, 2000, 4000, 4000 };
	struct retry retry;

	(void)state;
	retry_init(&retry, 1000, 4000);
	assert_int_equal(retry.due_ms, 0);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			const uint64_t begun = clock_ms();

			retry_failure(&retry, STR("away"), 0);
			assert_int_equal(retry.n_failures, i + 1);
			assert_in_range(retry.due_ms, begun + steps[i] / 2, clock_ms() + steps[i]);
			assert_in_range(retry_wait_ms(&retry), 1, steps[i]);
		}
		retry_success(&retry);
		assert_int_equal(retry.due_ms, 0);
		assert_int_equal(retry_wait_ms(&retry), 0);
		assert_int_equal(retry.n_failures, 0);
	}
}

static void steps_go_on_growing_after_what_may_not_last(void **state)
{
	struct retry retry;
	uint64_t begun;

	(void)state;
	retry_init(&retry, 1000, 4000);
	assert_true(retry_failure(&retry, STR("away"), 0));
	assert_true(retry_recovered(&retry));
	assert_int_equal(retry.due_ms, 0);
	assert_int_equal(retry.n_failures, 0);
	assert_false(retry_recovered(&retry));
	begun = clock_ms();
	assert_true(retry_failure(&retry, STR("away"), 0));
	assert_in_range(retry.due_ms, begun + 1000, clock_ms() + 2000);
}

static void waits_at_least_as_long_as_told(void **state)
{
	struct retry retry;
	uint64_t begun = clock_ms();

	(void)state;
	retry_init(&retry, 10, 20);
	retry_failure(&retry, STR("too many requests"), 60000);
	assert_in_range(retry.due_ms, begun + 60000, clock_ms() + 60000);
}

static void logs_each_new_failure_once(void **state)
{
	struct retry retry;

	(void)state;
	retry_init(&retry, 10, 20);
	assert_false(retry_success(&retry));
	assert_true(retry_failure(&retry, STR("refused"), 0));
	assert_false(retry_failure(&retry, STR("refused"), 0));
	assert_true(retry_failure(&retry, STR("forbidden"), 0));
	assert_false(retry_failure(&retry, STR("forbidden"), 0));
	assert_true(retry_failure(&retry, STR("refused"), 0));
	assert_true(retry_success(&retry));
	assert_false(retry_success(&retry));
	assert_true(retry_failure(&retry, STR("refused"), 0));
}

static void logs_a_failure_that_goes_on_again(void **state)
{
	struct retry retry;

	(void)state;
	retry_init(&retry, 10, 20);
	assert_true(retry_failure(&retry, STR_NONE, 0));
	assert_in_range(retry.repeat_ms, clock_ms() + RETRY_REPEAT_MS - 1000,
			clock_ms() + RETRY_REPEAT_MS);
	assert_false(retry_failure(&retry, STR_NONE, 0));
	retry.repeat_ms = clock_ms(); /* as if that time had passed */
	assert_true(retry_failure(&retry, STR_NONE, 0));
	assert_false(retry_failure(&retry, STR_NONE, 0));
}

static void one_passes_in_a_while(void **state)
{
	struct limiter limiter = { 0 };
	unsigned n_kept = 9;

	(void)state;
	assert_true(limiter_pass(&limiter, 60000, &n_kept));
	assert_int_equal(n_kept, 0);
	assert_false(limiter_pass(&limiter, 60000, &n_kept));
	assert_false(limiter_pass(&limiter, 60000, &n_kept));
	limiter.next_ms = clock_ms();
	assert_true(limiter_pass(&limiter, 60000, &n_kept));
	assert_int_equal(n_kept, 2);
	limiter.next_ms = clock_ms();
	assert_true(limiter_pass(&limiter, 60000, &n_kept));
	assert_int_equal(n_kept, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_grow_until_it_works),
		cmocka_unit_test(steps_go_on_growing_after_what_may_not_last),
		cmocka_unit_test(waits_at_least_as_long_as_told),
		cmocka_unit_test(logs_each_new_failure_once),
		cmocka_unit_test(logs_a_failure_that_goes_on_again),
		cmocka_unit_test(one_passes_in_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
