/* test_value: equality, JSON as Go's encoding/json writes it, floats, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/value.h"

static struct value parse(const char *text, struct pool *pool)
{
	struct value v;
	struct err err = { "" };

	if (yaml_parse(str_from(text), pool, &v, &err))
		fail_msg("%s", err.text);
	return v;
}

static void prints_floats_as_go(void **state)
{
	static const struct {
		double number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 0.5, "0.5" },
		{ 100, "100" },
		{ 0.1, "0.1" },
		{ 1e20, "100000000000000000000" },
		{ 1e21, "1e+21" },
		{ 1e-6, "0.000001" },
		{ 1e-7, "1e-7" },
		{ 1.5e-10, "1.5e-10" },
		{ 5e-324, "5e-324" },
		{ 123456789.125, "123456789.125" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ -2.5e30, "-2.5e+30" },
		{ 0.000123, "0.000123" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 0.30000000000000004, "0.30000000000000004" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		value_print_float(&out, cases[i].number);
		assert_string_equal(buf_view(&out).ptr, cases[i].text);
	}
	buf_clear(&out);
}

static void prints_json_as_go(void **state)
{
	static const struct {
		const char *yaml;
		bool html;
		const char *json; /* NULL: JSON cannot hold it */
	} cases[] = {
		{ "{b: 1, a: [x, null, true, 1.5]}", false,
		  "{\"a\":[\"x\",null,true,1.5],\"b\":1}" },
		{ "a<b>&c", false, "\"a<b>&c\"" },
		{ "a<b>&c", true, "\"a\\u003cb\\u003e\\u0026c\"" },
		{ "\"\\u2028\\t\\x01\\x7f\"", false, "\"\\u2028\\t\\u0001\x7f\"" },
		{ "!!binary /w==", false, "\"\\ufffd\"" },
		{ "2024-01-31", false, "\"2024-01-31T00:00:00Z\"" },
		{ "2001-12-14t21:59:43.10-05:00", false, "\"2001-12-14T21:59:43.1-05:00\"" },
		{ "18446744073709551615", false, "18446744073709551615" },
		{ ".nan", false, NULL },
		{ "[-.inf]", false, NULL },
		{ "{1: a}", false, NULL },
		{ "{~: a}", false, NULL },
		{ "{!!binary aGk=: a}", false, NULL },
	};
	struct pool pool;
	struct buf out;

	(void)state;
	pool_init(&pool);
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value v = parse(cases[i].yaml, &pool);
		struct err err = { "" };
		int rc;

		buf_reset(&out);
		rc = value_to_json(&v, cases[i].html, &out, &err);
		assert_int_equal(rc, cases[i].json ? 0 : -1);
		if (cases[i].json)
			assert_string_equal(buf_view(&out).ptr, cases[i].json);
		else
			assert_true(*err.text != '\0');
	}
	buf_clear(&out);
	pool_clear(&pool);
}

static void compares_in_any_order(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "{a: 1, b: [2]}", "{b: [2], a: 1}", true },
		{ "{a: 1}", "{a: 1.0}", false },
		{ "{a: 1}", "{b: 1}", false },
		{ "[1, 2]", "[2, 1]", false },
		{ ".nan", ".NaN", true },
		{ "'1'", "1", false },
		{ "{}", "{}", true },
		{ "[]", "{}", false },
		{ "{1: a, x: b}", "{x: b, 1: a}", true },
		{ "0x10", "16", true },
	};
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value a = parse(cases[i].a, &pool), b = parse(cases[i].b, &pool);

		assert_int_equal(value_equal(&a, &b), cases[i].equal);
	}
	pool_clear(&pool);
}

static void finds_members_and_names_types(void **state)
{
	struct pool pool;
	struct value v;

	(void)state;
	pool_init(&pool);
	v = parse("{a: {b: c}}", &pool);
	assert_true(str_is(value_get(value_get(&v, "a"), "b")->string, "c"));
	assert_null(value_get(value_get(&v, "x"), "b"));
	assert_null(value_get(NULL, "a"));
	assert_string_equal(value_type_name(VALUE_MAP), "map");
	pool_clear(&pool);
}

static void finds_twins(void **state)
{
	struct str names[100];
	char texts[100][8];
	size_t first = 0, second = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		names[i] = (struct str){ texts[i],
					 (size_t)snprintf(texts[i], sizeof(texts[i]), "n%zu", i) };
	assert_false(value_find_twice(names, 100, &first, &second));
	assert_false(value_find_twice(names, 10, &first, &second));
	assert_false(value_find_twice(names, 0, &first, &second));
	names[99] = names[7];
	assert_true(value_find_twice(names, 100, &first, &second));
	assert_int_equal(first, 7);
	assert_int_equal(second, 99);
	names[9] = names[7];
	assert_true(value_find_twice(names, 10, &first, &second));
	assert_int_equal(first, 7);
	assert_int_equal(second, 9);
}

static void reads_times(void **state)
{
	static const char *const bad[] = { "2024-13-01",
					   "2024-02-30",
					   "2023-02-29",
					   "24-01-01",
					   "2024-1",
					   "2024-01-01T24:00:00Z",
					   "2024-01-01T10:00Z",
					   "2024-01-01T10:00:00",
					   "2024-01-01 10:00:00Z",
					   "2024-01-01x",
					   "2024-01-01T10:00:00+5:00" };
	struct value_time t;

	(void)state;
	assert_true(value_time_parse(STR("2024-01-31T10:20:30Z"), &t));
	assert_int_equal(value_time_seconds(&t), 1706696430);
	assert_true(value_time_parse(STR("2024-01-31T10:20:30.9+02:00"), &t));
	assert_int_equal(value_time_seconds(&t), 1706689230);
	assert_true(value_time_parse(STR("1969-12-31T23:59:59Z"), &t));
	assert_int_equal(value_time_seconds(&t), -1);
	assert_false(value_time_parse(STR("yesterday"), &t));
	assert_true(value_time_parse(STR("2024-2-29"), &t));
	assert_int_equal(t.day, 29);
	assert_true(value_time_parse(STR("2001-12-14 21:59:43,1234567899"), &t));
	assert_int_equal(t.nanos, 123456789);
	assert_true(value_time_parse(STR("2001-12-14t1:2:3-05:30"), &t));
	assert_int_equal(t.offset, -(5 * 3600 + 30 * 60));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(value_time_parse(str_from(bad[i]), &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_floats_as_go),
		cmocka_unit_test(prints_json_as_go),
		cmocka_unit_test(compares_in_any_order),
		cmocka_unit_test(finds_members_and_names_types),
		cmocka_unit_test(finds_twins),
		cmocka_unit_test(reads_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
