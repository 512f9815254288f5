/* test_x509_strict: PEM that its readers do not read alike is refused, with the code of the rule.
 * tests/envoy asks the readers themselves. */
#include "x509/x509_strict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rules.h"
#include "tests/unit/x509/pem_text.h"

#define BLOCK(label, body) "-----BEGIN " label "-----\n" body "-----END " label "-----\n"
#define KEY BLOCK("EC PRIVATE KEY", "aGVsbG8=\n")
#define MARK "\xef\xbb\xbf"

enum kind { CHAIN, BUNDLE, CRL };

static int check(enum kind kind, struct str text, struct err *err)
{
	switch (kind) {
	case CHAIN:
		return x509_strict_check_chain(text, X509_SERVER, NULL, NULL, err);
	case BUNDLE:
		return x509_strict_check_bundle(text, err);
	case CRL:
		break;
	}
	return x509_strict_check_crl(text, err);
}

static void texts(void **state)
{
	static const struct {
		enum kind kind;
		const char *text;
		unsigned code; /* 0: it is good */
	} cases[] = {
		{ CHAIN, TEST_CERTIFICATE, 0 },
		{ CHAIN, "subject=me\n\n" TEST_CERTIFICATE "issuer: somebody\n" TEST_CERTIFICATE,
		  0 },
		{ CHAIN, MARK "subject=me\n" TEST_CERTIFICATE, 0 },
		{ CHAIN, TEST_CERTIFICATE BLOCK("X", "aGVsbG8=\n"), 0 },
		{ CHAIN, MARK TEST_CERTIFICATE, RULE_PEM_LINE },
		{ CHAIN, "x" TEST_CERTIFICATE, RULE_PEM_LINE },
		{ CHAIN, " " TEST_CERTIFICATE, RULE_PEM_LINE },
		{ CHAIN, TEST_CERTIFICATE " " TEST_CERTIFICATE, RULE_PEM_LINE },
		{ CHAIN, TEST_CERTIFICATE "-----BEGIN CERTIFICATE-----\naGVs\n", RULE_PEM_BLOCK },
		{ CHAIN, TEST_CERTIFICATE "-----BEGIN CERTIFICATE-----\n" TEST_CERTIFICATE,
		  RULE_PEM_BLOCK },
		{ CHAIN, TEST_CERTIFICATE "-----END CERTIFICATE-----\n", RULE_PEM_BLOCK },
		{ CHAIN, TEST_CERTIFICATE BLOCK("CERTIFICATE", "!!!!\n"), RULE_PEM_BLOCK },
		{ CHAIN, TEST_CERTIFICATE BLOCK("CERTIFICATE", "A: b\n\naGVsbG8=\n"),
		  RULE_PEM_BLOCK },
		{ CHAIN, TEST_CERTIFICATE BLOCK("CERTIFICATE", "aGVsbG8=\n"), RULE_CERT_DER },
		{ CHAIN, KEY TEST_CERTIFICATE, RULE_CERT_FIRST },
		{ CHAIN, "", RULE_CERT_FIRST },
		{ BUNDLE, TEST_CERTIFICATE TEST_CERTIFICATE, 0 },
		{ BUNDLE, "# authorities\n" TEST_CERTIFICATE, 0 },
		{ BUNDLE, "", RULE_CA_EMPTY },
		{ BUNDLE, "hello", RULE_CA_EMPTY },
		{ BUNDLE, KEY TEST_CERTIFICATE, RULE_CA_BLOCK },
		{ BUNDLE, MARK TEST_CERTIFICATE, RULE_PEM_LINE },
		{ BUNDLE, TEST_CERTIFICATE "-----BEGIN CERTIFICATE-----\n", RULE_PEM_BLOCK },
		{ BUNDLE, BLOCK("CERTIFICATE", "aGVsbG8=\n"), RULE_CERT_DER },
		{ CRL, "garbage", RULE_CRL_BLOCK },
		{ CRL, BLOCK("X509 CRL", "aGVsbG8=\n"), RULE_CRL_DER },
		{ CRL, BLOCK("X", "aGVsbG8=\n"), RULE_CRL_BLOCK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		int rc = check(cases[i].kind, str_from(cases[i].text), &err);

		if ((rc != 0) != (cases[i].code != 0) || err.code != cases[i].code)
			fail_msg("want %u, got %u (%s) of\n%s", cases[i].code, err.code, err.text,
				 cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
