/* test_ip: which texts are IP addresses, and which hosts this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/ip.h"

static void reads_what_go_reads(void **state)
{
	static const char *const good[] = {
		"0.0.0.0", "127.0.0.1", "255.255.255.255", "::",
		"::1",     "fd00::a:B", "::ffff:1.2.3.4",  "1:2:3:4:5:6:7:8"
	};
	static const char *const bad[] = {
		"",      "1.2.3",    "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ",
		"[::1]", "::1%eth0", "::g",       "a",         ":",        "1:2:3:4:5:6:7:8:9"
	};
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!ip_is(str_from(good[i])))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ip_is(str_from(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(ip_is(STR("1.2.3.4\0")));
	assert_false(ip_is(STR_NONE));
	assert_true(ip_parse(STR("1.2.3.4"), &ip));
	assert_false(ip.is_v6);
	assert_memory_equal(ip.bytes, "\1\2\3\4", 4);
	assert_true(ip_parse(STR("102::ff"), &ip));
	assert_true(ip.is_v6);
	assert_memory_equal(ip.bytes, "\1\2\0\0\0\0\0\0\0\0\0\0\0\0\0\xff", 16);
}

static void knows_this_machine(void **state)
{
	static const char *const ours[] = { "localhost", "127.0.0.1", "127.255.0.9", "::1",
					    "[::1]" };
	static const char *const others[] = { "",
					      "128.0.0.1",
					      "0.0.0.0",
					      "::",
					      "::2",
					      "[::1",
					      "localhost.example.com",
					      "127.0.0.1.example.com",
					      "Localhost:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!ip_is_loopback(str_from(ours[i])))
			fail_msg("%s", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (ip_is_loopback(str_from(others[i])))
			fail_msg("%s", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_what_go_reads),
					    cmocka_unit_test(knows_this_machine) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
