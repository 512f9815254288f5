/* test_watch_page: items out of a list that is cut anywhere; what is no list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "watcher/kube/watch_page.h"

static void on_item(void *arg, struct str item)
{
	struct buf *got = arg;

	buf_str(got, item);
	buf_putc(got, ' ');
}

#define META "\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"\"}"

static const struct {
	const char *text;
	const char
		*want; /* items, then version and continue; or a part of the sentence after "!" */
} cases[] = {
	{ "{\"kind\":\"L\"," META ",\"items\":[{\"a\":1},{\"b\":2}]}", "{\"a\":1} {\"b\":2} 7 " },
	{ "{\"items\":[{\"a\":1}]," META "}", "{\"a\":1} 7 " },
	{ "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"a=\\/b\"},\"items\":[]}",
	  "7 a=/b" },
	{ "{" META ",\"items\":null}", "7 " },
	{ "{" META ",\"items\":[]}\n \n", "7 " },
	{ " {\n " META " ,\n \"items\" : [ {\"a\": [1, {\"b\": \"]}\\\"\"}]} , {} ] , \"x\": 1 }",
	  "{\"a\": [1, {\"b\": \"]}\\\"\"}]} {} 7 " },
	{ "{" META ",\"x\":{\"items\":[{\"a\":1}]},\"y\":[[{}]],\"z\":\"items\",\"items\":[{\"c\":"
	  "\"\\\\\"}]}",
	  "{\"c\":\"\\\\\"} 7 " },
	{ "{" META ",\"items\":[{\"n\":\"gr\xc3\xbc\xc3\x9f\x65\"}]}",
	  "{\"n\":\"gr\xc3\xbc\xc3\x9f\x65\"} 7 " },
	{ "{" META ",\"n\":-1.5e3,\"t\":true,\"items\":[]}", "7 " },
	/* not whole */
	{ "", "!stops in the middle" },
	{ "{" META ",\"items\":[{\"a\":1}", "!stops in the middle" },
	{ "{" META ",\"items\":[{\"a\":1}]", "!stops in the middle" },
	{ "{" META ",\"items\":[{\"a\":\"", "!stops in the middle" },
	{ "{" META ",\"items\":nul", "!stops in the middle" },
	{ "{" META "}", "!has no items" },
	{ "{\"items\":[]}", "!has no resourceVersion" },
	{ "{\"items\":[],\"metadata\":{\"resourceVersion\":7}}", "!has no resourceVersion" },
	{ "{\"items\":[],\"metadata\":{\"resourceVersion\":\"\"}}", "!has no resourceVersion" },
	{ "{\"items\":[],\"metadata\":{\"resourceVersion\":"
	  "\"1234567890123456789012345678901234567890123456789012345678901234567890\"}}",
	  "!has no resourceVersion" },
	/* no list */
	{ "<html>", "!\"<\" is out of place" },
	{ "[]", "!\"[\" is out of place" },
	{ "{" META ",\"items\":[7]}", "!\"7\" is out of place" },
	{ "{" META ",\"items\":[[]]}", "!\"[\" is out of place" },
	{ "{" META ",\"items\":[]}}", "!\"}\" is out of place" },
	{ "{" META ",\"items\":[]}{}", "!\"{\" is out of place" },
	{ "{\"a\" 1}", "!\"1\" is out of place" },
	{ "{\"a\":}", "!\"}\" is out of place" },
	{ "{a:1}", "!\"a\" is out of place" },
	{ "{\"metadata\":{\"resourceVersion\":},\"items\":[]}", "!json" },
};

static void check(size_t i, size_t size)
{
	const struct str text = str_from(cases[i].text);
	struct watch_page page;
	struct err err = { "" };
	struct buf got;
	int rc = 0;

	buf_init(&got, BUF_MAX_TEXT);
	watcher_watch_page_init(&page, on_item, &got);
	for (size_t at = 0; at < text.len && !rc; at += size)
		rc = watcher_watch_page_add(&page, str_slice(text, at, at + size), &err);
	if (!rc)
		rc = watcher_watch_page_end(&page, &err);
	if (cases[i].want[0] == '!') {
		if (!rc || !strstr(err.text, cases[i].want + 1))
			fail_msg("case %zu in pieces of %zu: %s", i, size, err.text);
	} else {
		if (rc)
			fail_msg("case %zu in pieces of %zu: %s", i, size, err.text);
		buf_printf(&got, "%s " STR_FMT, page.version, STR_ARG(buf_view(&page.more)));
		assert_string_equal(got.ptr, cases[i].want);
	}
	watcher_watch_page_clear(&page);
	buf_clear(&got);
}

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t size = 1; size <= strlen(cases[i].text) + 1; size++)
			check(i, size);
}

static void test_again(void **state)
{
	struct watch_page page;
	struct buf got;

	(void)state;
	buf_init(&got, BUF_MAX_TEXT);
	watcher_watch_page_init(&page, on_item, &got);
	assert_int_equal(
		watcher_watch_page_add(&page, STR("{" META ",\"items\":[{\"a\":\"x"), NULL), 0);
	watcher_watch_page_clear(&page);
	assert_int_equal(watcher_watch_page_add(&page, STR("{\"items\":[{}]," META "}"), NULL), 0);
	assert_int_equal(watcher_watch_page_end(&page, NULL), 0);
	assert_string_equal(got.ptr, "{} ");
	watcher_watch_page_clear(&page);
	buf_clear(&got);
}

/* An item without an end is given up before it takes all memory. */
static void test_ceiling(void **state)
{
	const size_t piece = 1 << 20;
	char *x = mem_alloc(piece);
	struct watch_page page;
	struct err err = { "" };
	struct buf got;
	int rc;

	(void)state;
	memset(x, 'x', piece);
	buf_init(&got, BUF_MAX_TEXT);
	watcher_watch_page_init(&page, on_item, &got);
	rc = watcher_watch_page_add(&page, STR("{\"items\":[{\"a\":\""), &err);
	for (size_t n = 0; n < 2 * WATCH_OBJECT_MAX && !rc; n += piece)
		rc = watcher_watch_page_add(&page, (struct str){ x, piece }, &err);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(err.text, "more than"));
	watcher_watch_page_clear(&page);
	mem_free(x);
	buf_clear(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
