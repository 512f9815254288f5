/* test_pem: what counts as certificates in PEM text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pem_text.h"
#include "translator/parse/pem.h"

#define OTHER "-----BEGIN X-----\naGVsbG8=\n-----END X-----\n"
#define BROKEN "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"

static void test_pems(void **state)
{
	static const struct {
		const char *text;
		bool starts, first, bundle;
	} cases[] = {
		{ TEST_CERTIFICATE, true, true, true },
		{ TEST_CERTIFICATE TEST_CERTIFICATE, true, true, true },
		{ "text before\n" TEST_CERTIFICATE, true, true, true },
		{ TEST_CERTIFICATE BROKEN, true, true, false },
		{ OTHER TEST_CERTIFICATE, false, false, true },
		{ BROKEN, true, false, false },
		{ OTHER, false, false, false },
		{ "garbage", false, false, false },
		{ "", false, false, false },
		{ "-----BEGIN CERTIFICATE-----\n", true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str text = str_from(cases[i].text);
		struct err err = { "" };

		assert_int_equal(translator_pem_starts_with_certificate(text), cases[i].starts);
		assert_int_equal(translator_pem_first(text, &err) == 0, cases[i].first);
		assert_int_equal(translator_pem_bundle(text, &err) == 0, cases[i].bundle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pems) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
