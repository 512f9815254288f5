/* test_conf: one table: fallback, then environment, then flags; and sentences for what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "actor/conf.h"
#include "actor/conf_help.h"

static struct str text, other;
static struct str_list list, paths;
static long number;
static bool on;
static uint64_t duration;

static const struct conf_option first[] = {
	{ "test-text", CONF_TEXT, &text, "fallback", 0, 0, "some text", 't' },
	{ "test-list", CONF_LIST, &list, "a, b", 0, 0, "some words", 'f' },
	{ "test-paths", CONF_PATHS, &paths, "", 0, 0, "some files", 0 },
	{ "test-number", CONF_INT, &number, "7", 1, 10, "a number", 0 },
	{ 0 },
};
static const struct conf_option second[] = {
	{ "test-on", CONF_BOOL, &on, "false", 0, 0, "a switch", 'o' },
	{ "test-duration", CONF_DURATION, &duration, "250ms", 10, 3600000, "a time", 0 },
	{ "test-hidden", CONF_TEXT, &other, "", 0, 0, "", 0 },
	{ 0 },
};
static const struct conf_option *const tables[] = { first, second, NULL };

static struct str_list rest;
static struct err err;

/* The words of a command line, behind the program's name. */
static int read_words(const char *a, const char *b, const char *c)
{
	char *argv[] = { "program", (char *)a, (char *)b, (char *)c, NULL };
	int argc = 1;

	while (argc < 4 && argv[argc])
		argc++;
	err.text[0] = '\0';
	return conf_read(tables, "program", "a test", argc, argv, &rest, &err);
}

static void test_fallbacks(void **state)
{
	(void)state;
	assert_int_equal(read_words(NULL, NULL, NULL), 0);
	assert_true(str_is(text, "fallback"));
	assert_int_equal(list.n, 2);
	assert_true(str_is(list.items[1], "b"));
	assert_int_equal(number, 7);
	assert_false(on);
	assert_int_equal(duration, 250);
}

static void test_environment_then_flags(void **state)
{
	(void)state;
	setenv("TEST_TEXT", "environment", 1);
	setenv("TEST_LIST", "x", 1);
	assert_int_equal(read_words(NULL, NULL, NULL), 0);
	assert_true(str_is(text, "environment"));
	assert_int_equal(list.n, 1);
	assert_int_equal(read_words("--test-text", "flag", NULL), 0);
	assert_true(str_is(text, "flag"));
	setenv("TEST_NUMBER", "eleven", 1);
	assert_int_equal(read_words(NULL, NULL, NULL), -1);
	assert_non_null(strstr(err.text, "TEST_NUMBER"));
	unsetenv("TEST_TEXT");
	unsetenv("TEST_LIST");
	unsetenv("TEST_NUMBER");
}

static void test_forms_of_a_flag(void **state)
{
	(void)state;
	assert_int_equal(read_words("--test-text=a=b", "-o", "behind"), 0);
	assert_true(str_is(text, "a=b"));
	assert_true(on);
	assert_int_equal(rest.n, 1);
	assert_true(str_is(rest.items[0], "behind"));
	assert_int_equal(read_words("-tx", "--test-on=false", NULL), 0);
	assert_true(str_is(text, "x"));
	assert_false(on);
	assert_int_equal(read_words("--test-text=", NULL, NULL), 0);
	assert_int_equal(text.len, 0);
	assert_int_equal(read_words("--", "--test-on", "-"), 0);
	assert_int_equal(rest.n, 2);
}

static void test_lists_add_up(void **state)
{
	(void)state;
	assert_int_equal(read_words("-fp,q", "--test-list=r", NULL), 0);
	assert_int_equal(list.n, 3);
	assert_true(str_is(list.items[0], "p") && str_is(list.items[2], "r"));
}

static void test_paths_keep_their_commas(void **state)
{
	(void)state;
	setenv("TEST_PATHS", "a,b", 1);
	assert_int_equal(read_words(NULL, NULL, NULL), 0);
	assert_int_equal(paths.n, 2);
	assert_int_equal(read_words("--test-paths=c,d", "--test-paths", " e"), 0);
	assert_int_equal(paths.n, 2);
	assert_true(str_is(paths.items[0], "c,d") && str_is(paths.items[1], " e"));
	unsetenv("TEST_PATHS");
}

static void test_durations(void **state)
{
	static const struct {
		const char *word;
		long ms; /* -1: refused */
	} cases[] = { { "--test-duration=2s", 2000 }, { "--test-duration=1m30s", 90000 },
		      { "--test-duration=10ms", 10 }, { "--test-duration=1h", 3600000 },
		      { "--test-duration=9ms", -1 },  { "--test-duration=2h", -1 },
		      { "--test-duration=5", -1 },    { "--test-duration=", -1 },
		      { "--test-duration=-5s", -1 },  { "--test-duration=s", -1 },
		      { "--test-duration=5sx", -1 },  { "--test-duration=99999999999s", -1 },
		      { "--test-duration=0", -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = read_words(cases[i].word, NULL, NULL);

		if (rc != (cases[i].ms < 0 ? -1 : 0))
			fail_msg("%s: %d", cases[i].word, rc);
		if (rc == 0)
			assert_int_equal(duration, cases[i].ms);
		else
			assert_non_null(strstr(err.text, "--test-duration"));
	}
}

static void test_sentences(void **state)
{
	static const char *const cases[][3] = {
		{ "--test-txet", NULL, "unknown flag \"--test-txet\"" },
		{ "-z", NULL, "unknown flag \"-z\"" },
		{ "--test-txet=secret", NULL, "unknown flag \"--test-txet\"; " },
		{ "--test-text=secret\xff", NULL, "--test-text: the value is not valid UTF-8" },
		{ "--test-text", NULL, "--test-text needs a value" },
		{ "--test-number", "0", "\"0\" is not an integer from 1 to 10" },
		{ "--test-number", "ten", "\"ten\" is not an integer from 1 to 10" },
		{ "--test-on=maybe", NULL, "\"maybe\" is neither true nor false" },
		{ "--test-text=\xff", NULL, "not valid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_words(cases[i][0], cases[i][1], NULL), -1);
		if (!strstr(err.text, cases[i][2]))
			fail_msg("%s: %s", cases[i][0], err.text);
	}
}

static void test_help(void **state)
{
	struct buf help;

	(void)state;
	buf_init(&help, BUF_MAX_TEXT);
	conf_help(tables, "program", "a test", &help);
	assert_non_null(strstr(help.ptr, "program: a test"));
	assert_non_null(strstr(help.ptr, "-t, --test-text TEXT"));
	assert_non_null(strstr(help.ptr, "some text [fallback]"));
	assert_null(strstr(help.ptr, "hidden"));
	for (struct str text_left = buf_view(&help), line;
	     str_cut(text_left, '\n', &line, &text_left);)
		if (line.len > 80)
			fail_msg("longer than 80 columns: " STR_FMT, STR_ARG(line));
	buf_clear(&help);
}

static void test_help_table(void **state)
{
	struct buf help;

	(void)state;
	buf_init(&help, BUF_MAX_TEXT);
	conf_help_table(tables, "program", "a test", &help);
	assert_non_null(strstr(help.ptr, "program\ta test\n"));
	assert_non_null(strstr(help.ptr, "\nt\ttest-text\tTEXT\tfallback\tTEST_TEXT\tsome text\n"));
	assert_null(strstr(help.ptr, "hidden"));
	buf_clear(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_environment_then_flags),
		cmocka_unit_test(test_forms_of_a_flag),
		cmocka_unit_test(test_lists_add_up),
		cmocka_unit_test(test_paths_keep_their_commas),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
