/* test_err: one clean line, whatever goes into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

static void sets_and_wraps(void **state)
{
	struct err err = { "" };

	(void)state;
	assert_int_equal(err_set(&err, "port %d is taken", 80), -1);
	assert_int_equal(err_wrap(&err, "service %s", err_quote(STR("a\nb"))), -1);
	assert_string_equal(err.text, "service \"a\\nb\": port 80 is taken");
	assert_int_equal(err_set(NULL, "nobody listens"), -1);
	assert_int_equal(err_wrap(NULL, "nobody listens"), -1);
	err_set(&err, "again: %s", err.text); /* the old sentence may be part of the new one */
	assert_string_equal(err.text, "again: service \"a\\nb\": port 80 is taken");
}

static void cleans_what_does_not_print(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "a\nb\tc\x7f\xff\xc2\x9b\xc2\xa0\xc3");
	assert_string_equal(err.text, "a b c ? \xc2\xa0");
}

static void cuts_at_a_whole_character(void **state)
{
	char text[ERR_MAX * 2];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	memcpy(text + ERR_MAX - 2, "\xc3\xa9", 2); /* its second byte does not fit */
	err_set(&err, "%s", text);
	assert_int_equal(strlen(err.text), ERR_MAX - 2);
	assert_true(str_is_utf8(str_from(err.text)));
	err_wrap(&err, "context");
	assert_int_equal(strlen(err.text), ERR_MAX - 1);
	assert_true(str_starts(str_from(err.text), "context: xxx"));
}

static void keeps_four_quoted_values(void **state)
{
	const char *a = err_quote(STR("a")), *b = err_quote(STR("b")), *c = err_quote(STR("c")),
		   *d = err_quote(STR("d"));
	char text[200];

	(void)state;
	assert_string_equal(a, "\"a\"");
	assert_string_equal(b, "\"b\"");
	assert_string_equal(c, "\"c\"");
	assert_string_equal(d, "\"d\"");
	memset(text, '\1', sizeof(text)); /* each of them takes four bytes */
	a = err_quote((struct str){ text, sizeof(text) });
	assert_true(strlen(a) <= ERR_VALUE_MAX + 5);
	assert_true(str_ends(str_from(a), "...\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_and_wraps),
		cmocka_unit_test(cleans_what_does_not_print),
		cmocka_unit_test(cuts_at_a_whole_character),
		cmocka_unit_test(keeps_four_quoted_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
