/* test_str: views, comparison, UTF-8, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void compares_by_byte_then_length(void **state)
{
	(void)state;
	assert_true(str_eq(STR_NONE, STR("")));
	assert_false(str_eq(STR("a"), STR("b")));
	assert_true(str_is(STR("abc"), "abc"));
	assert_false(str_is(STR("abc"), "abcd"));
	assert_true(str_is_nocase(STR("Retry-After"), "retry-after"));
	assert_true(str_is_nocase(STR_NONE, ""));
	assert_false(str_is_nocase(STR("retry"), "retry-after"));
	assert_false(str_is_nocase(STR("a\0b"), "a"));
	for (int c = 0; c < 256; c++) {
		const char *digits = "0123456789abcdef",
			   *at = strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);

		assert_int_equal(str_hex_digit((char)c), c && at ? at - digits : -1);
	}
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_true(str_starts(STR("abc"), "ab"));
	assert_false(str_starts(STR("a"), "ab"));
	assert_true(str_ends(STR("abc"), "bc"));
	assert_false(str_ends(STR("c"), "bc"));
}

static void compares_lists_text_by_text(void **state)
{
	struct str ab[] = { STR("a"), STR("b") }, ba[] = { STR("b"), STR("a") };
	const struct str_list none = { NULL, 0 }, one = { ab, 1 }, two = { ab, 2 },
			      back = { ba, 2 };

	(void)state;
	assert_true(str_list_eq(&none, &none));
	assert_true(
		str_list_eq(&two, &(struct str_list){ (struct str[]){ STR("a"), STR("b") }, 2 }));
	assert_false(str_list_eq(&one, &two));
	assert_false(str_list_eq(&two, &one));
	assert_false(str_list_eq(&two, &back));
}

static void cuts_and_slices(void **state)
{
	struct str head, tail;

	(void)state;
	assert_true(str_cut(STR("a/b/c"), '/', &head, &tail));
	assert_true(str_is(head, "a"));
	assert_true(str_is(tail, "b/c"));
	assert_false(str_cut(STR("abc"), '/', &head, &tail));
	assert_true(str_is(str_slice(STR("abc"), 1, 99), "bc"));
	assert_int_equal(str_slice(STR("abc"), 5, 2).len, 0);
	assert_null(str_slice(STR_NONE, 0, 4).ptr);
	assert_true(str_is(str_trim(STR(" \t a b\r\n")), "a b"));
	assert_int_equal(str_trim(STR("  ")).len, 0);
	assert_int_equal(str_find(STR("abcb"), 'b'), 1);
	assert_int_equal(str_rfind(STR("abcb"), 'b'), 3);
	assert_int_equal(str_find(STR_NONE, 'b'), -1);
}

static void knows_utf8(void **state)
{
	static const struct {
		struct str text;
		bool good;
	} cases[] = {
		{ STR(""), true },
		{ STR("plain text that is longer than eight bytes"), true },
		{ STR("12345678\xc3\xa9"), true },
		{ STR("\xf0\x9f\x98\x80"), true },
		{ STR("\xf4\x8f\xbf\xbf"), true },
		{ STR("a\0b"), true },
		{ STR("\x80"), false },
		{ STR("12345678\xc3"), false },
		{ STR("\xc0\x80"), false },         /* overlong */
		{ STR("\xe0\x9f\xbf"), false },     /* overlong */
		{ STR("\xed\xa0\x80"), false },     /* surrogate */
		{ STR("\xf4\x90\x80\x80"), false }, /* above U+10FFFF */
		{ STR("\xf0\x9f\x98"), false },
		{ STR("\xff"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(str_is_utf8(cases[i].text), cases[i].good);
}

static void reads_whole_numbers(void **state)
{
	static const struct {
		struct str text;
		bool good;
		long long number;
	} cases[] = {
		{ STR("0"), true, 0 },
		{ STR("-1"), true, -1 },
		{ STR("007"), true, 7 },
		{ STR("9223372036854775807"), true, INT64_MAX },
		{ STR("-9223372036854775808"), true, INT64_MIN },
		{ STR("9223372036854775808"), false, 0 },
		{ STR("-9223372036854775809"), false, 0 },
		{ STR(""), false, 0 },
		{ STR("-"), false, 0 },
		{ STR("+1"), false, 0 },
		{ STR("1 "), false, 0 },
		{ STR("0x1"), false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long long number = 0;

		assert_int_equal(str_to_int(cases[i].text, &number), cases[i].good);
		assert_true(number == cases[i].number);
	}
}

static void finds_control_characters_and_map_keys(void **state)
{
	struct str_pair pairs[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
	struct str_map map = { pairs, 2 };

	(void)state;
	assert_true(str_has_control(STR("a\0b")));
	assert_true(str_has_control(STR("a\r")));
	assert_false(str_has_control(STR("a\tb")));
	assert_true(str_is(str_map_get(&map, "b"), "2"));
	assert_null(str_map_get(&map, "c").ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_by_byte_then_length),
		cmocka_unit_test(compares_lists_text_by_text),
		cmocka_unit_test(cuts_and_slices),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(reads_whole_numbers),
		cmocka_unit_test(finds_control_characters_and_map_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
