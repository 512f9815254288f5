/* test_url: what Go's net/url takes and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "translator/parse/url.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text, *scheme, *hostname, *port, *path;
	} cases[] = {
		{ "https://a.example.com", "https", "a.example.com", "", "" },
		{ "https://*:443/x?y#z", "https", "*", "443", "/x" },
		{ "tcp+https://a:22", "tcp+https", "a", "22", "" },
		{ "http://[::1]:80/", "http", "::1", "80", "/" },
		{ "http://[::1]", "http", "::1", "", "" },
		{ "http://u:p@h:1", "http", "h", "1", "" },
		{ "https://b%C3%BCcher.example", "https", "b%C3%BCcher.example", "", "" },
		{ "https://b\xC3\xBC.example", "https", "b\xC3\xBC.example", "", "" },
		{ "mailto:a@b", "mailto", "", "", "" },
		{ "/path", "", "", "", "/path" },
		{ "http://h:/", "http", "h", "", "/" },
		{ "https:///x", "https", "", "", "/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct translator_url url;
		struct err err = { "" };

		if (translator_url_parse(str_from(cases[i].text), &url, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_true(str_is(url.scheme, cases[i].scheme));
		assert_true(str_is(url.hostname, cases[i].hostname));
		assert_true(str_is(url.port, cases[i].port));
		assert_true(str_is(url.path, cases[i].path));
	}
}

static void test_refuse(void **state)
{
	static const char *const bad[] = {
		"https://a b",     "https://a%20b",
		"https://a%zz",    "https://a:b",
		"https://[::1",    "https://[1.2.3.4]",
		"https://a]",      "https://::1",
		"https://a:53:53", ":x",
		"a:b@c:d/:",       "a b:c",
		"https://a/%g0",   "https://a\n",
		"https://a\x7F",   "https://a^b",
		"https://a\\b",    "https://[a:53]:53",
		"https://u p@h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct translator_url url;
		struct err err = { "" };

		if (!translator_url_parse_full(str_from(bad[i]), &url, &err))
			fail_msg("%s should be refused", bad[i]);
		assert_true(err.text[0] != '\0');
	}
}

static void test_print(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_true(str_is(translator_url_escape_host(STR("*.a_b:1"), &pool), "*.a_b:1"));
	assert_true(
		str_is(translator_url_escape_host(STR("a b/\xC3\xBC"), &pool), "a%20b%2F%C3%BC"));
	assert_true(str_is(translator_url_join(STR("fd00::1"), 80, &pool), "[fd00::1]:80"));
	assert_true(str_is(translator_url_join(STR("a"), 0, &pool), "a:0"));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
