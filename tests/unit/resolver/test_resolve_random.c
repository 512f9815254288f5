/* test_resolve_random: random histories; what follows them event by event must equal what is built
 * anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/resolver/universe.h"

#define ROUNDS 150
#define EVENTS 80

static void test_histories(void **state)
{
	static uint8_t bytes[EVENTS * UNIVERSE_STEP];
	size_t n_outcomes[4] = { 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		srandom(round);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)random();
		/* Most histories begin with our classes, so that there are owners at all. */
		if (round % 4) {
			memcpy(bytes, (uint8_t[]){ 1, 0, 1, 1, 0, 0, 0, 0 }, UNIVERSE_STEP);
			memcpy(bytes + UNIVERSE_STEP, (uint8_t[]){ 1, 2, 1, 0, 0, 0, 0, 0 },
			       UNIVERSE_STEP);
		}
		universe_run(bytes, sizeof(bytes), n_outcomes);
	}
	/* The histories were no empty ones. */
	assert_true(n_outcomes[RESOLVE_BUNDLE] > 1000);
	assert_true(n_outcomes[RESOLVE_REJECT] > 1000);
	assert_true(n_outcomes[RESOLVE_GONE] > 1000);
	assert_int_equal(n_outcomes[RESOLVE_WAIT], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_histories) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
