/* test_buf: growth, the ceiling, encodings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void refuses_what_passes_the_ceiling(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	buf_puts(&buf, "12345678");
	assert_false(buf.full);
	buf_puts(&buf, "abc");
	assert_true(buf.full);
	assert_string_equal(buf_view(&buf).ptr, "12345678"); /* nothing of it */
	buf_putc(&buf, 'x');
	assert_int_equal(buf.len, 8); /* and nothing after it */
	buf_reset(&buf);
	assert_false(buf.full);
	buf_printf(&buf, "%010d", 7);
	assert_string_equal(buf_view(&buf).ptr, "0000000007");
	buf_printf(&buf, "%d", 1);
	assert_true(buf.full);
	buf_wipe(&buf);
	assert_string_equal(buf_view(&buf).ptr, "");
}

static void knows_base64(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const pairs[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };
	static const char *const bad[] = { "Z", "Zg",       "Zg=",   "Zg===", "Z===",
					   "=", "Zg==Zg==", "Zm9v!", "Zm 9v", "Zm9vY" };
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&buf);
		buf_base64(&buf, str_from(pairs[i][0]));
		assert_string_equal(buf_view(&buf).ptr, pairs[i][1]);
		buf_reset(&buf);
		assert_int_equal(buf_unbase64(&buf, str_from(pairs[i][1])), 0);
		assert_string_equal(buf_view(&buf).ptr, pairs[i][0]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(buf_unbase64(&buf, str_from(bad[i])), -1);
	buf_reset(&buf);
	assert_int_equal(buf_unbase64(&buf, STR("Zm9v\r\nYmFy\n")), 0);
	assert_string_equal(buf_view(&buf).ptr, "foobar");
	buf_clear(&buf);
}

static void writes_json_strings(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	buf_json(&buf, STR("a\"\\\n\t\r\b\f\x01\0é<"));
	assert_string_equal(buf_view(&buf).ptr, "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u0000é<\"");
	buf_clear(&buf);
}

static void quotes_for_people(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	buf_quoted(&buf, STR("a\"b\\c\nd\x1b\xff é\xc2\x85\xe2\x80\xae"), 80);
	assert_string_equal(buf_view(&buf).ptr,
			    "\"a\\\"b\\\\c\\nd\\x1b\\xff é\\xc2\\x85\\xe2\\x80\\xae\"");
	buf_reset(&buf);
	buf_quoted(&buf, STR("1234567890"), 10);
	assert_string_equal(buf_view(&buf).ptr, "\"1234567890\"");
	buf_reset(&buf);
	buf_quoted(&buf, STR("123456789é0"), 10); /* no half character */
	assert_string_equal(buf_view(&buf).ptr, "\"123456789...\"");
	buf_clear(&buf);
}

static void test_reserve(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	buf_puts(&buf, "a");
	buf_reserve(&buf, 999);
	buf_reserve(&buf, 1000); /* more than fits: as if nobody had asked */
	assert_true(buf.cap > 1000);
	assert_false(buf.full);
	buf_puts(&buf, "b");
	assert_string_equal(buf.ptr, "ab");
	buf_clear(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_passes_the_ceiling),
		cmocka_unit_test(knows_base64),
		cmocka_unit_test(writes_json_strings),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(quotes_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
