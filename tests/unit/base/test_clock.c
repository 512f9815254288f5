/* test_clock: time goes forward; waits grow to their ceiling and are never the same for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void goes_forward(void **state)
{
	uint64_t before = clock_ns();

	(void)state;
	assert_true(clock_ns() >= before);
	assert_true(clock_ms() >= before / 1000000u);
	assert_true(clock_wall() > 1700000000);
}

static void backs_off(void **state)
{
	static const uint32_t steps[] = { 100, 200, 400, 800, 1000, 1000 };
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 100, 1000);
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			uint32_t wait = backoff_next(&backoff);

			assert_in_range(wait, steps[i] / 2, steps[i]);
		}
		backoff_reset(&backoff);
	}
	backoff_init(&backoff, 0, 0);
	assert_int_equal(backoff_next(&backoff), 0);
	backoff_init(&backoff, UINT32_MAX, UINT32_MAX);
	assert_in_range(backoff_next(&backoff), UINT32_MAX / 2, UINT32_MAX);
	assert_in_range(backoff_next(&backoff), UINT32_MAX / 2, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(goes_forward),
					    cmocka_unit_test(backs_off) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
