/* test_url: what Go's net/url takes and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/url.h"

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
		struct url url;
		struct err err = { "" };

		if (url_parse(str_from(cases[i].text), &url, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_true(str_is(url.scheme, cases[i].scheme));
		assert_true(str_is(url.hostname, cases[i].hostname));
		assert_true(str_is(url.port, cases[i].port));
		assert_true(str_is(url.path, cases[i].path));
	}
}

static void test_tls(void **state)
{
	(void)state;
	assert_true(url_is_tls(STR("https://a.example.com")));
	assert_true(url_is_tls(STR("tcp+https://a.example.com:22")));
	assert_false(url_is_tls(STR("http://a.example.com")));
	assert_false(url_is_tls(STR("ssh://a.example.com/https:")));
	assert_false(url_is_tls(STR("https")));
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
		struct url url;
		struct err err = { "" };

		if (!url_parse_full(str_from(bad[i]), &url, &err))
			fail_msg("%s should be refused", bad[i]);
		assert_true(err.text[0] != '\0');
	}
}

static void test_print(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_true(str_is(url_escape(STR("*.a_b:1"), URL_HOST, &pool), "*.a_b:1"));
	assert_true(str_is(url_escape(STR("a b/\xC3\xBC"), URL_HOST, &pool), "a%20b%2F%C3%BC"));
	assert_true(str_is(url_join(STR("fd00::1"), 80, &pool), "[fd00::1]:80"));
	assert_true(str_is(url_join(STR("a"), 0, &pool), "a:0"));
	pool_clear(&pool);
}

/* What Go takes beyond that: several hosts, zones. */
static void test_split(void **state)
{
	struct url url;
	struct err err = { "" };

	(void)state;
	assert_int_equal(url_split(STR("postgres://u:p%40@a:1,b:2/db?x=y"), &url, &err), 0);
	assert_true(str_is(url.user, "u"));
	assert_true(str_is(url.password, "p%40"));
	assert_true(str_is(url.host, "a:1,b:2"));
	assert_true(str_is(url.query, "x=y"));
	assert_true(url.has_authority);
	assert_int_equal(url_parse(STR("postgres://u:p%40@a:1,b:2/db?x=y"), &url, &err), -1);
	assert_int_equal(url_split(STR("http://[fe80::1%25eth0]:80"), &url, &err), 0);
	assert_int_equal(url_parse(STR("http://[fe80::1%25eth0]:80"), &url, &err), -1);
	assert_int_equal(url_split(STR("a:b"), &url, &err), 0);
	assert_true(str_is(url.opaque, "b"));
	assert_null(url.user.ptr);
	assert_int_equal(url_split(STR("a://@h"), &url, &err), 0);
	assert_true(url.user.ptr && !url.user.len && !url.password.ptr);
}

static void test_parts(void **state)
{
	static const struct {
		const char *plain;
		enum url_part part;
		const char *written;
	} cases[] = {
		{ "a b+c/d?", URL_PATH, "a%20b+c/d%3F" },
		{ "a b+c/d?", URL_QUERY, "a+b%2Bc%2Fd%3F" },
		{ "a b+c/d?", URL_FRAGMENT, "a%20b+c/d?" },
		{ "u@:/", URL_USER, "u%40%3A%2F" },
		{ "h<>[]:\xC3\xBC", URL_HOST, "h<>[]:%C3%BC" },
	};
	struct pool pool;
	struct str text;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = url_escape(str_from(cases[i].plain), cases[i].part, &pool);
		if (!str_is(text, cases[i].written))
			fail_msg("%s became " STR_FMT, cases[i].plain, STR_ARG(text));
		assert_int_equal(url_unescape(text, cases[i].part, &pool, &text), 0);
		assert_true(str_is(text, cases[i].plain));
	}
	assert_int_equal(url_unescape(STR("%4"), URL_PATH, &pool, &text), -1);
	assert_int_equal(url_unescape(STR("%41"), URL_HOST, &pool, &text), -1);
	assert_int_equal(url_unescape_host(STR("[fe80::1%25e%20]:80"), &pool, &text), 0);
	assert_true(str_is(text, "[fe80::1%e ]:80"));
	assert_true(str_is(url_spelling(STR("a%2fb"), STR("a/b"), URL_PATH, &pool), "a%2fb"));
	assert_true(str_is(url_spelling(STR("a\""), STR("a\""), URL_PATH, &pool), "a%22"));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),  cmocka_unit_test(test_tls),
		cmocka_unit_test(test_refuse), cmocka_unit_test(test_print),
		cmocka_unit_test(test_split),  cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
