/* test_watch_event: what lines of a watch say, and which resourceVersion is the older one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "watcher/kube/watch_event.h"

#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":{" object "}}"
#define META(more) \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"resourceVersion\":\"7\"" more "}"

static const struct kind_row *row_of(enum msg_kind kind)
{
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++)
		if (row->kind == kind)
			return row;
	fail();
	return NULL;
}

static const struct {
	enum msg_kind kind;
	const char *line;
	int rc;
	const char *want; /* type, key, version and more; for rc != 0 a part of the sentence */
} cases[] = {
	{ MSG_KIND_SERVICE, EVENT("ADDED", META("")), 0, "put shop/web 7" },
	{ MSG_KIND_SERVICE, EVENT("MODIFIED", META(",\"extra\":1") ",\"spec\":null,\"x\":[]"), 0,
	  "put shop/web 7" },
	{ MSG_KIND_SECRET, EVENT("ADDED", "\"kind\":\"PartialObjectMetadata\"," META("")), 0,
	  "put shop/web 7" },
	{ MSG_KIND_POMERIUM,
	  EVENT("ADDED",
		"\"metadata\":{\"name\":\"global\",\"resourceVersion\":\"9\"},\"spec\":{}"),
	  0, "put global 9" },
	{ MSG_KIND_INGRESS_CLASS, EVENT("ADDED", META("")), 0, "put web 7" },
	{ MSG_KIND_SERVICE, EVENT("DELETED", META("")), 0, "delete shop/web 7" },
	{ MSG_KIND_SERVICE, EVENT("DELETED", META("") ",\"spec\":7"), 0, "delete shop/web 7" },
	{ MSG_KIND_INGRESS_CLASS, EVENT("DELETED", META("")), 0, "delete web 7" },
	{ MSG_KIND_SERVICE, EVENT("BOOKMARK", "\"metadata\":{\"resourceVersion\":\"8\"}"), 0,
	  "bookmark  8" },
	{ MSG_KIND_SERVICE,
	  EVENT("BOOKMARK", "\"metadata\":{\"resourceVersion\":\"8\",\"annotations\":{\"k8s.io/"
			    "initial-events-end\":\"true\"}}"),
	  0, "bookmark  8 end" },
	{ MSG_KIND_SERVICE, EVENT("ERROR", "\"code\":410,\"message\":\"too old\""), 0,
	  "error 410 0 status 410: too old" },
	{ MSG_KIND_SERVICE,
	  EVENT("ERROR", "\"code\":429,\"message\":\"slow\",\"details\":{\"retryAfterSeconds\":3}"),
	  0, "error 429 3000 status 429: slow" },
	{ MSG_KIND_SERVICE, EVENT("ERROR", "\"code\":-1,\"details\":{\"retryAfterSeconds\":-3}"), 0,
	  "error 500 0 status 500: " },
	{ MSG_KIND_SERVICE, EVENT("ERROR", ""), 0, "error 500 0 status 500: " },
	{ MSG_KIND_SERVICE, "{\"type\":\"ERROR\"}", 0, "error 500 0 status 500: " },
	/* the object is none of that kind: who it is, and where the watch stands, is known all the
	   same */
	{ MSG_KIND_SERVICE, EVENT("ADDED", META("") ",\"spec\":7"), 1, "shop/web: " },
	{ MSG_KIND_SERVICE, EVENT("ADDED", "\"metadata\":{\"name\":\"UP\",\"namespace\":\"shop\"}"),
	  1, "is not a name" },
	{ MSG_KIND_SERVICE, EVENT("ADDED", ""), 1, "" },
	{ MSG_KIND_SERVICE, "{\"type\":\"ADDED\",\"object\":7}", 1, "" },
	/* no event */
	{ MSG_KIND_SERVICE, EVENT("DELETED", ""), -1, "names no object" },
	{ MSG_KIND_SERVICE, EVENT("NEW", META("")), -1, "an event of type \"NEW\"" },
	{ MSG_KIND_SERVICE, "{}", -1, "an event of type \"\"" },
	{ MSG_KIND_SERVICE, "[]", -1, "an event of type \"\"" },
	{ MSG_KIND_SERVICE, "{\"type\":\"ADDED\",", -1, "json" },
	{ MSG_KIND_SERVICE, "\xff", -1, "json" },
};

static void show(const struct watch_event *event, struct pool *pool, struct buf *out)
{
	static const char *const types[] = { "put", "delete", "bookmark", "error" };

	buf_printf(out, "%s ", types[event->type]);
	if (event->type == WATCH_ERROR)
		buf_printf(out, "%ld %llu %s", event->code,
			   (unsigned long long)event->retry_after_ms, event->error.text);
	else
		buf_printf(out, STR_FMT " " STR_FMT "%s",
			   STR_ARG(msg_key_for_people(&event->object.key, pool)),
			   STR_ARG(event->version), event->list_ends ? " end" : "");
}

static void test_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch_event event;
		struct err err = { "" };
		struct pool pool;
		struct buf got;
		int rc;

		pool_init(&pool);
		buf_init(&got, BUF_MAX_TEXT);
		rc = watcher_watch_event_read(str_from(cases[i].line), row_of(cases[i].kind), &pool,
					      &event, &err);
		if (rc != cases[i].rc)
			fail_msg("case %zu gives %d: %s", i, rc, err.text);
		show(&event, &pool, &got);
		if (rc == 0)
			assert_string_equal(got.ptr, cases[i].want);
		else if (!strstr(err.text, cases[i].want))
			fail_msg("case %zu: %s", i, err.text);
		buf_clear(&got);
		pool_clear(&pool);
	}
}

static void test_unusable_objects_have_names(void **state)
{
	struct watch_event event;
	struct err err;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_int_equal(watcher_watch_event_read(STR(EVENT("MODIFIED", META("") ",\"spec\":7")),
						  row_of(MSG_KIND_SERVICE), &pool, &event, &err),
			 1);
	assert_true(str_is(event.object.key.name, "web") &&
		    str_is(event.object.key.namespace, "shop"));
	assert_true(str_is(event.version, "7"));
	assert_int_equal(event.object.key.kind, MSG_KIND_SERVICE);
	pool_clear(&pool);
}

static void test_items(void **state)
{
	struct watch_event event;
	struct err err;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	assert_int_equal(watcher_watch_event_read_item(STR("{" META("") "}"),
						       row_of(MSG_KIND_SERVICE), &pool, &event,
						       &err),
			 0);
	assert_true(event.type == WATCH_PUT && event.object.service && str_is(event.version, "7"));
	assert_int_equal(watcher_watch_event_read_item(STR("7"), row_of(MSG_KIND_SERVICE), &pool,
						       &event, &err),
			 1);
	assert_int_equal(watcher_watch_event_read_item(STR("{"), row_of(MSG_KIND_SERVICE), &pool,
						       &event, &err),
			 -1);
	pool_clear(&pool);
}

static void test_versions(void **state)
{
	static const struct {
		const char *a, *b;
		bool older;
	} pairs[] = {
		{ "1", "2", true },
		{ "2", "1", false },
		{ "2", "2", false },
		{ "9", "10", true },
		{ "10", "9", false },
		{ "007", "8", true },
		{ "8", "007", false },
		{ "", "8", false },
		{ "8", "", false },
		{ "7a", "8", false },
		{ "7", "x", false },
		{ "0", "8", false },
		{ "18446744073709551616", "18446744073709551617", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(
			watcher_watch_event_is_older(str_from(pairs[i].a), str_from(pairs[i].b)),
			pairs[i].older);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_unusable_objects_have_names),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
