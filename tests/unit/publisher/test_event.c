/* test_event: which Events follow from what became of an owner, what they say, and how many may
 * go. */
#include "publisher/report/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/value.h"

static const struct msg_key shop = { MSG_KIND_INGRESS, { "shop", 4 }, { "good", 4 } };
static const struct msg_key global = { MSG_KIND_POMERIUM, { "", 0 }, { "global", 6 } };

static const struct {
	const char *name, *reason, *warning, *uid;
	bool of_settings, gone, without_settings;
	const char *expected; /* object reason message component; one a line */
} rows[] = {
	{ "good", "", NULL, "u", false, false, false,
	  "good N Updated updated pomerium configuration (pomerium-ingress) \n"
	  "global N Updated shop/good: config updated (pomerium-ingress) shop/good\n" },
	{ "bad", "no such key", NULL, "u", false, false, false,
	  "good W UpdateError no such key (pomerium-ingress) \n"
	  "global W UpdateError shop/good: no such key (pomerium-ingress) shop/good\n" },
	{ "gone", "", NULL, "u", false, true, false,
	  "global N Updated shop/good: deleted: Ingress resource was deleted (pomerium-ingress) "
	  "shop/good\n" },
	{ "no longer ours", "no such class", NULL, "u", false, true, false,
	  "global N Updated shop/good: deleted: no such class (pomerium-ingress) shop/good\n" },
	{ "no Pomerium object", "", NULL, "u", false, false, true,
	  "good N Updated updated pomerium configuration (pomerium-ingress) \n" },
	{ "gone without one", "", NULL, "u", false, true, true, "" },
	{ "settings", "", "storage: none", "u", true, false, false,
	  "global N Updated config updated (pomerium-crd) \n"
	  "global W Validation storage: none (pomerium-crd) \n" },
	{ "bad settings", "no", NULL, "u", true, false, false,
	  "global W UpdateError no (pomerium-crd) \n" },
	{ "no settings", "", NULL, "", true, false, true, "" },
};

static void test_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str warning = str_from(rows[i].warning);
		struct event_news news = { .owner = rows[i].of_settings ? global : shop,
					   .uid = str_from(rows[i].uid),
					   .reason = str_from(rows[i].reason),
					   .warnings = { &warning, rows[i].warning ? 1 : 0 },
					   .gone = rows[i].gone };
		struct event_list list;
		struct pool pool;
		struct buf text;

		if (!rows[i].without_settings)
			news.settings = global;
		pool_init(&pool);
		buf_init(&text, BUF_MAX_TEXT);
		publisher_event_follow(&news, &pool, &list);
		for (size_t k = 0; k < list.n; k++)
			buf_printf(&text, STR_FMT " %c %s " STR_FMT " (%s) " STR_FMT "\n",
				   STR_ARG(list.items[k].about.name),
				   list.items[k].warning ? 'W' : 'N', list.items[k].reason,
				   STR_ARG(list.items[k].message), list.items[k].component,
				   STR_ARG(list.items[k].ingress));
		if (strcmp(text.ptr ? text.ptr : "", rows[i].expected))
			fail_msg("%s: %s", rows[i].name, text.ptr ? text.ptr : "nothing");
		buf_clear(&text);
		pool_clear(&pool);
	}
}

static struct event event_of(const char *message)
{
	return (struct event){ .about = shop,
			       .uid = STR("u"),
			       .reason = "Updated",
			       .component = "pomerium-ingress",
			       .message = str_from(message) };
}

static void test_print(void **state)
{
	struct event event = event_of("line\n\"quoted\"");
	struct value v;
	struct pool pool;
	struct buf text;
	struct err err;

	(void)state;
	pool_init(&pool);
	buf_init(&text, BUF_MAX_TEXT);
	publisher_event_print(&event, 3, 86400, &text);
	assert_int_equal(json_parse(buf_view(&text), &pool, &v, &err), 0);
	assert_true(str_is(value_get(&v, "message")->string, "line\n\"quoted\""));
	assert_int_equal(value_get(&v, "count")->integer, 3);
	assert_true(str_is(value_get(&v, "lastTimestamp")->string, "1970-01-02T00:00:00Z"));
	assert_true(str_is(value_get(value_get(&v, "metadata"), "namespace")->string, "shop"));
	assert_null(value_get(value_get(&v, "metadata"), "annotations"));
	buf_reset(&text);
	event.about = global;
	event.ingress = STR("shop/good");
	publisher_event_print(&event, 1, 0, &text);
	assert_int_equal(json_parse(buf_view(&text), &pool, &v, &err), 0);
	assert_true(str_is(value_get(value_get(&v, "metadata"), "namespace")->string, "default"));
	assert_null(value_get(value_get(&v, "involvedObject"), "namespace"));
	buf_clear(&text);
	pool_clear(&pool);
}

static void test_long_messages_are_cut_between_characters(void **state)
{
	static char text[EVENT_MESSAGE_MAX + 10];
	struct event event = event_of(text);
	struct value v;
	struct pool pool;
	struct buf out;
	struct err err;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	event.message = (struct str){ text, EVENT_MESSAGE_MAX + 8 };
	pool_init(&pool);
	buf_init(&out, BUF_MAX_TEXT);
	publisher_event_print(&event, 1, 0, &out);
	assert_int_equal(json_parse(buf_view(&out), &pool, &v, &err), 0);
	assert_int_equal(value_get(&v, "message")->string.len, EVENT_MESSAGE_MAX / 3 * 3);
	buf_clear(&out);
	pool_clear(&pool);
}

static void test_names(void **state)
{
	const struct event one = event_of("one"), two = event_of("two");
	char a[EVENT_NAME_MAX], b[EVENT_NAME_MAX], c[EVENT_NAME_MAX];

	(void)state;
	publisher_event_name(&one, a);
	publisher_event_name(&one, b);
	publisher_event_name(&two, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(strlen(a), 7 + 32);
}

static void test_bucket(void **state)
{
	struct event_bucket bucket = { 0 };
	uint64_t due = 0, now = 1000000;
	size_t n = 0;

	(void)state;
	while (publisher_event_take(&bucket, now, &due))
		n++;
	assert_int_equal(n, EVENT_BURST);
	assert_int_equal(due, now + EVENT_EACH_MS);
	assert_true(publisher_event_take(&bucket, due, &due));
	assert_false(publisher_event_take(&bucket, now + EVENT_EACH_MS, &due));
	now += 1000000;
	for (n = 0; publisher_event_take(&bucket, now, &due);)
		n++;
	assert_int_equal(n, EVENT_BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_long_messages_are_cut_between_characters),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
