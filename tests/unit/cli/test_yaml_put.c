/* test_yaml_put: what it writes is read back as the same string, and looks as a person would write it. */
#include "cli/migrate/yaml_put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/value.h"

static const char *const looks[][2] = {
	{ "plain", "plain" },
	{ "/api/v1", "/api/v1" },
	{ "a b: c", "'a b: c'" },
	{ "a:b", "a:b" },
	{ "it's", "'it''s'" },
	{ "Yes", "'Yes'" },
	{ "null", "'null'" },
	{ "y", "'y'" },
	{ "1", "'1'" },
	{ "", "''" },
	{ "- a", "'- a'" },
	{ "a #b", "'a #b'" },
	{ "a\nb", "|-\n    a\n    b" },
	{ "a\n\n b\n", "|\n    a\n\n     b" },
	{ " a\nb", "\" a\\nb\"" },
	{ "a\n\n", "\"a\\n\\n\"" },
	{ "\x1b[0m", "\"\\u001b[0m\"" },
};

static void test_looks(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		buf_reset(&out);
		cli_yaml_put_text(&out, str_from(looks[i][0]), 4);
		assert_string_equal(out.ptr, looks[i][1]);
	}
	buf_clear(&out);
}

static void check_pair(struct str key, struct str text)
{
	struct value value;
	struct pool pool;
	struct buf out;
	struct err err = { "" };

	pool_init(&pool);
	buf_init(&out, BUF_MAX_TEXT);
	buf_puts(&out, "top:\n");
	cli_yaml_put_pair(&out, key, text, 2);
	cli_yaml_put_pair(&out, STR("after"), STR("x"), 2);
	if (yaml_parse(buf_view(&out), &pool, &value, &err))
		fail_msg("%s\n%s", err.text, out.ptr);
	value = *value_get(&value, "top");
	assert_int_equal(value.map.n, 2);
	assert_true(str_eq(value.map.entries[0].key.string, key));
	assert_int_equal(value.map.entries[0].value.type, VALUE_STRING);
	assert_true(str_eq(value.map.entries[0].value.string, text));
	buf_clear(&out);
	pool_clear(&pool);
}

/* Every string of up to four of these letters. */
static void test_every_short_string(void **state)
{
	static const char letters[] = "a1 \n:#'\"-|>{[,&*!%@`\\~?=.\t\r/";
	const size_t n = sizeof(letters) - 1;
	char text[4];

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		text[0] = letters[i % n];
		text[1] = letters[i / n % n];
		text[2] = letters[i / n / n];
		text[3] = 'z';
		for (size_t len = 1; len <= 4; len++)
			check_pair(STR("key"), (struct str){ text, len });
	}
	check_pair(STR("a: b"), STR("\xc2\x85\xe2\x80\xa8\xef\xbb\xbf \x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_every_short_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
