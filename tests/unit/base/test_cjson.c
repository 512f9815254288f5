/* test_cjson: what our layer adds to cJSON: absent texts, all 64 bits, NUL bytes, raw JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cjson.h"
#include "base/value.h"

static void test_build(void **state)
{
	cJSON *doc = cJSON_CreateObject(), *list, *object;
	struct buf out;

	(void)state;
	cjson_put_text(doc, "text", STR("x\"y\\\n\t\x01<é>"));
	cjson_put_text(doc, "none", STR_NONE);
	cjson_put_text(doc, "empty", STR(""));
	cjson_put_filled(doc, "left out", STR(""));
	cjson_put_filled(doc, "full", STR("f"));
	cjson_put_text(doc, "part", str_slice(STR("abcdef"), 1, 3));
	cjson_put_text(doc, "nul", (struct str){ "a\0b", 3 });
	cjson_put_number(doc, "least", INT64_MIN);
	cjson_put_number(doc, "most", INT64_MAX);
	list = cjson_put_list(doc, "list");
	cjson_put_bool(list, NULL, true);
	cjson_put_number(list, NULL, -3);
	object = cjson_put_object(list, NULL);
	cjson_put_raw(object, "raw", STR("{\"a\":18446744073709551615}"));
	cjson_put_object(doc, "object");
	buf_init(&out, BUF_MAX_TEXT);
	buf_puts(&out, "> ");
	cjson_print(&doc, &out);
	assert_null(doc);
	assert_string_equal(
		out.ptr,
		"> {\"text\":\"x\\\"y\\\\\\n\\t\\u0001<é>\",\"none\":null,\"empty\":\"\","
		"\"full\":\"f\",\"part\":\"bc\",\"nul\":\"a?b\","
		"\"least\":-9223372036854775808,\"most\":9223372036854775807,"
		"\"list\":[true,-3,{\"raw\":{\"a\":18446744073709551615}}],\"object\":{}}");
	buf_clear(&out);
}

static void test_read(void **state)
{
	static const char text[] =
		"{\"t\":\"a\\u00e9\",\"n\":-7,\"big\":1e300,\"exact\":9007199254740992,"
		"\"yes\":true,\"no\":false,\"T\":1}behind";
	cJSON *doc = cjson_parse((struct str){ text, sizeof(text) - 1 - strlen("behind") });

	(void)state;
	assert_non_null(doc);
	assert_true(str_is(cjson_text(doc, "t"), "aé"));
	assert_null(cjson_text(doc, "n").ptr);
	assert_null(cjson_text(doc, "missing").ptr);
	assert_int_equal(cjson_number(doc, "n"), -7);
	assert_int_equal(cjson_number(doc, "exact"), 9007199254740992);
	assert_int_equal(cjson_number(doc, "big"), 0);
	assert_int_equal(cjson_number(doc, "t"), 0);
	assert_true(cjson_flag(doc, "yes"));
	assert_false(cjson_flag(doc, "no") || cjson_flag(doc, "n") || cjson_flag(NULL, "yes"));
	cJSON_Delete(doc);
	assert_null(cjson_parse(STR("{\"a\":")));
	assert_null(cjson_parse(STR("{} {}")));
	doc = cjson_parse(STR(" [ ] \n"));
	assert_non_null(doc);
	cJSON_Delete(doc);
	assert_null(cjson_parse(STR_NONE));
}

/* Why hostile text has a reader of its own: what cJSON makes of it, without a word. */
static void test_is_not_for_hostile_text(void **state)
{
	static const struct {
		const char *json, *text; /* of the member "k" */
		double number;
		bool is_refused; /* by json_parse, which keeps the others as they are */
	} cases[] = {
		{ "{\"k\":\"shop\\u0000evil\"}", "shop", 0, false }, /* ends at the NUL */
		{ "{\"k\":9007199254740993}", NULL, 9007199254740992, false },
		{ "{\"k\":\"\xff\"}", "\xff", 0, true },
		{ "{\"k\":1,\"k\":2}", NULL, 1, true },
	};
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cJSON *doc = cjson_parse(str_from(cases[i].json));
		const cJSON *k = cJSON_GetObjectItemCaseSensitive(doc, "k");
		struct err err = { "" };
		struct value v;
		int rc = json_parse(str_from(cases[i].json), &pool, &v, &err);

		if (cases[i].text)
			assert_string_equal(cJSON_GetStringValue(k), cases[i].text);
		else
			assert_true(cJSON_GetNumberValue(k) == cases[i].number);
		assert_int_equal(rc, cases[i].is_refused ? -1 : 0);
		cJSON_Delete(doc);
		if (i == 0)
			assert_int_equal(value_text(&v, "k").len, 9);
		if (i == 1)
			assert_int_equal(value_get(&v, "k")->integer, 9007199254740993);
	}
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_is_not_for_hostile_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
