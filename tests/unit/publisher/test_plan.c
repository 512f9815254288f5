/* test_plan: the plan has exactly those that differ from what is published. */
#include "publisher/sink/plan.h"

#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;
static struct plan plan;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	wanted = publisher_wanted_new(NULL);
	publisher_plan_init(&plan);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_plan_clear(&plan);
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

static void put(const char *owner, const char *prefix, uint64_t seen_ns)
{
	struct msg_config config = rig_config(owner, rig_route(owner, "h", prefix, &pool), &pool);

	rig_put(wanted, &config);
	publisher_plan_touch(&plan, &config.owner, seen_ns);
}

static void delete (const char *owner)
{
	struct msg_key key = rig_key(owner);

	publisher_wanted_delete(wanted, &key);
	publisher_plan_touch(&plan, &key, 0);
}

static struct plan_changes make(void)
{
	struct plan_changes changes;

	publisher_plan_make(&plan, wanted, &pool, &changes);
	return changes;
}

static struct plan_changes take(void)
{
	struct plan_changes changes;

	publisher_plan_take(&plan, wanted, &pool, &changes);
	return changes;
}

static void new_changed_and_gone_are_in_it(void **state)
{
	struct plan_changes changes;

	(void)state;
	put("a", "/", 0);
	put("b", "/", 0);
	changes = take();
	assert_int_equal(changes.n, 2);
	publisher_plan_done(&plan, &changes);
	assert_int_equal(make().n, 0);
	put("a", "/x", 0);
	delete ("b");
	changes = take();
	assert_int_equal(changes.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(changes.items[i].good == NULL,
				 str_is(changes.items[i].owner.name, "b"));
	publisher_plan_done(&plan, &changes);
	assert_int_equal(plan.published.n, 1);
}

static void what_came_back_is_not(void **state)
{
	struct plan_changes changes;

	(void)state;
	put("a", "/", 0);
	changes = take();
	publisher_plan_done(&plan, &changes);
	put("a", "/x", 0);
	put("a", "/", 0);
	assert_int_equal(make().n, 0);
	delete ("never-published");
	assert_int_equal(make().n, 0);
}

static void a_failure_puts_it_back(void **state)
{
	struct plan_changes changes;

	(void)state;
	put("a", "/", 0);
	changes = take();
	assert_int_equal(make().n, 0); /* on its way */
	publisher_plan_again(&plan, &changes);
	assert_int_equal(make().n, 1);
}

static void the_oldest_change_counts(void **state)
{
	(void)state;
	put("a", "/", 0);
	assert_int_equal(plan.since_ns, 0);
	put("a", "/", 50);
	put("b", "/", 40);
	put("c", "/", 60);
	assert_int_equal(plan.since_ns, 40);
	take();
	assert_int_equal(plan.since_ns, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_changed_and_gone_are_in_it),
		TEST(what_came_back_is_not),
		TEST(a_failure_puts_it_back),
		TEST(the_oldest_change_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
