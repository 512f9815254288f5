/* test_clock: time goes forward; waits grow to their ceiling and are never the same for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void prints_a_moment(void **state)
{
	char text[CLOCK_TEXT_MAX];

	(void)state;
	clock_text(0, -1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	clock_text(1714564800, 7, text);
	assert_string_equal(text, "2024-05-01T12:00:00.007Z");
	clock_text(253402300799, 999, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	clock_text(-1, -1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	clock_text(INT64_MAX / 2, 0, text); /* no such year: but no crash, and an end */
	assert_non_null(memchr(text, '\0', sizeof(text)));
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
					    cmocka_unit_test(prints_a_moment),
					    cmocka_unit_test(backs_off) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
