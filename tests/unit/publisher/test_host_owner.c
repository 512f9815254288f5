/* test_host_owner: which namespace a host belongs to, one rule at a time, then any order of claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "publisher/hosts/host_owner.h"

#define N_OWNERS 8

static struct host_claims claims;
static struct owner owners[N_OWNERS];
static char names[N_OWNERS][2];
static size_t n_changes;

static void on_change(void *self, struct str host)
{
	(void)self;
	assert_true(host.len > 0);
	n_changes++;
}

static int setup(void **state)
{
	(void)state;
	publisher_host_owner_init(&claims);
	claims.changed = on_change;
	n_changes = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_host_owner_clear(&claims);
	return 0;
}

static struct owner *owner(size_t i, const char *namespace, int64_t created)
{
	names[i][0] = (char)('a' + i);
	owners[i] =
		(struct owner){ .key = { MSG_KIND_INGRESS, str_from(namespace), { names[i], 1 } },
				.created = created };
	return &owners[i];
}

static void claim(size_t i, const char *namespace, int64_t created)
{
	publisher_host_owner_claim(&claims, STR("h"), owner(i, namespace, created));
}

static bool is(const char *namespace)
{
	return publisher_host_owner_is(&claims, STR("h"), str_from(namespace));
}

static void the_oldest_owns(void **state)
{
	(void)state;
	claim(0, "young", 20);
	assert_true(is("young"));
	assert_false(is("old")); /* it does not name it */
	claim(1, "old", 10);
	assert_true(is("old"));
	assert_false(is("young"));
	assert_ptr_equal(publisher_host_owner_oldest(&claims, STR("h")), &owners[1]);
	assert_null(publisher_host_owner_oldest(&claims, STR("i")));
}

/* What is younger shares the age of the oldest of its namespace. */
static void a_namespace_is_as_old_as_its_oldest(void **state)
{
	(void)state;
	claim(0, "a", 10);
	claim(1, "b", 20);
	claim(2, "a", 30);
	assert_true(is("a"));
	publisher_host_owner_withdraw(&claims, STR("h"), &owners[0]);
	assert_true(is("b"));
	assert_false(is("a"));
}

static void equal_or_unknown_ages_share(void **state)
{
	(void)state;
	claim(0, "a", 10);
	claim(1, "b", 10);
	claim(2, "c", 0);
	claim(3, "d", 11);
	assert_true(is("a"));
	assert_true(is("b"));
	assert_true(is("c")); /* nobody is older, beyond doubt */
	assert_false(is("d"));
	claim(4, "c", 12);
	assert_false(is("c"));
}

static void only_what_matters_is_told(void **state)
{
	(void)state;
	claim(0, "a", 10);
	claim(1, "a", 20);
	assert_int_equal(n_changes, 1);
	claim(2, "b", 30);
	assert_int_equal(n_changes, 2);
	publisher_host_owner_withdraw(&claims, STR("h"), &owners[1]);
	assert_int_equal(n_changes, 2);
	publisher_host_owner_withdraw(&claims, STR("h"), &owners[0]);
	publisher_host_owner_withdraw(&claims, STR("h"), &owners[0]); /* it is gone already */
	assert_int_equal(n_changes, 3);
	publisher_host_owner_withdraw(&claims, STR("h"), &owners[2]);
	assert_int_equal(claims.hosts.n, 0);
}

/* ---- any order ---- */

static bool is_by_hand(const bool *named, struct str namespace)
{
	int64_t mine = 0;
	bool names_it = false;

	for (size_t i = 0; i < N_OWNERS; i++)
		if (named[i] && str_eq(owners[i].key.namespace, namespace)) {
			names_it = true;
			if (owners[i].created && (!mine || owners[i].created < mine))
				mine = owners[i].created;
		}
	for (size_t i = 0; i < N_OWNERS; i++)
		if (named[i] && !str_eq(owners[i].key.namespace, namespace) && mine &&
		    owners[i].created && owners[i].created < mine)
			return false;
	return names_it;
}

static void any_order_of_claims(void **state)
{
	static const char *const spaces[] = { "a", "b", "c" };
	bool named[N_OWNERS] = { false };

	(void)state;
	srand(5);
	for (size_t i = 0; i < N_OWNERS; i++)
		owner(i, spaces[i % 3], 0);
	for (int step = 0; step < 5000; step++) {
		size_t i = (size_t)rand() % N_OWNERS;

		if (named[i]) {
			publisher_host_owner_withdraw(&claims, STR("h"), &owners[i]);
		} else {
			owners[i].created = rand() % 5;
			publisher_host_owner_claim(&claims, STR("h"), &owners[i]);
		}
		named[i] = !named[i];
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(is(spaces[k]), is_by_hand(named, str_from(spaces[k])));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_owns),
		TEST(a_namespace_is_as_old_as_its_oldest),
		TEST(equal_or_unknown_ages_share),
		TEST(only_what_matters_is_told),
		TEST(any_order_of_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
