/* test_host: whom a browser asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/web/host.h"

static void test_hosts(void **state)
{
	static const struct {
		const char *host;
		bool is_ours;
	} cases[] = {
		{ "localhost", true },
		{ "LocalHost:8088", true },
		{ "127.0.0.1", true },
		{ "10.20.30.40:8088", true },
		{ "[::1]", true },
		{ "[fd00::7]:8088", true },
		{ "routes.example.com", true },
		{ "Routes.Example.COM:443", true },
		{ "", false },
		{ ":8088", false },
		{ "evil.example", false },
		{ "routes.example.com.evil.example", false },
		{ "routes.example.co", false },
		{ "127.0.0.1.evil.example:8088", false },
		{ "localhost.", false },
		{ "localhost:", false },
		{ "localhost:x", false },
		{ "localhost:80:80", false },
		{ "[::1", false },
		{ "[::1]x", false },
		{ "[::1]:", false },
		{ "[evil.example]", false },
		{ "[]", false },
	};
	struct str name = STR("routes.example.com");
	const struct str_list names = { &name, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cli_web_host_is_ours(str_from(cases[i].host), &names) != cases[i].is_ours)
			fail_msg("%s", cases[i].host);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hosts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
