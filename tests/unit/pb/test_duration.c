/* test_duration: spans in Go's and protobuf-JSON's form. */
#include "rig.h"

#include "pb/duration.h"

static void test_go(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "+0", 0 },
		{ "30s", 30000000000 },
		{ "1h30m15s", 5415000000000 },
		{ "1.5s", 1500000000 },
		{ ".5s", 500000000 },
		{ "1.s", 1000000000 },
		{ "-1.5h", -5400000000000 },
		{ "+5s", 5000000000 },
		{ "1ns", 1 },
		{ "1500us", 1500000 },
		{ "2\xc2\xb5s", 2000 },
		{ "2\xce\xbcs", 2000 },
		{ "250ms", 250000000 },
		{ "0.3333333333333333333h", 1200000000000 },
		{ "9007199254740993ns", 9007199254740993 },
		{ "9223372036854775807ns", INT64_MAX },
		{ "-9223372036854775808ns", INT64_MIN },
		{ "9223372036.854775807s", INT64_MAX },
		{ "0.100000000000000000000h", 360000000000 },
		{ "0.830103483285477580700h", 2988372539827 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns = -1;

		if (pb_parse_go_duration(str_from(cases[i].text), &ns, NULL) < 0 ||
		    ns != cases[i].ns)
			fail_msg("%s: %lld", cases[i].text, (long long)ns);
	}
}

static void test_go_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"3",
		"-",
		"s",
		".",
		"-.",
		".s",
		"+.s",
		"1d",
		"10 s",
		"1e3s",
		"0x1s",
		"1S",
		"30s ",
		" 30s",
		"1..5s",
		"--1s",
		"9223372037s",
		"1s-1s",
		"9223372036854775808ns",
		"-9223372036854775809ns",
		"9223372036854775.8us1ms",
		"3000000h",
		"\x85\x85",
	};
	struct err err;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns;

		if (pb_parse_go_duration(str_from(cases[i]), &ns, &err) == 0)
			fail_msg("%s was accepted: %lld", cases[i], (long long)ns);
		assert_non_null(strstr(err.text, "is not a duration"));
	}
}

static void test_json(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t seconds;
		int32_t nanos;
	} cases[] = {
		{ "30s", true, 30, 0 },
		{ "0s", true, 0, 0 },
		{ "0.000000001s", true, 0, 1 },
		{ "1.5s", true, 1, 500000000 },
		{ "-1.5s", true, -1, -500000000 },
		{ "-.1s", true, 0, -100000000 },
		{ "+1s", true, 1, 0 },
		{ "1.s", true, 1, 0 },
		{ "315576000000s", true, 315576000000, 0 },
		{ "-315576000000s", true, -315576000000, 0 },
		{ "315576000000.999999999s", true, 315576000000, 999999999 },
		{ "315576000001s", false, 0, 0 },
		{ "99999999999999999999999s", false, 0, 0 },
		{ "0.0000000001s", false, 0, 0 },
		{ "00s", false, 0, 0 },
		{ "01s", false, 0, 0 },
		{ "1m", false, 0, 0 },
		{ "1", false, 0, 0 },
		{ "s", false, 0, 0 },
		{ "-s", false, 0, 0 },
		{ "1e3s", false, 0, 0 },
		{ "1 s", false, 0, 0 },
		{ "", false, 0, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = 0;
		int32_t nanos = 0;
		bool ok = pb_parse_json_duration(str_from(cases[i].text), &seconds, &nanos);

		if (ok != cases[i].ok ||
		    (ok && (seconds != cases[i].seconds || nanos != cases[i].nanos)))
			fail_msg("%s: %d %lld %d", cases[i].text, ok, (long long)seconds, nanos);
	}
}

static void test_print(void **state)
{
	static const struct {
		int64_t seconds;
		int32_t nanos;
		const char *text;
	} cases[] = {
		{ 0, 0, "0s" },
		{ 30, 0, "30s" },
		{ 0, 100000000, "0.100s" },
		{ 0, 1500000, "0.001500s" },
		{ 1, 1, "1.000000001s" },
		{ -1, -500000000, "-1.500s" },
		{ 0, -1, "-0.000000001s" },
	};
	struct buf out;
	(void)state;

	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		pb_print_duration(&out, cases[i].seconds, cases[i].nanos);
		assert_string_equal(out.ptr, cases[i].text);
	}
	buf_reset(&out);
	pb_print_duration(&out, INT64_MIN, 0);
	assert_string_equal(out.ptr, "-9223372036854775808s");
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go),
		cmocka_unit_test(test_go_refused),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
