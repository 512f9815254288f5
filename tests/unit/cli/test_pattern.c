/* test_pattern: PCRE2 as a second opinion on the expressions that Go has judged, what the three kinds
 * of patterns match, and an expression that would never end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/match/pattern.h"
#include "tests/regex/corpus.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static int compile(struct str text, struct err *err)
{
	struct pattern pattern;
	int rc = cli_pattern_compile(&pattern, PATTERN_REGEX, text, err);

	cli_pattern_clear(&pattern);
	return rc;
}

/* ---- a second opinion ---- */

/* Where RE2 accepts more than PCRE2: what PCRE2 says, and a part that such an expression has. */
static struct known {
	const char *kind, *pcre2, *part;
	size_t n_seen;
} stricter[] = {
	{ "expressions of more than 64 KB of code, with counted repetitions",
	  "regular expression is too large", "{", 0 },
	{ "deep groups", "parentheses are too deeply nested", "((", 0 },
	{ "deep groups with flags", "parentheses are too deeply nested", "(?", 0 },
	{ "a repeated anchor, flag or empty quotation: ^* (?i)* \\Q\\E*",
	  "quantifier does not follow a repeatable item", "", 0 },
	{ "a hyphen after a class in brackets: [\\d-z]", "invalid range in character class", "-",
	  0 },
	{ "[:name:] outside of brackets", "POSIX named classes are supported only within a class",
	  ":", 0 },
	{ "[.a.] and [=a=] as plain characters", "POSIX collating elements are not supported", "[",
	  0 },
	{ "names of Unicode classes: \\p{Letter}", "unknown property after \\P or \\p", "{", 0 },
	{ "code points above a byte: \\x{100}",
	  "character code point value in \\x{} or \\o{} is too large", "\\x{", 0 },
	{ "octal numbers above a byte: \\400",
	  "octal value is greater than \\377 in 8-bit non-UTF-8 mode", "\\", 0 },
	{ "names of groups that begin with a digit", "subpattern name must start with a non-digit",
	  "<", 0 },
	{ "long names of groups", "subpattern name is too long (maximum 32 code units)", "<", 0 },
	{ "counts with leading zeros, which RE2 reads as text: {10,00}",
	  "numbers out of order in {} quantifier", ",0", 0 },
};

static bool is_known(struct str pattern, const char *said)
{
	for (size_t i = 0; i < N_OF(stricter); i++) {
		const char *part = stricter[i].part;

		if (strstr(said, stricter[i].pcre2) &&
		    memmem(pattern.ptr, pattern.len, part, strlen(part))) {
			stricter[i].n_seen++;
			return true;
		}
	}
	print_error("%.120s: %s\n", err_quote(pattern), said);
	return false;
}

/* Why RE2 refuses what Perl has, or what it bounds. For any other reason both must refuse. */
static struct reason {
	const char *go;
	size_t n_seen;
} perl_only[] = {
	{ "invalid or unsupported Perl syntax", 0 }, /* (?=a) (?x) (?|a) */
	{ "invalid named capture", 0 },              /* (?<=a) */
	{ "invalid escape sequence", 0 },            /* \h \1 \Z [\b] */
	{ "invalid nested repetition operator", 0 }, /* a++ */
	{ "invalid repeat count", 0 },               /* a{1001} */
	{ "invalid character class range", 0 },      /* \p{Latn} [a[:foo]b:]] */
	{ "invalid UTF-8", 0 },
	{ "expression nests too deeply", 0 },
	{ "expression too large", 0 },
};

static bool is_perl_only(struct str pattern, struct str reason)
{
	for (size_t i = 0; i < N_OF(perl_only); i++) {
		if (str_is(reason, perl_only[i].go)) {
			perl_only[i].n_seen++;
			return true;
		}
	}
	print_error("%.120s: PCRE2 accepts it, Go says \"%.*s\"\n", err_quote(pattern),
		    STR_ARG(reason));
	return false;
}

static void test_second_opinion(void **state)
{
	struct corpus corpus;
	size_t n_bad = 0, n_both = 0;

	(void)state;
	corpus_open(&corpus);
	while (corpus_next(&corpus)) {
		const struct str pattern = buf_view(&corpus.pattern);
		const bool accepted = str_is(corpus.verdict, "ok");
		struct err err = { "" };
		const bool compiled = !compile(pattern, &err);

		n_both += accepted && compiled;
		if (accepted && !compiled)
			n_bad += !is_known(pattern, err.text);
		else if (!accepted && compiled)
			n_bad += !is_perl_only(pattern, corpus.verdict);
	}
	corpus_close(&corpus);
	assert_int_equal(n_bad, 0);
	assert_true(n_both >= CORPUS_AT_LEAST / 2);
	for (size_t i = 0; i < N_OF(stricter); i++)
		if (!stricter[i].n_seen)
			fail_msg("the corpus has none of: %s", stricter[i].kind);
	for (size_t i = 0; i < N_OF(perl_only); i++)
		if (!perl_only[i].n_seen)
			fail_msg("PCRE2 accepts nothing that is an %s", perl_only[i].go);
}

/* ---- matches ---- */

static void test_matches(void **state)
{
	static const struct {
		enum pattern_kind kind;
		const char *text, *path;
		int expected;
	} cases[] = {
		{ PATTERN_PATH, "/a.b", "/a.b", 1 },
		{ PATTERN_PATH, "/a.b", "/axb", 0 },
		{ PATTERN_PATH, "/a", "/a/", 0 },
		{ PATTERN_PREFIX, "/foo", "/foobar", 1 },
		{ PATTERN_PREFIX, "/foo", "/fo", 0 },
		{ PATTERN_PREFIX, "/fo*", "/foo", 0 },
		{ PATTERN_REGEX, "/v[0-9]+", "/v12", 1 },
		{ PATTERN_REGEX, "/v[0-9]+", "/v12/x", 0 }, /* the whole path */
		{ PATTERN_REGEX, "/a|/ab", "/ab", 1 },
		{ PATTERN_REGEX, "^/a$", "/a", 1 },
		{ PATTERN_REGEX, "/a$", "/a\n", 0 }, /* only at the very end */
		{ PATTERN_REGEX, "/.", "/\n", 0 },
		{ PATTERN_REGEX, "(?i)/A", "/a", 1 },
		{ PATTERN_REGEX, "/..", "/é", 1 }, /* bytes */
		{ PATTERN_REGEX, "(?P<n>/a)(?P<n>b)", "/ab", 1 },
		{ PATTERN_REGEX, "", "", 1 },
		{ PATTERN_REGEX, "", "/", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct pattern pattern;
		struct err err = { "" };

		assert_int_equal(
			cli_pattern_compile(&pattern, cases[i].kind, str_from(cases[i].text), &err),
			0);
		if (cli_pattern_match(&pattern, str_from(cases[i].path), &err) != cases[i].expected)
			fail_msg("%s on %s should give %d", cases[i].text, cases[i].path,
				 cases[i].expected);
		cli_pattern_clear(&pattern);
	}
}

/* RE2 needs time in proportion to the path; PCRE2 would need 2^60 steps, and gives up. */
static void test_hostile(void **state)
{
	static const char *const texts[] = { "/(a*)*[bc]", "/(a|a)*[bc]", "/(a|aa)+[bc]",
					     "/(.*)(.*)(.*)(.*)(.*)[bc]" };
	struct buf path;

	(void)state;
	buf_init(&path, BUF_MAX_TEXT);
	buf_putc(&path, '/');
	while (path.len < 2000)
		buf_putc(&path, 'a');
	for (size_t i = 0; i < N_OF(texts); i++) {
		struct pattern pattern;
		struct err err = { "" };

		assert_int_equal(
			cli_pattern_compile(&pattern, PATTERN_REGEX, str_from(texts[i]), &err), 0);
		assert_int_equal(cli_pattern_match(&pattern, buf_view(&path), &err), -1);
		assert_non_null(strstr(err.text, "limit exceeded"));
		cli_pattern_clear(&pattern);
	}
	buf_clear(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_opinion),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
