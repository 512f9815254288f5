/* test_plan: what is stored: newer news count, older ones do not, and a wiped databroker forgets
 * nothing quietly; and the changes are exactly those that differ from what is wanted. */
#include "publisher/sink/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct plan plan;

static int setup(void **state)
{
	(void)state;
	publisher_plan_init(&plan);
	publisher_plan_begin(&plan);
	publisher_plan_end(&plan, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_plan_clear(&plan);
	return 0;
}

static struct plan_entry entry(uint64_t version, unsigned char digest, size_t n_routes)
{
	return (struct plan_entry){ .digest = { { digest } },
				    .version = version,
				    .n_routes = n_routes };
}

static void note(const char *id, uint64_t version, unsigned char digest)
{
	struct plan_entry seen = entry(version, digest, 2);

	publisher_plan_note(&plan, str_from(id), &seen);
}

static int digest_of(const char *id)
{
	const struct plan_entry *found = publisher_plan_get(&plan, str_from(id));

	return found ? found->digest.bytes[0] : -1;
}

static bool is_touched(const char *id)
{
	return map_get(&plan.touched, str_from(id)) != NULL;
}

static void test_newer_versions_count(void **state)
{
	(void)state;
	note("a", 5, 1);
	assert_true(is_touched("a"));
	map_clear(&plan.touched);
	note("a", 5, 2);
	note("a", 4, 3);
	publisher_plan_gone(&plan, STR("a"), 5);
	assert_int_equal(digest_of("a"), 1);
	assert_false(is_touched("a"));
	note("a", 6, 4);
	assert_int_equal(digest_of("a"), 4);
	publisher_plan_gone(&plan, STR("a"), 7);
	assert_int_equal(digest_of("a"), -1);
	assert_int_equal(plan.n_routes, 0);
}

static void test_our_own_writes_touch_nothing(void **state)
{
	struct plan_entry sent = entry(0, 9, 3);

	(void)state;
	publisher_plan_written(&plan, STR("a"), &sent, 8);
	assert_int_equal(digest_of("a"), 9);
	assert_int_equal(plan.n_routes, 3);
	note("a", 8, 1); /* its echo */
	publisher_plan_written(&plan, STR("a"), NULL, 9);
	assert_int_equal(digest_of("a"), -1);
	assert_false(is_touched("a"));
}

static void test_somebody_wrote_after_us_and_was_heard_first(void **state)
{
	struct plan_entry sent = entry(0, 9, 3);

	(void)state;
	note("a", 12, 1);
	publisher_plan_written(&plan, STR("a"), &sent, 11);
	assert_int_equal(digest_of("a"), 1);
	assert_true(is_touched("a"));
}

static void test_read_anew_from_the_same_databroker(void **state)
{
	(void)state;
	note("stays", 5, 1);
	note("goes", 6, 1);
	map_clear(&plan.touched);
	publisher_plan_begin(&plan);
	note("stays", 5, 1);
	publisher_plan_end(&plan, true);
	assert_int_equal(digest_of("stays"), 1);
	assert_int_equal(digest_of("goes"), -1);
	assert_true(is_touched("goes"));
	assert_int_equal(plan.n_routes, 2);
}

static void test_read_anew_from_another_databroker(void **state)
{
	(void)state;
	note("both", 5, 1);
	note("lost", 6, 1);
	map_clear(&plan.touched);
	publisher_plan_begin(&plan);
	note("both", 1, 2); /* versions start again */
	publisher_plan_end(&plan, false);
	assert_int_equal(digest_of("both"), 2);
	assert_true(publisher_plan_get(&plan, STR("lost"))->lost);
	assert_true(is_touched("lost"));
	assert_int_equal(plan.n_routes, 2);
	note("lost", 2, 3);
	assert_false(publisher_plan_get(&plan, STR("lost"))->lost);
}

/* ---- the changes ---- */

static struct pool pool;
static int wanted[26]; /* digests of "a", "b", ...; 0: nothing, -1: what is stored is kept */

static enum plan_want want(void *self, struct str id, struct plan_entry *next)
{
	const int digest = wanted[id.ptr[0] - 'a'];

	(void)self;
	if (digest > 0)
		*next = entry(0, (unsigned char)digest, 2);
	return digest < 0 ? PLAN_KEEP : digest ? PLAN_STORE : PLAN_REMOVE;
}

static struct plan_changes make(void)
{
	struct plan_changes changes;

	publisher_plan_make(&plan, &(struct plan_source){ NULL, want }, &pool, &changes);
	return changes;
}

/* What a sink does: everything that is touched is written. */
static struct plan_changes write_all(void)
{
	const struct plan_changes changes = make();
	static uint64_t version;

	map_clear(&plan.touched);
	for (size_t i = 0; i < changes.n; i++)
		publisher_plan_written(&plan, changes.items[i].id,
				       changes.items[i].gone ? NULL : &changes.items[i].next,
				       ++version);
	return changes;
}

static void want_now(const char *id, int digest)
{
	wanted[id[0] - 'a'] = digest;
	publisher_plan_touch(&plan, str_from(id));
}

static int setup_changes(void **state)
{
	pool_init(&pool);
	memset(wanted, 0, sizeof(wanted));
	publisher_plan_init(&plan);
	(void)state;
	return 0;
}

static int teardown_changes(void **state)
{
	pool_clear(&pool);
	return teardown(state);
}

static void test_new_changed_and_gone_are_changes(void **state)
{
	struct plan_changes changes;

	(void)state;
	want_now("a", 1);
	want_now("b", 1);
	assert_int_equal(write_all().n, 2);
	assert_int_equal(make().n, 0);
	want_now("a", 2);
	want_now("b", 0);
	changes = write_all();
	assert_int_equal(changes.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(changes.items[i].gone, str_is(changes.items[i].id, "b"));
		assert_int_equal(changes.items[i].n_fewer, changes.items[i].gone ? 2 : 0);
	}
	assert_int_equal(plan.stored.n, 1);
	assert_int_equal(plan.n_routes, 2);
}

static void test_what_came_back_is_no_change(void **state)
{
	(void)state;
	want_now("a", 1);
	write_all();
	want_now("a", 2);
	want_now("a", 1);
	want_now("n", 0); /* never stored */
	assert_int_equal(make().n, 0);
}

static void test_what_nothing_better_is_known_of_stays(void **state)
{
	(void)state;
	want_now("a", 1);
	write_all();
	want_now("a", -1);
	assert_int_equal(make().n, 0);
	want_now("a", 0);
	assert_int_equal(make().n, 1);
}

static void test_what_was_lost_is_written_again_or_removed(void **state)
{
	(void)state;
	want_now("a", 1);
	want_now("b", 1);
	write_all();
	publisher_plan_begin(&plan);
	publisher_plan_end(&plan, false);
	assert_int_equal(make().n, 2);
	want_now("b", 0); /* somebody may still have it */
	assert_int_equal(make().n, 2);
}

#define STORED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CHANGES(name) cmocka_unit_test_setup_teardown(name, setup_changes, teardown_changes)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED(test_newer_versions_count),
		STORED(test_our_own_writes_touch_nothing),
		STORED(test_somebody_wrote_after_us_and_was_heard_first),
		STORED(test_read_anew_from_the_same_databroker),
		STORED(test_read_anew_from_another_databroker),
		CHANGES(test_new_changed_and_gone_are_changes),
		CHANGES(test_what_came_back_is_no_change),
		CHANGES(test_what_nothing_better_is_known_of_stays),
		CHANGES(test_what_was_lost_is_written_again_or_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
