/* test_value_text: values as Go prints them, and numbers in strings. */
#include "rig.h"

#include "pb/json_read.h"

static void test_sprint(void **state)
{
	static const struct {
		const char *yaml, *text;
	} cases[] = {
		{ "0.1", "0.1" },
		{ "1e21", "1e+21" },
		{ "1e20", "1e+20" },
		{ "999999.5", "999999.5" },
		{ "1000000.5", "1.0000005e+06" },
		{ "1e6", "1e+06" },
		{ "123456.0", "123456" },
		{ "123456789.125", "1.23456789125e+08" },
		{ "0.0001", "0.0001" },
		{ "0.00001", "1e-05" },
		{ "1e-7", "1e-07" },
		{ "5e-324", "5e-324" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "-0.0", "-0" },
		{ ".inf", "+Inf" },
		{ "-.inf", "-Inf" },
		{ ".nan", "NaN" },
		{ "12345678901234567890", "12345678901234567890" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "0x1f", "31" },
		{ "~", "<nil>" },
		{ "true", "true" },
		{ "\"\"", "" },
		{ "[]", "[]" },
		{ "[a, [b, ~], {}]", "[a [b <nil>] map[]]" },
		{ "{b: 1, a: {c: 2}}", "map[a:map[c:2] b:1]" },
		{ "2024-01-31", "2024-01-31 00:00:00 +0000 UTC" },
		{ "2024-01-31T10:20:30Z", "2024-01-31 10:20:30 +0000 UTC" },
		{ "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pool pool;
		struct value v;
		struct err err;
		struct str text;

		pool_init(&pool);
		assert_int_equal(yaml_parse(str_from(cases[i].yaml), &pool, &v, &err), 0);
		text = pb_value_sprint(&v, &pool);
		if (!str_is(text, cases[i].text))
			fail_msg("%s: " STR_FMT ", not %s", cases[i].yaml, STR_ARG(text),
				 cases[i].text);
		pool_clear(&pool);
	}
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		enum value_type type; /* VALUE_NULL: no number */
		double number;
	} cases[] = {
		{ "0", VALUE_INT, 0 },
		{ "-0", VALUE_INT, 0 },
		{ "64", VALUE_INT, 64 },
		{ "-9223372036854775808", VALUE_INT, -9223372036854775808.0 },
		{ "18446744073709551615", VALUE_UINT, 18446744073709551615.0 },
		{ "18446744073709551616", VALUE_FLOAT, 18446744073709551616.0 },
		{ "-9223372036854775809", VALUE_FLOAT, -9223372036854775809.0 },
		{ "1.50", VALUE_FLOAT, 1.5 },
		{ "1e3", VALUE_FLOAT, 1000 },
		{ "1E-1", VALUE_FLOAT, 0.1 },
		{ "", VALUE_NULL, 0 },
		{ "-", VALUE_NULL, 0 },
		{ "+1", VALUE_NULL, 0 },
		{ "01", VALUE_NULL, 0 },
		{ "1.", VALUE_NULL, 0 },
		{ ".5", VALUE_NULL, 0 },
		{ "1e", VALUE_NULL, 0 },
		{ "0x10", VALUE_NULL, 0 },
		{ " 1", VALUE_NULL, 0 },
		{ "1 ", VALUE_NULL, 0 },
		{ "50%", VALUE_NULL, 0 },
		{ "1e999", VALUE_NULL, 0 },
		{ "nan", VALUE_NULL, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value v = { .type = VALUE_NULL };
		double number;

		if (pb_text_number(str_from(cases[i].text), &v) != (cases[i].type != VALUE_NULL))
			fail_msg("%s", cases[i].text);
		if (cases[i].type == VALUE_NULL)
			continue;
		number = v.type == VALUE_INT    ? (double)v.integer
			 : v.type == VALUE_UINT ? (double)v.uinteger
						: v.number;
		if (v.type != cases[i].type || number < cases[i].number || number > cases[i].number)
			fail_msg("%s: %g", cases[i].text, number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sprint),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
