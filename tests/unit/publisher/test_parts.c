/* test_parts: which routes of a large owner are in which of its records, and what it loses. */
#include "publisher/databroker/parts.h"

#include "base/mem.h"
#include "publisher/databroker/record.h"
#include "tests/unit/publisher/rig.h"

#define BASE "sluice/ingress/ns/web"

static struct pool pool;
static struct plan plan;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	publisher_plan_init(&plan);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_plan_clear(&plan);
	pool_clear(&pool);
	return 0;
}

static void test_ids(void **state)
{
	static const char *const others[] = {
		BASE "#",   BASE "#0",           BASE "#1",
		BASE "#02", BASE "#10",          BASE "#x",
		BASE "#:",  "sluice/settings#2", "sluice/cert/ns/tls#2"
	};
	struct str id = STR(BASE "#9");
	struct msg_key owner;

	(void)state;
	assert_true(publisher_record_owner(STR(BASE "#2"), &owner));
	assert_true(str_is(owner.name, "web"));
	assert_true(publisher_record_owner(STR("sluice/gateway/ns/web#3"), &owner));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(publisher_record_owner(str_from(others[i]), &owner));
	assert_int_equal(publisher_parts_cut(&id), 9);
	assert_true(str_is(id, BASE));
	assert_true(str_is(publisher_parts_id(id, 1, &pool), BASE));
	assert_true(str_is(publisher_parts_id(id, 9, &pool), BASE "#9"));
}

/* Each route once, in order, and no record too large as long as no route is. */
static void expect_parts(size_t n_routes, size_t policies, unsigned n_parts)
{
	struct route *routes = pool_array(&pool, n_routes + 1, sizeof(*routes));
	const struct good good = { .routes = routes, .n_routes = n_routes };
	size_t next = 0;

	for (size_t i = 0; i < n_routes; i++)
		routes[i].packed.policies = (struct str){ "", policies };
	assert_int_equal(publisher_parts_count(&good), n_parts);
	for (unsigned number = 1; number <= PARTS_MAX; number++) {
		const struct part part = publisher_parts_get(&good, number);

		if (number > n_parts || !n_routes) {
			assert_int_equal(part.from, part.to);
			continue;
		}
		assert_int_equal(part.from, next);
		assert_true(part.to > part.from);
		if (policies < PART_MAX && n_parts < PARTS_MAX)
			assert_true((part.to - part.from) * policies < PART_MAX);
		next = part.to;
	}
	assert_int_equal(next, n_routes);
}

static void test_routes(void **state)
{
	(void)state;
	expect_parts(0, 0, 1);
	expect_parts(1, 1, 1);
	expect_parts(1, PART_MAX, 1);
	expect_parts(2, PART_MAX, 2);
	expect_parts(4000, 10, 1);
	expect_parts(10000, 600, 4);
	expect_parts(9, 1400000, 5);
	expect_parts(8, 2100000, 8);
	expect_parts(20, 2100000,
		     PARTS_MAX); /* the last takes the rest, and is told to be too large */
}

static void store(const char *id, size_t n_routes)
{
	const struct plan_entry entry = { .n_routes = n_routes, .version = 1 };

	publisher_plan_note(&plan, str_from(id), &entry);
}

static void test_place(void **state)
{
	(void)state;
	assert_int_equal(publisher_parts_place(&plan, STR(BASE)), PARTS_ALONE);
	assert_int_equal(publisher_parts_place(&plan, STR(BASE "#3")), 0);
	store(BASE "#3", 30);
	assert_int_equal(publisher_parts_place(&plan, STR(BASE "#2")), 0);
	store(BASE "#2", 20);
	assert_int_equal(publisher_parts_place(&plan, STR(BASE)), 0);
	store(BASE, 10);
	assert_int_equal(publisher_parts_place(&plan, STR(BASE "#3")), 30);
	assert_int_equal(publisher_parts_place(&plan, STR("sluice/ingress/ns/other")), PARTS_ALONE);
}

/* Of an owner with two records; what the second has afterwards, and what the owner has lost. */
static void expect_lost(size_t first, size_t second, size_t lost)
{
	struct plan_change items[] = {
		{ .id = STR(BASE),
		  .next = { .n_routes = first },
		  .n_fewer = 1000,
		  .is_less = true },
		{ .id = STR(BASE "#2"), .next = { .n_routes = second }, .gone = !second },
		{ .id = STR("sluice/ingress/ns/other"), .n_fewer = 7, .is_less = true },
	};
	struct plan_changes changes = { items, 3 };

	publisher_parts_balance(&plan, &changes);
	assert_int_equal(items[0].n_fewer + items[1].n_fewer, lost);
	assert_int_equal(items[0].is_less, lost > 0);
	assert_int_equal(items[1].is_less, lost > 0);
	assert_int_equal(items[2].n_fewer, 7);
	assert_true(items[2].is_less);
}

static void test_a_route_that_moves_is_not_lost(void **state)
{
	(void)state;
	store("sluice/ingress/ns/other", 7);
	store(BASE, 2000);
	expect_lost(1000, 1000, 0);
	expect_lost(1000, 1500, 0);
	expect_lost(1000, 600, 400);
	store(BASE "#2", 500);
	expect_lost(2500, 0, 0);
	expect_lost(2400, 0, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_route_that_moves_is_not_lost, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
