/* test_watch_stream: lines out of pieces that are cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "watcher/kube/watch_event.h"
#include "watcher/kube/watch_stream.h"

/* "<LINE>" for each line; stops at a line "stop". */
static int on_line(void *arg, struct str line)
{
	struct buf *got = arg;

	buf_putc(got, '<');
	buf_str(got, line.len > 40 ? STR("long") : line);
	buf_putc(got, '>');
	return str_is(line, "stop") ? -1 : 0;
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "" },
	{ "a\n", "<a>" },
	{ "a\nb\n", "<a><b>" },
	{ "a\r\nb\n", "<a\r><b>" },
	{ "a", "" }, /* not complete: it comes again, with the next watch */
	{ "a\nb", "<a>" },
	{ "\n\n \n\t\na\n", "<a>" },
	{ "gr\xc3\xbc\xc3\x9f\x65\n", "<gr\xc3\xbc\xc3\x9f\x65>" },
	{ "a\nstop\nb\n", "<a><stop>" },
};

static void test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct str text = str_from(cases[i].text);

		for (size_t size = 1; size <= text.len + 1; size++) {
			struct watch_stream stream;
			struct buf got;
			int rc = 0;

			buf_init(&got, BUF_MAX_TEXT);
			watcher_watch_stream_init(&stream, on_line, &got);
			for (size_t at = 0; at < text.len && !rc; at += size)
				rc = watcher_watch_stream_add(&stream,
							      str_slice(text, at, at + size));
			assert_int_equal(rc, strstr(cases[i].want, "stop") ? -1 : 0);
			assert_true(str_is(buf_view(&got), cases[i].want));
			watcher_watch_stream_clear(&stream);
			buf_clear(&got);
		}
	}
}

/* A line that no object of a cluster can have is left out; the next one counts. */
static void test_ceiling(void **state)
{
	const size_t piece = 1 << 20;
	char *x = mem_alloc(piece);
	struct watch_stream stream;
	struct buf got;

	(void)state;
	memset(x, 'x', piece);
	buf_init(&got, BUF_MAX_TEXT);
	watcher_watch_stream_init(&stream, on_line, &got);
	for (int lines = 0; lines < 2; lines++) {
		for (size_t n = 0; n < 3 * WATCH_OBJECT_MAX; n += piece) {
			assert_int_equal(
				watcher_watch_stream_add(&stream, (struct str){ x, piece }), 0);
			assert_true(stream.partial.cap <= 2 * WATCH_OBJECT_MAX);
		}
		assert_int_equal(watcher_watch_stream_add(&stream, STR("\nnext\n")), 0);
	}
	assert_true(str_is(buf_view(&got), "<next><next>"));
	watcher_watch_stream_clear(&stream);
	mem_free(x);
	buf_clear(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
