/* test_budget: in a namespace with too much, the oldest come first, and who comes or goes makes
 * room or takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/owners/budget.h"

static const struct limits limits = { .namespace = { .routes = 10, .bytes = 10000 },
				      .owner.bytes = 9000 };

struct heard {
	const struct owned *all[16];
	size_t n;
};

static void on_turn(void *arg, const struct owned *owned)
{
	struct heard *heard = arg;

	heard->all[heard->n++] = owned;
}

static struct heard settle(struct budget *budget)
{
	struct heard heard = { .n = 0 };

	resolver_budget_settle(budget, on_turn, &heard);
	return heard;
}

static struct owned owned_of(const char *text, int64_t created, uint64_t paths)
{
	return (struct owned){ .text = str_from(text), .created = created, .cost.paths = paths };
}

static void test_oldest_first(void **state)
{
	struct owned a = owned_of("a", 30, 6), b = owned_of("b", 20, 3), c = owned_of("c", 10, 4);
	struct owned far = owned_of("far", 99, 10);
	struct budget budget;
	struct heard heard;
	struct err err;

	(void)state;
	resolver_budget_init(&budget, &limits);
	resolver_budget_enter(&budget, STR("shop"), &a);
	resolver_budget_enter(&budget, STR("shop"), &b);
	resolver_budget_enter(&budget, STR("other"), &far);
	assert_int_equal(settle(&budget).n, 0);
	resolver_budget_enter(&budget, STR("shop"), &c);
	heard = settle(&budget);
	assert_int_equal(heard.n, 1);
	assert_ptr_equal(heard.all[0], &a);
	assert_int_equal(resolver_budget_check(&budget, &a, &err), -1);
	assert_non_null(strstr(err.text, "no room for its 6 routes"));
	assert_non_null(strstr(err.text, "--max-namespace-routes is 10"));
	assert_int_equal(resolver_budget_check(&budget, &c, &err), 0);
	assert_int_equal(settle(&budget).n, 0); /* told once */
	resolver_budget_leave(&budget, &b);
	heard = settle(&budget);
	assert_int_equal(heard.n, 1); /* 4 and 6 fit */
	assert_int_equal(resolver_budget_check(&budget, &a, &err), 0);
	resolver_budget_leave(&budget, &a);
	resolver_budget_leave(&budget, &c);
	resolver_budget_leave(&budget, &far);
	assert_int_equal(budget.namespaces.n, 0);
	resolver_budget_clear(&budget);
}

/* Where ages are equal or missing the name decides; a small one that still fits is served. */
static void test_equal_ages(void **state)
{
	struct owned a = owned_of("a", 0, 8), b = owned_of("b", 0, 3), c = owned_of("c", 0, 2);
	struct budget budget;
	struct heard heard;

	(void)state;
	resolver_budget_init(&budget, &limits);
	resolver_budget_enter(&budget, STR("shop"), &c);
	resolver_budget_enter(&budget, STR("shop"), &b);
	resolver_budget_enter(&budget, STR("shop"), &a);
	heard = settle(&budget);
	assert_int_equal(heard.n, 1);
	assert_ptr_equal(heard.all[0], &b);
	resolver_budget_clear(&budget);
}

static void test_bytes(void **state)
{
	struct owned a = owned_of("a", 1, 2), b = owned_of("b", 2, 2);
	struct budget budget;

	(void)state;
	resolver_budget_init(&budget, &limits);
	a.cost.own_bytes = b.cost.own_bytes = 1000;
	a.cost.annotations = b.cost.annotations = 2001; /* 5 002 bytes each */
	resolver_budget_enter(&budget, STR("shop"), &a);
	resolver_budget_enter(&budget, STR("shop"), &b);
	assert_int_equal(settle(&budget).n, 1);
	assert_true(b.is_over);
	resolver_budget_leave(&budget, &a);
	assert_int_equal(settle(&budget).n, 1);
	assert_false(b.is_over);
	/* Who leaves before anybody has looked leaves nothing behind. */
	resolver_budget_enter(&budget, STR("shop"), &a);
	resolver_budget_leave(&budget, &b);
	resolver_budget_leave(&budget, &a);
	assert_int_equal(settle(&budget).n, 0);
	resolver_budget_clear(&budget);
}

/* What no Ingress may have is not stored, so it takes no more room than the largest one. */
static void test_too_large_for_itself(void **state)
{
	struct owned a = owned_of("a", 1, 2), b = owned_of("b", 2, 1);
	struct budget budget;

	(void)state;
	resolver_budget_init(&budget, &limits);
	a.cost.annotations = 1u << 20;
	b.cost.own_bytes = 1000;
	resolver_budget_enter(&budget, STR("shop"), &a);
	resolver_budget_enter(&budget, STR("shop"), &b);
	assert_int_equal(settle(&budget).n, 0);
	b.cost.own_bytes = 1001;
	resolver_budget_clear(&budget);
	resolver_budget_enter(&budget, STR("shop"), &a);
	resolver_budget_enter(&budget, STR("shop"), &b);
	assert_int_equal(settle(&budget).n, 1);
	resolver_budget_clear(&budget);
}

static void test_no_limits(void **state)
{
	const struct limits none = { 0 };
	struct owned a = owned_of("a", 1, 1u << 30);
	struct budget budget;

	(void)state;
	resolver_budget_init(&budget, &none);
	resolver_budget_enter(&budget, STR("shop"), &a);
	assert_int_equal(settle(&budget).n, 0);
	resolver_budget_clear(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_first), cmocka_unit_test(test_equal_ages),
		cmocka_unit_test(test_bytes),        cmocka_unit_test(test_too_large_for_itself),
		cmocka_unit_test(test_no_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
