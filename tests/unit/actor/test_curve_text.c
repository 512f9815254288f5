/* test_curve_text: key files of CURVE: what is a key, what is a comment, what is refused, and
 * that nothing of it is repeated. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <zmq.h>

#include "actor/link/curve_text.h"

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static int read_all(const char *text, char *found, size_t *n_keys, struct err *err)
{
	struct str left = str_from(text);
	struct curve_line line;
	size_t n_lines = 0;
	int rc;

	*n_keys = 0;
	while ((rc = actor_curve_text_next(&left, &n_lines, &line, err)) == 1) {
		memcpy(found, line.key.text, sizeof(line.key.text));
		++*n_keys;
	}
	return rc;
}

static void test_what_is_a_key(void **state)
{
	static const struct {
		const char *text;
		int rc;
		size_t n;
	} cases[] = {
		{ "", 0, 0 },
		{ "\n\n  \r\n# nobody\n#\n", 0, 0 },
		{ KEY, 0, 1 },
		{ KEY "\n", 0, 1 },
		{ "  " KEY "\t# of team a\r\n" KEY, 0, 2 },
		{ "watcher " KEY " # a\nresolver\t" KEY "\ntranslator   " KEY, 0, 3 },
		{ KEY " " KEY, -1, 0 },
		{ KEY " watcher", -1, 0 },
		{ "watcher", -1, 0 },
		{ "publisher " KEY, -1, 0 }, /* it binds */
		{ "watcher resolver " KEY, -1, 0 },
		{ KEY "x", -1, 0 },
		{ "half", -1, 0 },
		{ "# fine\n" KEY "\nrq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\\", -1, 1 },
		{ "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc1\n", -1, 0 }, /* past 32 bits */
	};
	char found[64] = "";
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };

		if (read_all(cases[i].text, found, &n, &err) != cases[i].rc || n != cases[i].n)
			fail_msg("case %zu: %zu keys, %s", i, n, err.text);
		if (cases[i].rc < 0 && !strstr(err.text, "is no key"))
			fail_msg("case %zu: %s", i, err.text);
		assert_null(strstr(err.text, "rq:"));
	}
	assert_int_equal(read_all(KEY, found, &n, NULL), 0);
	assert_string_equal(found, KEY);
}

static void test_a_nul_is_no_key(void **state)
{
	struct curve_line line;
	struct err err = { "" };
	size_t n_lines = 0;
	char text[] = KEY;
	struct str left = { text, sizeof(text) - 1 };

	(void)state;
	text[7] = '\0';
	assert_int_equal(actor_curve_text_next(&left, &n_lines, &line, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_a_key),
		cmocka_unit_test(test_a_nul_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
