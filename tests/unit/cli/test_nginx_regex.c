/* test_nginx_regex: expressions of nginx and what they are for Pomerium. */
#include "cli/migrate/nginx/nginx_regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
	const char *path, *wanted; /* wanted NULL: it has no equivalent */
} paths[] = {
	{ "/", "/.*" },
	{ "/foo", "/(?i)foo.*" },
	{ "/123", "/123.*" },
	{ "/foo$", "/(?i)foo$" },
	{ "/foo\\$", "/(?i)foo\\$.*" },
	{ "/foo[$]", "/(?i)foo[$].*" },
	{ "/foo.*", "/(?i)foo.*" },
	{ "/foo\\.*", "/(?i)foo\\.*.*" },
	{ "/foo.*?", "/(?i)foo.*?.*" },
	{ "/foo(.*)", "/(?i)foo(.*)" },
	{ "/foo(?:.*)", "/(?i)foo(?:.*)" },
	{ "/foo(a|.*)", "/(?i)foo(a|.*).*" },
	{ "/foo(/|$)(.*)", "/(?i)foo(/|$)(.*)" },
	{ "/foo(/|$)", "/(?i)foo(/|$).*" },
	{ "/*", "/*.*" },
	{ "/{2}a", "/{2}(?i)a.*" },
	{ "/[a|b]c", "/(?i)[a|b]c.*" },
	{ "/[]|]c", "/(?i)[]|]c.*" },
	{ "/[[:alpha:]|]c", "/(?i)[[:alpha:]|]c.*" },
	{ "/a|/b", "/(?i)(?:a.*|b.*|.*/b.*)" },
	{ "/1|/2$", "/(?:1.*|2$|.*/2$)" },
	{ "/a|b", "/(?i)(?:a.*|.*b.*)" },
	{ "/a|", NULL },
	{ "/a|(b)", NULL },
	{ "/a|/?b", NULL },
	{ "a", NULL },
	{ "", NULL },
	{ "/a b", NULL },
	{ "/a%20b", NULL },
	{ "/\xc3\xbc", NULL },
	{ "/a(?!b)", NULL },
	{ "/(a)\\1", NULL },
	{ "/a++", NULL },
	{ "/(", NULL },
	{ "/[", NULL },
	{ "/\\", NULL },
	{ "/{", "/{.*" },
};

static void test_paths(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct str out = STR_NONE;
		struct err err = { "" };
		const int rc = cli_nginx_regex_path(str_from(paths[i].path), &pool, &out, &err);

		if (paths[i].wanted) {
			assert_string_equal(rc ? err.text : out.ptr, paths[i].wanted);
		} else {
			assert_int_equal(rc, -1);
			assert_true(err.text[0]);
		}
	}
	pool_clear(&pool);
}

static const struct {
	const char *path, *target, *pattern, *substitution;
} rewrites[] = {
	{ "/", "/new", "^/.*$", "/new" },
	{ "/foo(/|$)(.*)", "/$2", "(?i)^/foo(/|$)(.*)$", "/\\2" },
	{ "/foo(.*)", "$1", "(?i)^/foo(.*)$", "\\1" },
	{ "/foo(.*)", "/$1/$2/x", "(?i)^/foo(.*)$", "/\\1//x" },
	{ "/foo/(.+)$", "/$10", "(?i)^/foo/(.+)$", "/\\10" },
	{ "/a|/b(.*)", "/$1", "(?i)^.*?(?:/a|/b(.*)).*$", "/\\1" },
	{ "/foo", "/$host", NULL, NULL },
	{ "/foo", "new", NULL, NULL },
	{ "/foo", "/$", NULL, NULL },
	{ "/(?<a>.*)", "/$1", NULL, NULL },
};

static void test_rewrites(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
		struct str pattern = STR_NONE, substitution = STR_NONE;
		struct err err = { "" };
		const int rc = cli_nginx_regex_rewrite(str_from(rewrites[i].path),
						       str_from(rewrites[i].target), &pool,
						       &pattern, &substitution, &err);

		assert_int_equal(rc, rewrites[i].pattern ? 0 : -1);
		if (rc)
			continue;
		assert_string_equal(pattern.ptr, rewrites[i].pattern);
		assert_string_equal(substitution.ptr, rewrites[i].substitution);
	}
	pool_clear(&pool);
}

static const char *const literals[][2] = {
	{ "/Foo/bar", "/foo/bar" }, { "/foo(.*)", "/foo" }, { "/foo*", "/fo" }, { "/foo+", "/foo" },
	{ "/fo{2}", "/f" },         { "/a\\.b.c", "/a.b" }, { "/a|/b", "" },    { "/*", "" },
};

static void test_literals(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		struct str out = cli_nginx_regex_literal(str_from(literals[i][0]), &pool);

		assert_int_equal(out.len, strlen(literals[i][1]));
		assert_memory_equal(out.len ? out.ptr : "", literals[i][1], out.len);
	}
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_rewrites),
		cmocka_unit_test(test_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
