/* test_turns: namespaces take turns, whatever each has waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "resolver/jobs/turns.h"

#define N_CROWD 5000

struct thing {
	struct turns_item item;
	struct turns_namespace *namespace;
	int number;
};

static void enter(struct turns *turns, struct thing *t, const char *namespace, int number)
{
	*t = (struct thing){ .number = number };
	t->namespace = resolver_turns_enter(turns, str_from(namespace));
	resolver_turns_join(turns, t->namespace, TURNS_SMALL, &t->item);
}

static void leave(struct turns *turns, struct thing *t)
{
	resolver_turns_leave(turns, &t->item);
	resolver_turns_exit(turns, t->namespace);
}

static void expect(struct turns *turns, const struct thing *want)
{
	struct turns_item *first = resolver_turns_first(turns, TURNS_SMALL);

	assert_ptr_equal(first, want ? &want->item : NULL);
	if (first)
		resolver_turns_take(turns, first);
}

static void test_a_crowd_and_one(void **state)
{
	static struct thing crowd[N_CROWD];
	struct thing one, other;
	struct turns turns;

	(void)state;
	resolver_turns_init(&turns);
	for (int i = 0; i < N_CROWD; i++)
		enter(&turns, &crowd[i], "crowd", i);
	enter(&turns, &one, "one", 0);
	enter(&turns, &other, "other", 0);
	assert_int_equal(turns.lanes[TURNS_SMALL].n_items, N_CROWD + 2);
	assert_int_equal(turns.n_tenants, 3);
	expect(&turns, &crowd[0]);
	expect(&turns, &one);
	expect(&turns, &other);
	expect(&turns, &crowd[1]);
	expect(&turns, &crowd[2]);
	/* Who comes now is behind the crowd's next one only. */
	resolver_turns_join(&turns, one.namespace, TURNS_SMALL, &one.item);
	expect(&turns, &crowd[3]);
	expect(&turns, &one);
	for (int i = 4; i < N_CROWD; i++)
		expect(&turns, &crowd[i]);
	expect(&turns, NULL);
	for (int i = 0; i < N_CROWD; i++)
		leave(&turns, &crowd[i]);
	leave(&turns, &one);
	leave(&turns, &other);
	assert_int_equal(turns.namespaces.n, 0);
	assert_int_equal(turns.n_tenants, 0);
	resolver_turns_clear(&turns);
}

static void test_each_lane_for_itself(void **state)
{
	struct thing a, b;
	struct turns turns;

	(void)state;
	resolver_turns_init(&turns);
	enter(&turns, &a, "shop", 1);
	enter(&turns, &b, "shop", 2);
	resolver_turns_join(&turns, a.namespace, TURNS_SMALL, &a.item); /* it keeps its place */
	assert_ptr_equal(resolver_turns_first(&turns, TURNS_SMALL), &a.item);
	resolver_turns_join(&turns, a.namespace, TURNS_BIG, &a.item);
	assert_ptr_equal(resolver_turns_first(&turns, TURNS_BIG), &a.item);
	expect(&turns, &b);
	expect(&turns, NULL);
	resolver_turns_leave(&turns, &a.item);
	resolver_turns_leave(&turns, &a.item);
	assert_null(resolver_turns_first(&turns, TURNS_BIG));
	leave(&turns, &a);
	leave(&turns, &b);
	resolver_turns_clear(&turns);
}

static void test_parked_and_called_back(void **state)
{
	struct thing a[2], b, c;
	struct turns turns;

	(void)state;
	resolver_turns_init(&turns);
	enter(&turns, &a[0], "a", 0);
	enter(&turns, &a[1], "a", 1);
	enter(&turns, &b, "b", 0);
	resolver_turns_park(&turns, &a[0].item);
	expect(&turns, &b);
	expect(&turns, NULL);
	assert_int_equal(turns.lanes[TURNS_SMALL].n_items, 2);
	/* What comes meanwhile waits with the others. */
	enter(&turns, &c, "a", 2);
	expect(&turns, NULL);
	resolver_turns_call_back(&turns, b.namespace);
	expect(&turns, NULL);
	resolver_turns_call_back(&turns, a[0].namespace);
	expect(&turns, &a[0]);
	resolver_turns_park(&turns, &a[1].item);
	resolver_turns_call_all_back(&turns);
	resolver_turns_pass(&turns, &a[1].item);
	expect(&turns, &a[1]);
	resolver_turns_park(&turns, &c.item);
	leave(&turns, &c); /* the last one leaves while it is parked */
	resolver_turns_call_all_back(&turns);
	expect(&turns, NULL);
	leave(&turns, &a[0]);
	leave(&turns, &a[1]);
	leave(&turns, &b);
	assert_int_equal(turns.namespaces.n, 0);
	resolver_turns_clear(&turns);
}

/* Nobody waits for more turns than there are namespaces. */
static void test_any_number_of_namespaces(void **state)
{
	enum { NAMESPACES = 40, THINGS = 600 };
	static struct thing things[THINGS];
	static char names[NAMESPACES][8];
	size_t last_turn[NAMESPACES] = { 0 };
	struct turns turns;

	(void)state;
	srandom(3);
	resolver_turns_init(&turns);
	for (size_t i = 0; i < NAMESPACES; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
	for (size_t i = 0; i < THINGS; i++) /* some have many, some have few */
		enter(&turns, &things[i], names[(size_t)random() % (1 + i % NAMESPACES)], 0);
	for (size_t turn = 1; turn <= THINGS; turn++) {
		struct turns_item *first = resolver_turns_first(&turns, TURNS_SMALL);
		const struct thing *t = CONTAINER_OF(first, struct thing, item);
		const size_t n = (size_t)strtol(t->namespace->name.ptr + 1, NULL, 10);

		assert_true(turn - last_turn[n] <= NAMESPACES);
		last_turn[n] = turn;
		resolver_turns_take(&turns, first);
	}
	for (size_t i = 0; i < THINGS; i++)
		leave(&turns, &things[i]);
	resolver_turns_clear(&turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_crowd_and_one),
		cmocka_unit_test(test_each_lane_for_itself),
		cmocka_unit_test(test_parked_and_called_back),
		cmocka_unit_test(test_any_number_of_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
