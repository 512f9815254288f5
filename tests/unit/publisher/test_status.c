/* test_status: the patch that makes the Pomerium object say what is so, and nothing else. */
#include "publisher/report/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/mem.h"

#define GOOD(generation)                                     \
	"{\"error\":null,\"observedGeneration\":" generation \
	",\"reconciled\":true,\"warnings\":null}"
#define BAD "{\"error\":\"no\",\"observedGeneration\":1,\"reconciled\":false,\"warnings\":null}"
#define AT "{\"observedAt\":\"1970-01-01T00:00:00Z\","
#define GOOD_AT(generation)                                    \
	AT "\"error\":null,\"observedGeneration\":" generation \
	   ",\"reconciled\":true,\"warnings\":null}"

static const struct {
	const char *name;
	const char *reported[4], *now[4]; /* key, verdict, ... */
	bool forget;
	const char *patch;
} rows[] = {
	{ "nothing", { NULL }, { NULL }, true, "" },
	{ "the same", { "a/b", GOOD("1") }, { "a/b", GOOD("1") }, true, "" },
	{ "new",
	  { NULL },
	  { "a/b", GOOD("1") },
	  true,
	  "{\"status\":{\"ingress\":{\"a/b\":" GOOD_AT("1") "}}}" },
	{ "another generation",
	  { "a/b", GOOD("1") },
	  { "a/b", GOOD("2") },
	  true,
	  "{\"status\":{\"ingress\":{\"a/b\":" GOOD_AT("2") "}}}" },
	{ "mended",
	  { "a/b", BAD },
	  { "a/b", GOOD("1") },
	  true,
	  "{\"status\":{\"ingress\":{\"a/b\":" GOOD_AT("1") "}}}" },
	{ "gone", { "a/b", BAD }, { NULL }, true, "{\"status\":{\"ingress\":{\"a/b\":null}}}" },
	{ "not known yet", { "a/pending", BAD }, { NULL }, true, "" },
	{ "perhaps gone", { "a/b", BAD }, { NULL }, false, "" },
	{ "settings",
	  { NULL },
	  { STATUS_SETTINGS, GOOD("3") },
	  true,
	  "{\"status\":{\"settingsStatus\":" GOOD_AT("3") "}}" },
	{ "settings stay", { STATUS_SETTINGS, GOOD("3") }, { NULL }, true, "" },
	{ "one and settings",
	  { NULL },
	  { "a/b", GOOD("1"), STATUS_SETTINGS, GOOD("3") },
	  true,
	  "{\"status\":{\"ingress\":{\"a/b\":" GOOD_AT("1") "},\"settingsStatus\":" GOOD_AT(
		  "3") "}}" },
};

static bool is_pending(const void *owners, struct str key)
{
	(void)owners;
	return str_is(key, "a/pending");
}

static void fill(struct map *map, const char *const pairs[4])
{
	map_init(map, mem_free);
	for (size_t i = 0; i < 4 && pairs[i]; i += 2)
		map_put(map, str_from(pairs[i]), mem_strdup(pairs[i + 1]));
}

static void test_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct map reported, now;
		struct status_want want = { &reported, &now, is_pending, NULL, rows[i].forget };
		struct status_plan plan, again;

		fill(&reported, rows[i].reported);
		fill(&now, rows[i].now);
		publisher_status_plan(&want, 0, &plan);
		if (!str_is(buf_view(&plan.patch), rows[i].patch))
			fail_msg("%s: %s", rows[i].name, plan.patch.len ? plan.patch.ptr : "");
		want.reported = &plan.after;
		publisher_status_plan(&want, 99, &again);
		assert_int_equal(again.patch.len, 0);
		publisher_status_plan_clear(&again);
		publisher_status_plan_clear(&plan);
		map_clear(&reported);
		map_clear(&now);
	}
}

static void test_what_was_printed_reads_the_same(void **state)
{
	struct str warnings[] = { STR("one \"quoted\""), STR("two") };
	const struct status_entry entry = { STR("a sentence\n"), 7, { warnings, 2 } };
	struct buf verdict, object;
	struct map reported;
	struct err err;

	(void)state;
	map_init(&reported, mem_free);
	buf_init(&verdict, BUF_MAX_TEXT);
	buf_init(&object, BUF_MAX_TEXT);
	publisher_status_print(&entry, &verdict);
	buf_printf(&object,
		   "{\"status\":{\"ingress\":{\"a/b\":%s,\"c/d\":{\"reconciled\":true,"
		   "\"observedGeneration\":1}},\"settingsStatus\":%s}}",
		   verdict.ptr, verdict.ptr);
	assert_int_equal(publisher_status_read(buf_view(&object), &reported, &err), 0);
	assert_int_equal(reported.n, 3);
	assert_string_equal(map_get(&reported, STR("a/b")), verdict.ptr);
	assert_string_equal(map_get(&reported, STR("c/d")), GOOD("1"));
	assert_string_equal(map_get(&reported, STR(STATUS_SETTINGS)), verdict.ptr);
	map_clear(&reported);
	buf_clear(&verdict);
	buf_clear(&object);
}

static void test_odd_objects(void **state)
{
	static const char *const odd[] = {
		"{}",
		"[]",
		"{\"status\":null}",
		"{\"status\":{\"ingress\":[1],\"settingsStatus\":\"x\"}}",
		("{\"status\":{\"ingress\":{\"a/b\":null,"
		 "\"c/d\":{\"warnings\":[1,{}],\"error\":2}}}}"),
	};
	struct map reported;
	struct err err;

	(void)state;
	map_init(&reported, mem_free);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		assert_int_equal(publisher_status_read(str_from(odd[i]), &reported, &err), 0);
	assert_int_equal(publisher_status_read(STR("{"), &reported, &err), -1);
	assert_int_equal(reported.n, 2);
	map_clear(&reported);
}

static void test_the_cap_keeps_the_rejected_and_who_was_there(void **state)
{
	struct map reported, now;
	struct status_want want = { &reported, &now, NULL, NULL, true };
	struct status_plan plan, again;
	char name[32];

	(void)state;
	map_init(&reported, mem_free);
	map_init(&now, mem_free);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "shop/app-%d", i);
		map_put(&now, str_from(name), mem_strdup(i % 1000 ? GOOD("1") : BAD));
	}
	publisher_status_plan(&want, 0, &plan);
	assert_true(plan.n_left_out > 0);
	assert_int_equal(plan.after.n + plan.n_left_out, 20000);
	for (int i = 0; i < 20000; i += 1000) {
		snprintf(name, sizeof(name), "shop/app-%d", i);
		assert_non_null(map_get(&plan.after, str_from(name)));
	}
	assert_true(plan.patch.len < 2 * STATUS_MAX);
	want.reported = &plan.after;
	publisher_status_plan(&want, 1, &again);
	assert_int_equal(again.patch.len, 0); /* a full one stays as it is */
	publisher_status_plan_clear(&again);
	publisher_status_plan_clear(&plan);
	map_clear(&reported);
	map_clear(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_what_was_printed_reads_the_same),
		cmocka_unit_test(test_odd_objects),
		cmocka_unit_test(test_the_cap_keeps_the_rejected_and_who_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
