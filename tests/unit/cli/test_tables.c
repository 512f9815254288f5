/* test_tables: what the page is told, and that an answer has an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cli/web/tables.h"

/* What the two rooms say. */
static void take(struct model *model, const char *published, const char *known)
{
	struct gather_answer answers[] = {
		{ .room = STR("resolver"), .status = 200 },
		{ .room = STR("publisher"), .status = 200 },
	};

	for (int i = 0; i < 2; i++)
		buf_init(&answers[i].body, BUF_MAX_TEXT);
	buf_puts(&answers[0].body, known);
	buf_puts(&answers[1].body, published);
	cli_web_model_take(model, answers, 2);
	for (int i = 0; i < 2; i++)
		buf_clear(&answers[i].body);
}

static void expect(const struct model *model,
		   void (*put)(const struct model *model, const struct tables_query *query,
			       cJSON *out),
		   struct tables_query query, const char *want)
{
	cJSON *doc = cJSON_CreateObject();
	struct buf out;

	buf_init(&out, BUF_MAX_TEXT);
	put(model, &query, doc);
	cjson_print(&doc, &out);
	assert_string_equal(out.ptr, want);
	buf_clear(&out);
}

#define ROUTE(id) \
	"{\"id\":\"" id "\",\"from\":\"https://x\",\"to\":[\"http://1\"],\"access\":\"public\"}"
#define OWNER(name, more) "{\"kind\":\"Ingress\",\"namespace\":\"a\",\"name\":\"" name "\"" more "}"
#define OWNERS(list) "{\"owners\":[" list "],\"certificates\":[],\"held_back\":[]}"

static void test_words_and_states(void **state)
{
	struct model model;

	(void)state;
	cli_web_model_init(&model);
	take(&model,
	     OWNERS(OWNER("one", ",\"routes\":[" ROUTE("1") "]") "," OWNER(
		     "two", ",\"rejected\":\"policy: No <b>\"")),
	     "{\"owners\":[" OWNER("three", ",\"why_not\":\"class nginx\"") "]}");
	expect(&model, cli_web_tables_routes, (struct tables_query){ .words = STR("ONE public") },
	       "{\"rows\":[{\"to\":[\"http://1\"],\"kind\":\"Ingress\",\"namespace\":\"a\","
	       "\"name\":\"one\",\"from\":\"https://x\",\"match\":\"prefix\",\"path\":\"/\","
	       "\"access\":\"public\",\"state\":\"served\"}],\"matched\":1,\"offset\":0,"
	       "\"owners\":{\"served\":1,\"last good\":0,\"rejected\":1,\"ignored\":1}}");
	expect(&model, cli_web_tables_routes, (struct tables_query){ .state = STR("rejected") },
	       "{\"rows\":[{\"kind\":\"Ingress\",\"namespace\":\"a\",\"name\":\"two\",\"state\":"
	       "\"rejected\",\"sentence\":\"policy: No <b>\"}],\"matched\":1,\"offset\":0,"
	       "\"owners\":{\"served\":1,\"last good\":0,\"rejected\":1,\"ignored\":1}}");
	expect(&model, cli_web_tables_routes, (struct tables_query){ .words = STR("one nginx") },
	       "{\"rows\":[],\"matched\":0,\"offset\":0,\"owners\":{\"served\":1,\"last good\":0,"
	       "\"rejected\":1,\"ignored\":1}}");
	cli_web_model_clear(&model);
}

static void test_an_answer_has_an_end(void **state)
{
	struct tables_query query = { .offset = 0 };
	struct model model;
	struct buf text;
	cJSON *doc;

	(void)state;
	buf_init(&text, BUF_MAX_TEXT);
	buf_puts(&text, "{\"owners\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s" OWNER("n%03d", ",\"routes\":[" ROUTE("%d") "]"),
			   i ? "," : "", i, i);
	buf_puts(&text, "]}");
	cli_web_model_init(&model);
	take(&model, text.ptr, "{\"owners\":[]}");
	for (query.offset = 0; query.offset <= 1000; query.offset += 950) {
		doc = cJSON_CreateObject();
		cli_web_tables_routes(&model, &query, doc);
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "rows")),
				 query.offset ? 50 : TABLES_ROWS);
		assert_string_equal(cJSON_GetObjectItem(doc, "matched")->valuestring, "1000");
		cJSON_Delete(doc);
	}
	doc = cJSON_CreateObject();
	cli_web_tables_url(&model, STR("https://x/y"), doc);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "others")), TABLES_ROWS);
	cJSON_Delete(doc);
	buf_clear(&text);
	cli_web_model_clear(&model);
}

static void test_changes(void **state)
{
	static const char *const whats[] = { "rejected", "mended", "changed", "new", "gone" };
	struct model model;

	(void)state;
	cli_web_model_init(&model);
	take(&model, OWNERS(OWNER("one", "")), "{}");
	take(&model, OWNERS(OWNER("one", ",\"rejected\":\"no\"")), "{}");
	take(&model, OWNERS(OWNER("one", "")), "{}");
	take(&model, OWNERS(OWNER("one", "")), "{}"); /* nothing */
	assert_int_equal(model.version, 3);
	take(&model, OWNERS(OWNER("one", ",\"since\":\"2026\"")), "{}");
	take(&model, OWNERS(OWNER("one", ",\"since\":\"2026\"") "," OWNER("two", "")), "{}");
	take(&model, OWNERS(OWNER("two", "")), "{}");
	assert_int_equal(model.n_changes, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(model.changes[i].what, whats[i]);
	/* a room that is silent changes nothing, and is named */
	cli_web_model_take(&model, NULL, 0);
	assert_int_equal(model.n_changes, 5);
	assert_string_equal(model.trouble.text, "no pipeline runs in the run folder");
	cli_web_model_clear(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_states),
		cmocka_unit_test(test_an_answer_has_an_end),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
