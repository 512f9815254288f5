/* test_timestamp: moments as RFC 3339 text, both ways. */
#include "rig.h"

#include "pb/duration.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t seconds;
		int32_t nanos;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", true, 0, 0 },
		{ "2006-01-02T15:04:05Z", true, 1136214245, 0 },
		{ "2006-01-02T15:04:05.999999999Z", true, 1136214245, 999999999 },
		{ "2006-01-02T15:04:05.5+01:30", true, 1136208845, 500000000 },
		{ "2000-02-29T00:00:00-23:59", true, 951868740, 0 },
		{ "0001-01-01T00:00:00Z", true, -62135596800, 0 },
		{ "9999-12-31T23:59:59Z", true, 253402300799, 0 },
		{ "9999-12-31T23:59:59-00:01", false, 0, 0 },
		{ "0000-12-31T23:59:59Z", false, 0, 0 },
		{ "1900-02-29T00:00:00Z", false, 0, 0 },
		{ "2006-13-02T15:04:05Z", false, 0, 0 },
		{ "2006-00-02T15:04:05Z", false, 0, 0 },
		{ "2006-01-00T15:04:05Z", false, 0, 0 },
		{ "2006-01-02T24:04:05Z", false, 0, 0 },
		{ "2006-01-02T15:04:60Z", false, 0, 0 },
		{ "2006-01-02T15:04:05", false, 0, 0 },
		{ "2006-01-02 15:04:05Z", false, 0, 0 },
		{ "2006-01-02T15:04:05.Z", false, 0, 0 },
		{ "2006-01-02T15:04:05.1234567890Z", false, 0, 0 },
		{ "2006-01-02T15:04:05Zx", false, 0, 0 },
		{ "2006-01-02T15:04:05+0130", false, 0, 0 },
		{ "", false, 0, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = 0;
		int32_t nanos = 0;
		bool ok = pb_parse_timestamp(str_from(cases[i].text), &seconds, &nanos);

		if (ok != cases[i].ok ||
		    (ok && (seconds != cases[i].seconds || nanos != cases[i].nanos)))
			fail_msg("%s: %d %lld %d", cases[i].text, ok, (long long)seconds, nanos);
	}
}

/* Every tenth day of four centuries comes back, leap years included. */
static void test_both_ways(void **state)
{
	struct buf out;
	(void)state;

	buf_init(&out, 100);
	for (int64_t day = -719162; day < -719162 + 146097 + 800; day += 10) {
		int64_t seconds;
		int32_t nanos;

		buf_reset(&out);
		pb_print_timestamp(&out, day * 86400 + 3661, 120000000);
		assert_true(pb_parse_timestamp(buf_view(&out), &seconds, &nanos));
		assert_int_equal(seconds, day * 86400 + 3661);
		assert_int_equal(nanos, 120000000);
	}
	buf_reset(&out);
	pb_print_timestamp(&out, INT64_MAX, INT32_MAX);
	assert_string_equal(out.ptr, "9999-12-31T23:59:59Z");
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
