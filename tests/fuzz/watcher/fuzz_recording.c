/* fuzz_recording: a line of a recording. What is read and printed is read again as the same. */
#include <stdlib.h>

#include "watcher/record/record_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct record_line *line, struct buf *out)
{
	buf_init(out, RECORD_LINE_MAX);
	watcher_record_line_print(line->type, &line->body, line->at_ms, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_line line, again;
	struct buf first, second;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	if (watcher_record_line_read((struct str){ (const char *)data, size }, &pool, &line, &err) <
	    0) {
		if (!*err.text || !str_is_utf8(str_from(err.text)))
			abort();
	} else if (!line.is_head) {
		print(&line, &first);
		if (watcher_record_line_read(str_slice(buf_view(&first), 0, first.len - 1), &pool,
					     &again, &err) < 0)
			abort();
		print(&again, &second);
		if (!str_eq(buf_view(&first), buf_view(&second)))
			abort();
		buf_clear(&first);
		buf_clear(&second);
	}
	pool_clear(&pool);
	return 0;
}
