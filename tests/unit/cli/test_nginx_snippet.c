/* test_nginx_snippet: directives, quotes, comments, blocks. */
#include "cli/migrate/nginx/nginx_snippet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/buf.h"

/* Directives parted by /, their words by |; a block or an endless one ends in !. */
static const char *const cases[][2] = {
	{ "a b c;", "a|b|c" },
	{ " a\n b ; c;", "a|b/c" },
	{ "a 'b c' \"d;e\";", "a|b c|d;e" },
	{ "a 'it\\'s' \\;x;", "a|it's|;x" },
	{ "# c;\na; # d;\n", "a" },
	{ "if ($x = '}') { a { b; } c; } d;", "if|($x|=|}|)!/d" },
	{ "a", "a" },
	{ "a {", "a!" },
	{ ";;}a;", "a" },
	{ "'", "" },
	{ "a 1 2 3 4 5 6 7 8;b;", "a|1|2|3|4|5|6|7!/b" },
	{ "", "" },
};

static void print(const struct nginx_snippet *snippet, struct buf *out)
{
	if (out->len)
		buf_putc(out, '/');
	for (size_t i = 0; i < snippet->n_words; i++)
		buf_printf(out, "%s" STR_FMT, i ? "|" : "", STR_ARG(snippet->words[i]));
	if (!snippet->whole)
		buf_putc(out, '!');
}

static void test_directives(void **state)
{
	struct pool pool;
	struct buf out;

	(void)state;
	pool_init(&pool);
	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nginx_snippet snippet = { .rest = str_from(cases[i][0]) };

		buf_reset(&out);
		while (cli_nginx_snippet_next(&snippet, &pool))
			print(&snippet, &out);
		assert_string_equal(out.len ? out.ptr : "", cases[i][1]);
	}
	buf_clear(&out);
	pool_clear(&pool);
}

static void test_text(void **state)
{
	struct nginx_snippet snippet = { .rest = STR("  a 'b' ; c;") };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_true(cli_nginx_snippet_next(&snippet, &pool));
	assert_memory_equal(snippet.text.ptr, "a 'b' ", snippet.text.len);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
