/* test_ppl_address: addresses of the source_ip criterion, as Go's net package reads and writes
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "translator/ppl/ppl.h"

static void assert_cidr(const char *text, const char *wanted)
{
	struct buf out;
	int rc;

	buf_init(&out, 1000);
	rc = translator_ppl_address_normalize(str_from(text), &out);
	if ((rc == 0) != (wanted != NULL))
		fail_msg("%s: %s", text, rc ? "refused" : "accepted");
	if (wanted && !str_is(buf_view(&out), wanted))
		fail_msg("%s: %.*s, not %s", text, STR_ARG(buf_view(&out)), wanted);
	buf_clear(&out);
}

static void test_good(void **state)
{
	(void)state;
	assert_cidr("203.0.113.7", "203.0.113.7/32");
	assert_cidr("10.1.2.3/8", "10.1.2.3/8");
	assert_cidr("10.0.0.0/08", "10.0.0.0/08");
	assert_cidr("0.0.0.0/0", "0.0.0.0/0");
	assert_cidr("::ffff:1.2.3.4", "1.2.3.4/32");
	assert_cidr("::ffff:10.0.0.0/104", "::ffff:10.0.0.0/104");
	assert_cidr("::1.2.3.4", "::102:304/128");
	assert_cidr("::", "::/128");
	assert_cidr("2001:0DB8::0001", "2001:db8::1/128");
	assert_cidr("1:0:0:2:0:0:0:3", "1:0:0:2::3/128");
	assert_cidr("1:0:0:2:3:0:0:4", "1::2:3:0:0:4/128");
	assert_cidr("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0/128");
	assert_cidr("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128");
}

static void test_bad(void **state)
{
	static const char *const texts[] = {
		"",          "localhost",    "1.2.3",           "1.2.3.4.5",  "01.2.3.4",
		"256.1.1.1", "1.2.3.4/",     "1.2.3.4/33",      "1.2.3.4/+8", "1.2.3.4/8/8",
		"/8",        "fe80::1%eth0", "fe80::1%eth0/64", "::1/129",    ":::",
		"1::2::3",   "12345::",      " 1.2.3.4",        "1.2.3.4\n",  "[::1]"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_cidr(texts[i], NULL);
}

/* A NUL byte ends no text. */
static void test_nul(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(translator_ppl_address_normalize(STR("1.2.3.4\0"), &out), -1);
	assert_int_equal(translator_ppl_address_normalize(STR("1.2.3.4\0/8"), &out), -1);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
