/* test_regex: Go's verdict on each expression of tests/regex/corpus.tsv against ours, and the
 * sentences for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/regex/corpus.h"
#include "translator/regex/regex.h"

/* True if ours agrees with Go's verdict, the reason included. */
static bool agrees(struct str verdict, struct str pattern)
{
	struct err err = { "" };
	const int rc = translator_regex_check(pattern, &err);
	char reason[80];
	bool same;

	snprintf(reason, sizeof(reason), STR_FMT ": `", STR_ARG(verdict));
	same = str_is(verdict, "ok") ? rc == 0 : rc < 0 && str_starts(str_from(err.text), reason);
	if (!same)
		print_error("Go says \"%.*s\", ours \"%s\": %.80s\n", STR_ARG(verdict), err.text,
			    err_quote(pattern));
	return same;
}

static void test_corpus(void **state)
{
	struct corpus corpus;
	size_t n = 0, n_bad = 0;

	(void)state;
	for (corpus_open(&corpus); corpus_next(&corpus); n++)
		n_bad += !agrees(corpus.verdict, buf_view(&corpus.pattern));
	corpus_close(&corpus);
	assert_int_equal(n_bad, 0);
	assert_true(n >= CORPUS_AT_LEAST);
}

static void test_sentences(void **state)
{
	static const struct {
		const char *pattern, *sentence;
	} cases[] = {
		{ "^/a(b", "missing closing ): `^/a(b`" },
		{ "a\\h", "invalid escape sequence: `\\h`" },
		{ "x**", "invalid nested repetition operator: `**`" },
		{ "a{1001}", "invalid repeat count: `{1001}`" },
		{ "[z-a]", "invalid character class range: `z-a`" },
		{ "[a", "missing closing ]: `[a`" },
		{ "(?=a)", "invalid or unsupported Perl syntax: `(?=`" },
		{ "\\p{Nowhere}x", "invalid character class range: `\\p{Nowhere}`" },
		{ "a\xff"
		  "b",
		  "invalid UTF-8: `\\xff"
		  "b`" },
		{ "[é\\é\n]", "invalid escape sequence: `\\é`" },
		{ "*", "missing argument to repetition operator: `*`" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };

		assert_int_equal(translator_regex_check(str_from(cases[i].pattern), &err), -1);
		assert_string_equal(err.text, cases[i].sentence);
	}
}

/* Long input ends in a short sentence, and costs no more than its length. */
static void test_long(void **state)
{
	static const char *const pieces[] = { "(",    "(?:", "a|",   "[^a", "a{1000}",
					      "\\pL", "x*",  "(?i)", ")",   "[:" };
	struct err err = { "" };
	struct buf pattern;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		buf_init(&pattern, BUF_MAX_TEXT);
		while (pattern.len < 1000000)
			buf_puts(&pattern, pieces[i]);
		translator_regex_check(buf_view(&pattern), &err);
		buf_puts(&pattern, "*)");
		assert_int_equal(translator_regex_check(buf_view(&pattern), &err), -1);
		assert_true(strlen(err.text) < 200);
		while (pattern.len < 2000000)
			buf_puts(&pattern, pieces[i]);
		assert_int_equal(translator_regex_check(buf_view(&pattern), &err), -1);
		assert_non_null(strstr(err.text, "at most 1048576"));
		buf_clear(&pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
