/* test_web_address: what may follow --metrics-bind-address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "actor/web/web_address.h"

static void test_good(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		const char *printed;
	} cases[] = {
		{ "", "", 0, "" },
		{ "0", "", 0, "" },
		{ ":9090", "", 9090, ":9090" },
		{ "127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1" },
		{ "0.0.0.0:65535", "0.0.0.0", 65535, "0.0.0.0:65535" },
		{ "[::]:80", "::", 80, "[::]:80" },
		{ "[::1]:80", "::1", 80, "[::1]:80" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_address address;
		struct err err = { "" };
		struct buf out;

		assert_int_equal(actor_web_address_from(str_from(cases[i].text), &address, &err),
				 0);
		assert_true(str_is(address.host, cases[i].host));
		assert_int_equal(address.port, cases[i].port);
		buf_init(&out, 100);
		actor_web_address_print(&address, &out);
		assert_string_equal(buf_view(&out).ptr, cases[i].printed);
		buf_clear(&out);
	}
}

static void test_bad(void **state)
{
	static const char *const cases[] = {
		"9090",
		":",
		":0",
		":65536",
		":-1",
		":+1",
		": 1",
		":1 ",
		"::1:9090",
		"[::1]",
		"[::1:9090",
		"::1]:9090",
		"[]9090",
		"localhost:1",
		"1.2.3:4",
		"[1.2.3.4]x:1",
		"[zz]:1",
		"1.2.3.4.5:1",
		":99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_address address;
		struct err err = { "" };

		assert_int_equal(actor_web_address_from(str_from(cases[i]), &address, &err), -1);
		assert_non_null(strstr(err.text, "is not an address to listen on"));
		assert_int_equal(address.port, 0);
	}
}

static void test_same(void **state)
{
	struct web_address a = { STR("::1"), 80 }, b = a, off = { STR(""), 0 };

	(void)state;
	assert_true(actor_web_address_same(&a, &b));
	b.port = 81;
	assert_false(actor_web_address_same(&a, &b));
	assert_false(actor_web_address_same(&off, &off));
}

static void test_listen_twice(void **state)
{
	struct web_address address = { STR("127.0.0.1"), 0 };
	struct err err = { "" };
	int first = -1;

	(void)state;
	for (address.port = 20011; first < 0 && address.port < 20100; address.port++)
		first = actor_web_address_listen(&address, &err);
	address.port--;
	assert_true(first >= 0);
	assert_int_equal(actor_web_address_listen(&address, &err), -1);
	assert_non_null(strstr(err.text, "cannot be listened on"));
	close(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_listen_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
