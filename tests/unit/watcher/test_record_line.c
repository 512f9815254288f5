/* test_record_line: what is read back is what was printed, byte for byte; what is hostile is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <string.h>
#include <cmocka.h>

#include "base/small_file.h"
#include "watcher/dir/manifest.h"
#include "watcher/record/record_line.h"

static void ignore(void *self, uint32_t line, const struct err *why)
{
	(void)self, (void)line, (void)why;
}

static void print(enum msg_type type, struct str packed, struct pool *pool, struct buf *text)
{
	union msg_body body;

	buf_init(text, RECORD_LINE_MAX);
	assert_int_equal(codec_unpack(msg_codec(type), packed, pool, &body, NULL), 0);
	watcher_record_line_print(type, &body, 17, text);
	assert_int_equal(text->ptr[--text->len], '\n');
}

/* The spec of a Pomerium object is a tree: its keys are told in the order of the alphabet. */
static bool is_ordered(enum msg_type type, const union msg_body *body)
{
	return type != MSG_OBJECT_PUT || body->object.key.kind != MSG_KIND_POMERIUM;
}

/* Through a line and back. */
static void assert_same(enum msg_type type, struct str packed)
{
	struct buf text, text_again, again;
	struct record_line line;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	print(type, packed, &pool, &text);
	if (watcher_record_line_read(buf_view(&text), &pool, &line, &err) < 0)
		fail_msg("%s: %s", err.text, text.ptr);
	assert_int_equal(line.type, type);
	assert_int_equal(line.at_ms, 17);
	buf_init(&again, BUF_MAX_MESSAGE);
	codec_pack(msg_codec(type), &line.body, &again);
	print(type, buf_view(&again), &pool, &text_again);
	assert_true(str_eq(buf_view(&text_again), buf_view(&text)));
	if (is_ordered(type, &line.body))
		assert_true(str_eq(buf_view(&again), packed));
	buf_clear(&text);
	buf_clear(&text_again);
	buf_clear(&again);
	pool_clear(&pool);
}

static size_t check_file(const char *path)
{
	const struct manifest_report report = { .problem = ignore, .all = true };
	struct manifest *manifest;
	struct buf text;
	size_t n = 0;

	buf_init(&text, BUF_MAX_FILE);
	assert_int_equal(small_file_read(path, &text, NULL), 0);
	manifest = watcher_manifest_parse(buf_view(&text), &report);
	for (size_t i = 0; manifest && i < manifest->n; i++, n++) {
		assert_same(MSG_OBJECT_PUT, manifest->items[i].object);
		if (manifest->items[i].secret.len)
			assert_same(MSG_SECRET_VALUE, manifest->items[i].secret);
	}
	if (manifest)
		watcher_manifest_destroy(&manifest);
	buf_clear(&text);
	return n;
}

/* All that the golden cases have: every kind, every field. */
static void test_objects(void **state)
{
	glob_t found;
	size_t n = 0;

	(void)state;
	assert_int_equal(glob("tests/golden/cases/*/*/input.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		n += check_file(found.gl_pathv[i]);
	globfree(&found);
	assert_true(n > 1000);
}

static void test_others(void **state)
{
	struct msg_object_delete gone = { { MSG_KIND_INGRESS, STR("shop"), STR("web") } };
	struct msg_kind_state kind_state = { MSG_KIND_GATEWAY, MSG_KIND_UNAVAILABLE,
					     STR("no \"rights\"\n") };
	struct msg_secret_value absent = { .key = { MSG_KIND_SECRET, STR("shop"), STR("key") },
					   .answer = MSG_SECRET_ABSENT,
					   .type = STR("") };
	const struct {
		enum msg_type type;
		const void *body;
	} cases[] = { { MSG_OBJECT_DELETE, &gone },
		      { MSG_KIND_STATE, &kind_state },
		      { MSG_SECRET_VALUE, &absent } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf packed;

		buf_init(&packed, BUF_MAX_MESSAGE);
		codec_pack(msg_codec(cases[i].type), cases[i].body, &packed);
		assert_same(cases[i].type, buf_view(&packed));
		buf_clear(&packed);
	}
}

static void test_bad(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "{", "" },
		{ "[]", "\"ms\"" },
		{ "{\"sluice\":\"recording\",\"version\":2}", "version 1" },
		{ "{\"put\":\"Ingress\",\"object\":{}}", "\"ms\"" },
		{ "{\"ms\":-1,\"put\":\"Ingress\",\"object\":{}}", "\"ms\"" },
		{ "{\"ms\":1}", "\"secret\"" },
		{ "{\"ms\":1,\"put\":\"Pod\",\"object\":{}}", "such as Ingress" },
		{ "{\"ms\":1,\"put\":\"Ingress\"}", "\"object\"" },
		{ "{\"ms\":1,\"put\":\"Ingress\",\"object\":{\"metadata\":{\"name\":\"a/b\"}}}",
		  "name" },
		{ "{\"ms\":1,\"delete\":\"Ingress\",\"name\":\"a\"}", "\"namespace\"" },
		{ "{\"ms\":1,\"delete\":\"IngressClass\",\"namespace\":\"a\",\"name\":\"a\"}",
		  "cannot have" },
		{ "{\"ms\":1,\"delete\":\"Ingress\",\"namespace\":\"a\",\"name\":\"b/c\"}",
		  "\"name\"" },
		{ "{\"ms\":1,\"state\":\"Ingress\",\"condition\":\"merry\"}", "merry" },
		{ "{\"ms\":1,\"secret\":\"found\",\"namespace\":\"a\",\"name\":\"b\"}",
		  "\"value\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record_line line;
		struct pool pool;
		struct err err = { "" };

		pool_init(&pool);
		assert_int_equal(
			watcher_record_line_read(str_from(cases[i][0]), &pool, &line, &err), -1);
		if (!strstr(err.text, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], err.text);
		pool_clear(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
