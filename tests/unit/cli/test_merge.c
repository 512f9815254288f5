/* test_merge: several texts of metrics become one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/gather/merge.h"

#define HEAD(name, type) "# HELP " name " what it is\n# TYPE " name " " type "\n"

static void expect(const char *a, const char *b, const char *want)
{
	const struct merge_label one[] = { { "room", STR("x") } };
	const struct merge_label two[] = { { "room", STR("y") }, { "pid", STR("7") } };
	struct merge merge;
	struct buf out;

	cli_merge_init(&merge);
	buf_init(&out, BUF_MAX_TEXT);
	cli_merge_add(&merge, str_from(a), one, 1);
	cli_merge_add(&merge, str_from(b), two, 2);
	cli_merge_print(&merge, &out);
	assert_string_equal(out.len ? out.ptr : "", want);
	buf_clear(&out);
	cli_merge_clear(&merge);
}

static void test_labels(void **state)
{
	(void)state;
	expect("a 1\n", "", "a{room=\"x\"} 1\n");
	expect("a{} 1\n", "", "a{room=\"x\"} 1\n");
	expect("", "a 1 1700000000000\n", "a{room=\"y\",pid=\"7\"} 1 1700000000000\n");
	expect("a{b=\"c\"} 1\n", "", "a{room=\"x\",b=\"c\"} 1\n");
	expect("", "a{room=\"own\"} 1\n", "a{pid=\"7\",room=\"own\"} 1\n");
	expect("", "a{b=\"c\",pid=\"1\"} 1\n", "a{room=\"y\",b=\"c\",pid=\"1\"} 1\n");
	/* the name of a label in a value, or at the end of another name, is none */
	expect("a{b=\"room=\\\",room=\\\"\"} 1\n", "",
	       "a{room=\"x\",b=\"room=\\\",room=\\\"\"} 1\n");
	expect("a{classroom=\"c\"} 1\n", "", "a{room=\"x\",classroom=\"c\"} 1\n");
	/* a brace in a value ends nothing */
	expect("a{b=\"}\\\\\",c=\"{\"} 1\n", "", "a{room=\"x\",b=\"}\\\\\",c=\"{\"} 1\n");
}

static void test_families_stand_together(void **state)
{
	(void)state;
	expect(HEAD("a", "counter") "a 1\n" HEAD("b", "gauge") "b 2\n",
	       HEAD("b", "gauge") "b 3\n# HELP a another word\na 4\n",
	       HEAD("a", "counter") "a{room=\"x\"} 1\na{room=\"y\",pid=\"7\"} 4\n" HEAD(
		       "b", "gauge") "b{room=\"x\"} 2\nb{room=\"y\",pid=\"7\"} 3\n");
	expect(HEAD("h", "histogram") "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\nhouse 2\n", "",
	       HEAD("h", "histogram") "h_bucket{room=\"x\",le=\"+Inf\"} 1\nh_sum{room=\"x\"} "
				      "1\nh_count{room=\"x\"} 1\nhouse{room=\"x\"} 2\n");
	expect(HEAD("empty", "gauge"), "", "");
}

static void test_what_is_none_of_the_format(void **state)
{
	static const char *const lines[] = {
		"\n",      "#\n",      "# EOF\n",   "# HELP\n",     "# TYPE 1a gauge\n",
		"1a 2\n",  "a\n",      "a{b=\"c\n", "a{b=\"c\"}\n", "{b=\"c\"} 1\n",
		"a-b 1\n", "<html>\n", "\\"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(lines[i], "b 1", "b{room=\"y\",pid=\"7\"} 1\n");
	expect("a 1\r\nb 2", "", "a{room=\"x\"} 1\nb{room=\"x\"} 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_families_stand_together),
		cmocka_unit_test(test_what_is_none_of_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
