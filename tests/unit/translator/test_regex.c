/* test_regex: Go's verdict on each expression of tests/regex/corpus.tsv against ours, and the
 * sentences for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "translator/translator.h"

#define CORPUS "tests/regex/corpus.tsv"
#define N_AT_LEAST 2000

/* `\\` and `\xNN` */
static void unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\\') {
			buf_putc(out, text.ptr[i]);
		} else if (text.ptr[i + 1] == '\\') {
			buf_putc(out, '\\');
			i++;
		} else {
			buf_putc(out,
				 (char)strtoul((char[]){ text.ptr[i + 2], text.ptr[i + 3], '\0' },
					       NULL, 16));
			i += 3;
		}
	}
}

static void unescape_times(struct str text, long long n, struct buf *out)
{
	while (n-- > 0)
		unescape(text, out);
}

/* "pattern", or "count head A B C" for head A*count B C*count */
static void read_pattern(struct str rest, struct buf *out)
{
	struct str fields[5];
	long long count;
	size_t n = 0;

	while (n < 4 && str_cut(rest, '\t', &fields[n], &rest))
		n++;
	fields[n++] = rest;
	if (n == 1) {
		unescape(fields[0], out);
		return;
	}
	assert_int_equal(n, 5);
	assert_true(str_to_int(fields[0], &count));
	unescape(fields[1], out);
	unescape_times(fields[2], count, out);
	unescape(fields[3], out);
	unescape_times(fields[4], count, out);
}

/* True if ours agrees with Go's verdict, the reason included. */
static bool agrees(struct str line)
{
	struct err err = { "" };
	struct str verdict, rest;
	struct buf pattern;
	char reason[80];
	bool same;
	int rc;

	assert_true(str_cut(line, '\t', &verdict, &rest));
	buf_init(&pattern, BUF_MAX_TEXT);
	read_pattern(rest, &pattern);
	rc = translator_regex_check(buf_view(&pattern), &err);
	buf_clear(&pattern);
	snprintf(reason, sizeof(reason), STR_FMT ": `", STR_ARG(verdict));
	same = str_is(verdict, "ok") ? rc == 0 : rc < 0 && str_starts(str_from(err.text), reason);
	if (!same)
		print_error("Go says \"%.*s\", ours \"%s\": %.*s\n", STR_ARG(verdict), err.text,
			    STR_ARG(line));
	return same;
}

static void test_corpus(void **state)
{
	char *line = NULL;
	size_t cap = 0, n = 0, n_bad = 0;
	ssize_t len;
	FILE *in = fopen(CORPUS, "r");

	(void)state;
	assert_non_null(in);
	for (; (len = getline(&line, &cap, in)) > 0; n++)
		n_bad += !agrees((struct str){ line, (size_t)len - 1 });
	free(line);
	fclose(in);
	assert_int_equal(n_bad, 0);
	assert_true(n >= N_AT_LEAST);
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
					      "\\pL", "x*",  "(?i)", ")" };
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
