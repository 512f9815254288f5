/* test_grpc_frame: messages with their length in front, however they are cut; trailers, whatever
 * they say. */
#include "grpc/grpc_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct seen {
	struct buf text; /* messages, each with a bar behind it */
};

static int on_message(void *self, struct str message, struct err *err)
{
	struct seen *seen = self;

	buf_str(&seen->text, message);
	buf_putc(&seen->text, '|');
	return str_is(message, "stop") ? err_set(err, "stopped") : 0;
}

static void start(struct grpc_frames *frames, struct seen *seen)
{
	grpc_frames_init(frames, 16);
	buf_init(&seen->text, BUF_MAX_TEXT);
}

static void end(struct grpc_frames *frames, struct seen *seen)
{
	grpc_frames_clear(frames);
	buf_clear(&seen->text);
}

/* Every message comes out whole and in order, wherever the wire is cut in two. */
static void test_any_cut(void **state)
{
	struct buf wire;

	(void)state;
	buf_init(&wire, BUF_MAX_TEXT);
	grpc_frames_add(&wire, STR("one"));
	grpc_frames_add(&wire, STR(""));
	grpc_frames_add(&wire, STR("sixteen bytes ok"));
	for (size_t at = 0; at <= wire.len; at++) {
		struct grpc_frames frames;
		struct seen seen;
		struct err err = { "" };

		start(&frames, &seen);
		assert_int_equal(grpc_frames_feed(&frames, str_slice(buf_view(&wire), 0, at),
						  on_message, &seen, &err),
				 0);
		assert_int_equal(grpc_frames_feed(&frames, str_slice(buf_view(&wire), at, wire.len),
						  on_message, &seen, &err),
				 0);
		assert_string_equal(seen.text.ptr, "one||sixteen bytes ok|");
		assert_int_equal(frames.rest.len, 0);
		end(&frames, &seen);
	}
	buf_clear(&wire);
}

static void test_byte_by_byte(void **state)
{
	struct grpc_frames frames;
	struct seen seen;
	struct buf wire;

	(void)state;
	start(&frames, &seen);
	buf_init(&wire, BUF_MAX_TEXT);
	grpc_frames_add(&wire, STR("a"));
	grpc_frames_add(&wire, STR("bc"));
	for (size_t i = 0; i < wire.len; i++)
		assert_int_equal(grpc_frames_feed(&frames, str_slice(buf_view(&wire), i, i + 1),
						  on_message, &seen, NULL),
				 0);
	assert_string_equal(seen.text.ptr, "a|bc|");
	buf_clear(&wire);
	end(&frames, &seen);
}

static void refuses(struct str wire, const char *word)
{
	for (size_t at = 0; at <= 3; at += 3) { /* whole, and in two pieces */
		struct grpc_frames frames;
		struct seen seen;
		struct err err = { "" };
		int rc;

		start(&frames, &seen);
		rc = grpc_frames_feed(&frames, str_slice(wire, 0, at), on_message, &seen, &err);
		if (rc == 0)
			rc = grpc_frames_feed(&frames, str_slice(wire, at, wire.len), on_message,
					      &seen, &err);
		assert_int_equal(rc, -1);
		assert_non_null(strstr(err.text, word));
		end(&frames, &seen);
	}
}

static void test_refused(void **state)
{
	(void)state;
	refuses(STR("\1\0\0\0\1x"), "compressed");
	refuses(STR("\0\0\0\0\21"), "17 bytes");
	refuses(STR("\0\377\377\377\377"), "4294967295 bytes");
	refuses(STR("\0\0\0\0\4stop"), "stopped");
}

static void test_trailers(void **state)
{
	struct grpc_trailers t;

	(void)state;
	grpc_trailers_init(&t);
	assert_int_equal(t.status, -1);
	grpc_trailers_line(&t, STR("content-type: application/grpc+proto\r\n"));
	grpc_trailers_line(&t, STR("Grpc-Status: 10\r\n"));
	grpc_trailers_line(&t, STR("grpc-message: invalid%20server version: 100%\r\n"));
	grpc_trailers_line(&t, STR("without a colon\r\n"));
	assert_true(t.is_grpc);
	assert_int_equal(t.status, GRPC_ABORTED);
	assert_string_equal(t.message, "invalid server version: 100%");
}

static void test_bad_trailers(void **state)
{
	static const char *const statuses[] = { "banana", "-1", "17", "", "99999999999999999999" };
	struct grpc_trailers t;

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char line[64];

		grpc_trailers_init(&t);
		snprintf(line, sizeof(line), "grpc-status: %s", statuses[i]);
		grpc_trailers_line(&t, str_from(line));
		assert_int_equal(t.status, GRPC_UNKNOWN);
	}
	grpc_trailers_init(&t);
	grpc_trailers_line(&t, STR("content-type: application/grpcish"));
	assert_false(t.is_grpc);
	grpc_trailers_line(&t, STR("grpc-message: a%00b%4"));
	assert_string_equal(t.message, "a b%4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_cut),      cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_refused),      cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_bad_trailers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
