/* test_ledger: what the databroker has: newer news count, older ones do not, and a wiped
 * databroker forgets nothing quietly. */
#include "publisher/databroker/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ledger ledger;

static int setup(void **state)
{
	(void)state;
	publisher_ledger_init(&ledger);
	publisher_ledger_begin(&ledger);
	publisher_ledger_end(&ledger, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_ledger_clear(&ledger);
	return 0;
}

static struct ledger_entry entry(uint64_t version, unsigned char digest, size_t n_routes)
{
	return (struct ledger_entry){ .digest = { { digest } },
				      .version = version,
				      .n_routes = n_routes };
}

static void note(const char *id, uint64_t version, unsigned char digest)
{
	struct ledger_entry seen = entry(version, digest, 2);

	publisher_ledger_note(&ledger, str_from(id), &seen);
}

static int digest_of(const char *id)
{
	const struct ledger_entry *found = publisher_ledger_get(&ledger, str_from(id));

	return found ? found->digest.bytes[0] : -1;
}

static bool is_touched(const char *id)
{
	return map_get(&ledger.touched, str_from(id)) != NULL;
}

static void test_newer_versions_count(void **state)
{
	(void)state;
	note("a", 5, 1);
	assert_true(is_touched("a"));
	map_clear(&ledger.touched);
	note("a", 5, 2);
	note("a", 4, 3);
	publisher_ledger_gone(&ledger, STR("a"), 5);
	assert_int_equal(digest_of("a"), 1);
	assert_false(is_touched("a"));
	note("a", 6, 4);
	assert_int_equal(digest_of("a"), 4);
	publisher_ledger_gone(&ledger, STR("a"), 7);
	assert_int_equal(digest_of("a"), -1);
	assert_int_equal(ledger.n_routes, 0);
}

static void test_our_own_writes_touch_nothing(void **state)
{
	struct ledger_entry sent = entry(0, 9, 3);

	(void)state;
	publisher_ledger_written(&ledger, STR("a"), &sent, 8);
	assert_int_equal(digest_of("a"), 9);
	assert_int_equal(ledger.n_routes, 3);
	note("a", 8, 1); /* its echo */
	publisher_ledger_written(&ledger, STR("a"), NULL, 9);
	assert_int_equal(digest_of("a"), -1);
	assert_false(is_touched("a"));
}

static void test_somebody_wrote_after_us_and_was_heard_first(void **state)
{
	struct ledger_entry sent = entry(0, 9, 3);

	(void)state;
	note("a", 12, 1);
	publisher_ledger_written(&ledger, STR("a"), &sent, 11);
	assert_int_equal(digest_of("a"), 1);
	assert_true(is_touched("a"));
}

static void test_read_anew_from_the_same_databroker(void **state)
{
	(void)state;
	note("stays", 5, 1);
	note("goes", 6, 1);
	map_clear(&ledger.touched);
	publisher_ledger_begin(&ledger);
	note("stays", 5, 1);
	publisher_ledger_end(&ledger, true);
	assert_int_equal(digest_of("stays"), 1);
	assert_int_equal(digest_of("goes"), -1);
	assert_true(is_touched("goes"));
	assert_int_equal(ledger.n_routes, 2);
}

static void test_read_anew_from_another_databroker(void **state)
{
	(void)state;
	note("both", 5, 1);
	note("lost", 6, 1);
	map_clear(&ledger.touched);
	publisher_ledger_begin(&ledger);
	note("both", 1, 2); /* versions start again */
	publisher_ledger_end(&ledger, false);
	assert_int_equal(digest_of("both"), 2);
	assert_true(publisher_ledger_get(&ledger, STR("lost"))->lost);
	assert_true(is_touched("lost"));
	assert_int_equal(ledger.n_routes, 2);
	note("lost", 2, 3);
	assert_false(publisher_ledger_get(&ledger, STR("lost"))->lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_newer_versions_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_our_own_writes_touch_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_somebody_wrote_after_us_and_was_heard_first,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_anew_from_the_same_databroker, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_read_anew_from_another_databroker, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
