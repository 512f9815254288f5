/* test_hostname: names of hosts, and of objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/hostname.h"

static void a_dns_name_is_of_labels(void **state)
{
	static const char *const labels[] = { "a", "0", "a-b", "a--b", "0a-9z" };
	static const char *const names[] = { "a.b", "a-b.0.c--d" };
	static const char *const neither[] = {
		"",     "-",    "-a", "a-",  "a.",  ".a",  "a..b",
		"a-.b", "a.-b", "A",  "a_b", "a/b", "a b", "\xC3\xA9"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		assert_true(hostname_is_dns_name(str_from(labels[i]), false));
		assert_true(hostname_is_dns_name(str_from(labels[i]), true));
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_false(hostname_is_dns_name(str_from(names[i]), false));
		assert_true(hostname_is_dns_name(str_from(names[i]), true));
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		assert_false(hostname_is_dns_name(str_from(neither[i]), true));
}

static void two_hosts_meet_in_the_narrower_one(void **state)
{
	(void)state;
	assert_true(str_is(hostname_meet(STR("a.b"), STR("a.b")), "a.b"));
	assert_true(str_is(hostname_meet(STR("a.b"), STR("*.b")), "a.b"));
	assert_true(str_is(hostname_meet(STR("*.b"), STR("*.a.b")), "*.a.b"));
	assert_null(hostname_meet(STR("b"), STR("*.b")).ptr);
	assert_null(hostname_meet(STR("a.b"), STR("a.c")).ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dns_name_is_of_labels),
		cmocka_unit_test(two_hosts_meet_in_the_narrower_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
