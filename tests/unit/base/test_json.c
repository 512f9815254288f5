/* test_json: strict, exact numbers, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/base/dump.h"

static const struct {
	struct str text;
	const char *dump; /* NULL: an error */
} cases[] = {
	{ STR("null"), "n" },
	{ STR(" [true, false] "), "[T,F,]" },
	{ STR("{}"), "{}" },
	{ STR("[]"), "[]" },
	{ STR("{\"b\":[1,-2],\"a\":{\"\":null}}"), "{s61:{s:n,},s62:[i1,i-2,],}" },
	{ STR("9223372036854775807"), "i9223372036854775807" },
	{ STR("9223372036854775808"), "i9223372036854775808" },
	{ STR("18446744073709551615"), "i18446744073709551615" },
	{ STR("18446744073709551616"), "f18446744073709552000" },
	{ STR("-9223372036854775808"), "i-9223372036854775808" },
	{ STR("-9223372036854775809"), "f-9223372036854776000" },
	{ STR("9007199254740993"), "i9007199254740993" },
	{ STR("1.50"), "f1.5" },
	{ STR("1e3"), "f1000" },
	{ STR("-0"), "i0" },
	{ STR("-0.0"), "f0" },
	{ STR("-5e-451"), "f0" },
	{ STR("\"\\u0041\\n\\u0000\\/\""), "s410a002f" },
	{ STR("\"\\ud83d\\ude00\\u00e9\\u20ac\""), "sf09f9880c3a9e282ac" },
	{ STR("\"\xc3\xa9\""), "sc3a9" },
	{ STR(""), NULL },
	{ STR("nul"), NULL },
	{ STR("nullx"), NULL },
	{ STR("[1,]"), NULL },
	{ STR("[1 2]"), NULL },
	{ STR("{\"a\":1,}"), NULL },
	{ STR("{a:1}"), NULL },
	{ STR("{\"a\" 1}"), NULL },
	{ STR("{\"a\":1,\"a\":2}"), NULL },
	{ STR("01"), NULL },
	{ STR("+1"), NULL },
	{ STR("1."), NULL },
	{ STR(".5"), NULL },
	{ STR("1e"), NULL },
	{ STR("-"), NULL },
	{ STR("1e400"), NULL },
	{ STR("NaN"), NULL },
	{ STR("'a'"), NULL },
	{ STR("\"a"), NULL },
	{ STR("\"a\\\""), NULL },
	{ STR("\"a\nb\""), NULL },
	{ STR("\"\\x41\""), NULL },
	{ STR("\"\\ud83d\""), NULL },
	{ STR("\"\\ude00\""), NULL },
	{ STR("\"\\ud83d\\u0041\""), NULL },
	{ STR("\"\\u12\""), NULL },
	{ STR("\"\xff\""), NULL },
	{ STR("1 2"), NULL },
	{ STR("// c\n1"), NULL },
	{ STR("[1\0]"), NULL },
};

static void reads_json_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pool pool;
		struct value v;
		struct err err = { "" };
		struct buf dump;

		pool_init(&pool);
		buf_init(&dump, BUF_MAX_TEXT);
		if (json_parse(cases[i].text, &pool, &v, &err) == 0)
			dump_value(&v, &dump);
		if (!cases[i].dump ? !*err.text : *err.text || strcmp(dump.ptr, cases[i].dump) != 0)
			fail_msg("%s: %s instead of %s", err_quote(cases[i].text),
				 *err.text ? err.text : dump.ptr,
				 cases[i].dump ? cases[i].dump : "an error");
		buf_clear(&dump);
		pool_clear(&pool);
	}
}

static void names_the_place(void **state)
{
	struct pool pool;
	struct value v;
	struct err err = { "" };

	(void)state;
	pool_init(&pool);
	assert_int_equal(json_parse(STR("{\n  \"a\": tru\n}"), &pool, &v, &err), -1);
	assert_string_equal(err.text, "json: line 2, column 8: expected a value");
	assert_int_equal(json_parse(STR("{\"k\": 1,\n\"k\": 2}"), &pool, &v, &err), -1);
	assert_string_equal(err.text, "json: line 2, column 1: the key \"k\" is there twice");
	pool_clear(&pool);
}

static void bounds_depth(void **state)
{
	struct buf text;
	struct pool pool;
	struct value v;
	struct err err = { "" };

	(void)state;
	buf_init(&text, BUF_MAX_FILE);
	pool_init(&pool);
	for (int i = 0; i < 1000000; i++)
		buf_putc(&text, '[');
	assert_int_equal(json_parse(buf_view(&text), &pool, &v, &err), -1);
	assert_non_null(strstr(err.text, "nested too deep"));
	pool_clear(&pool);
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_json_and_nothing_else),
		cmocka_unit_test(names_the_place),
		cmocka_unit_test(bounds_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
