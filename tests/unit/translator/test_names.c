/* test_names: slugs and ids as Go's gosimple/slug and encoding/json write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "translator/ingress/names.h"

static const char *const table[256] = {
#include "translator/ingress/transliterate.inc"
};

/* The slug of one text: a name that has nothing else. */
static struct str slug_of(struct str text, struct pool *pool)
{
	const struct translator_route_name name = { text, STR(""), STR(""), STR("") };

	return translator_names_stat(&name, pool);
}

/* Asked of gosimple/slug 1.15.0. */
static void test_slugs(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "/", "" },
		{ "-_-", "" },
		{ "/API/v1/", "api-v1" },
		{ "a--b__c", "a-b__c" },
		{ "_a_", "a" },
		{ "stra\xC3\x9F"
		  "e/\xC3\xB6l",
		  "strasse-ol" },
		{ "\xD0\xBE\xD1\x82\xD1\x87\xD1\x91\xD1\x82", "otchiot" },
		{ "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", "ri-ben-yu" },
		{ "\xE2\x82\xAC", "eu" },
		{ "a&b@c", "aandbatc" },
		{ "it's \"x\"", "its-x" },
		{ "\xF0\x9F\x9A\x80/launch", "launch" },
		{ "a\xE2\x80\xA8"
		  "b",
		  "a-b" },
		{ "\xE2\x80\x99\xE2\x80\x93", "" },
		{ "x\xE2\x80\x94y", "x-y" },
		{ "\xED\x95\x9C\xEA\xB5\xAD", "hangug" },
	};
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str got = slug_of(str_from(cases[i][0]), &pool);

		assert_string_equal(got.ptr, cases[i][1]);
	}
	pool_clear(&pool);
}

/* ASCII is not looked up: the rule must say what the table says. */
static void test_ascii(void **state)
{
	struct str rest = str_from(table[0]), word;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (int c = 0; c < 0x80; c++) {
		char text[] = { 'x', (char)c, 'x', '\0' };
		struct str got = slug_of((struct str){ text, 3 }, &pool);

		assert_true(str_cut(rest, ' ', &word, &rest));
		assert_string_equal(got.ptr,
				    pool_printf(&pool, "x" STR_FMT "x", STR_ARG(word)).ptr);
	}
	pool_clear(&pool);
}

static void test_stat(void **state)
{
	struct translator_route_name name = { STR("ns"), STR("a.b"), STR("*.example.com"),
					      STR("/x_y") };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_string_equal(translator_names_stat(&name, &pool).ptr, "ns-a-b-example-com-x_y");
	name.host = STR("*");
	name.path = STR("/-/");
	assert_string_equal(translator_names_stat(&name, &pool).ptr, "ns-a-b");
	pool_clear(&pool);
}

static void test_ids(void **state)
{
	struct translator_route_name name = { STR("ns"), STR("n"), STR("h"),
					      STR("/<&>\"\\\n\x01\x7F\xE2\x80\xA9") };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_string_equal(translator_names_id(&name, false, &pool).ptr,
			    "{\"n\":\"n\",\"ns\":\"ns\",\"h\":\"h\",\"p\":\"/"
			    "\\u003c\\u0026\\u003e\\\"\\\\\\n\\u0001\x7F\\u2029\"}");
	name.path = STR("/a");
	assert_string_equal(translator_names_id(&name, true, &pool).ptr,
			    "{\"n\":\"n\",\"ns\":\"ns\",\"h\":\"h\",\"p\":\"/a\",\"t\":\"Exact\"}");
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slugs),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
