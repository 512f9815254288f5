/* test_address: whose status has to be patched, when, and with what. */
#include "publisher/report/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static struct address_table table;

static int setup(void **state)
{
	(void)state;
	publisher_address_init(&table);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_address_clear(&table);
	return 0;
}

/* Who is next, "" for nobody. */
static const char *next(uint64_t now_ms)
{
	static char name[64];
	uint64_t due_ms;
	const struct address_entry *entry = publisher_address_take(&table, now_ms, &due_ms);

	snprintf(name, sizeof(name), STR_FMT, STR_ARG(entry ? entry->key : STR("")));
	return name;
}

static uint64_t due(void)
{
	uint64_t due_ms;

	assert_null(publisher_address_take(&table, 0, &due_ms));
	return due_ms;
}

static void put(const char *key, uint64_t says, uint64_t now_ms)
{
	publisher_address_put(&table, str_from(key), STR("u"), says, now_ms);
}

static void test_only_who_says_something_else(void **state)
{
	(void)state;
	put("shop/a", 1, 0);
	put("shop/b", 7, 0);
	assert_string_equal(next(1), ""); /* it is not known what they should say */
	publisher_address_want(&table, 7, 1);
	assert_string_equal(next(1), "shop/a");
	assert_string_equal(next(1), "");
	put("shop/c", 1, 2);
	put("shop/d", 1, 2);
	put("shop/c", 1, 3); /* it keeps its place */
	assert_string_equal(next(3), "shop/c");
	publisher_address_del(&table, STR("shop/d"));
	assert_string_equal(next(3), "");
	assert_true(due() == UINT64_MAX);
}

static void test_another_address_is_for_all(void **state)
{
	char key[32];

	(void)state;
	publisher_address_want(&table, 7, 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "shop/app-%d", i);
		put(key, 7, 0);
	}
	assert_string_equal(next(1), "");
	publisher_address_want(&table, 8, 2);
	for (int i = 0; i < 1000; i++)
		assert_string_not_equal(next(2), "");
	assert_string_equal(next(2), "");
	publisher_address_want(&table, 0, 3);
	put("shop/app-1", 7, 3);
	assert_string_equal(next(9999999), "");
}

static void test_a_quarrel_slows_down(void **state)
{
	uint64_t now_ms = 1000, wait = 0, n = 0;

	(void)state;
	publisher_address_want(&table, 7, now_ms);
	for (; now_ms < 3600000; n++) {
		put("shop/a", 1, now_ms);
		if (wait) {
			assert_string_equal(next(now_ms), "");
			assert_true(due() == now_ms + wait);
		}
		now_ms += wait;
		assert_string_equal(next(now_ms), "shop/a");
		put("shop/a", 7, now_ms); /* it was written, and somebody else ... */
		wait = wait ? wait * 2 : 1000;
		wait = wait > 512000 ? 512000 : wait;
	}
	assert_true(n < 20);
	put("shop/a", 1, now_ms + 3 * wait); /* ... let it be for long enough */
	assert_string_equal(next(now_ms + 3 * wait), "shop/a");
}

static void test_a_failure_waits(void **state)
{
	(void)state;
	publisher_address_want(&table, 7, 0);
	put("shop/a", 1, 0);
	put("shop/b", 1, 0);
	assert_string_equal(next(1), "shop/a");
	publisher_address_again(&table, STR("shop/a"), false, 1);
	assert_string_equal(next(1), "shop/b");
	publisher_address_again(&table, STR("shop/b"), true, 1); /* may not be told */
	assert_string_equal(next(1000), "");
	assert_string_equal(next(1001), "shop/a");
	assert_true(due() == 512001);
	publisher_address_again(&table, STR("shop/gone"), true, 1);
	publisher_address_pause(&table, STR("shop/b"));
	publisher_address_pause(&table, STR("shop/gone"));
	assert_true(due() == UINT64_MAX);
}

static void test_another_of_the_same_name(void **state)
{
	(void)state;
	publisher_address_want(&table, 7, 0);
	put("shop/a", 1, 0);
	assert_string_equal(next(0), "shop/a");
	publisher_address_put(&table, STR("shop/a"), STR("other"), 1, 1);
	assert_string_equal(next(1), "shop/a"); /* it has no history */
	assert_int_equal(table.entries.n, 1);
}

static void test_text(void **state)
{
	struct msg_load_balancer_port ports[] = { { 443, STR("TCP"), STR("") },
						  { 53, STR("UDP"), STR("a\"b") } };
	struct msg_load_balancer_ingress two[] = {
		{ STR("10.0.0.1"), STR("lb.example"), { ports, 2 } },
		{ STR(""), STR(""), { ports, 1 } }
	};
	const struct msg_load_balancer none = { 0 }, some = { { two, 2 } };
	struct buf text;

	(void)state;
	buf_init(&text, BUF_MAX_TEXT);
	publisher_address_print(&none, &text);
	assert_string_equal(text.ptr, "{\"ingress\":null}");
	buf_reset(&text);
	publisher_address_print(&some, &text);
	assert_string_equal(
		text.ptr,
		"{\"ingress\":[{\"ip\":\"10.0.0.1\",\"hostname\":\"lb.example\",\"ports\":["
		"{\"port\":443,\"protocol\":\"TCP\"},{\"port\":53,\"protocol\":\"UDP\","
		"\"error\":\"a\\\"b\"}]},{\"ports\":[{\"port\":443,\"protocol\":\"TCP\"}]}]}");
	buf_reset(&text);
	publisher_address_print_patch(STR("u-1"), STR("{}"), &text);
	assert_string_equal(text.ptr,
			    "{\"metadata\":{\"uid\":\"u-1\"},\"status\":{\"loadBalancer\":{}}}");
	buf_clear(&text);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_only_who_says_something_else), WITH(test_another_address_is_for_all),
		WITH(test_a_quarrel_slows_down),         WITH(test_a_failure_waits),
		WITH(test_another_of_the_same_name),     cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
