/* watch_stream: pieces of an HTTP body in, whole lines out. A line that comes in one piece is not copied. */
#include "watcher/watch_stream.h"

#include "base/log.h"

void watcher_watch_stream_init(struct watch_stream *stream)
{
	buf_init(&stream->partial, WATCH_LINE_MAX);
	stream->skipping = false;
}

void watcher_watch_stream_clear(struct watch_stream *stream)
{
	buf_clear(&stream->partial);
	watcher_watch_stream_init(stream);
}

static int end_line(struct watch_stream *stream, struct str line, int (*on_line)(void *arg, struct str line), void *arg)
{
	int rc = 0;

	if (stream->skipping) {
		stream->skipping = false;
		return 0;
	}
	if (stream->partial.len) {
		buf_str(&stream->partial, line);
		line = buf_view(&stream->partial);
	}
	if (stream->partial.full)
		log_warn("an event was left out", "reason=\"longer than %u bytes\"", WATCH_LINE_MAX);
	else if (str_trim(line).len)
		rc = on_line(arg, line);
	buf_reset(&stream->partial);
	return rc;
}

int watcher_watch_stream_add(struct watch_stream *stream, struct str piece, int (*on_line)(void *arg, struct str line),
			     void *arg)
{
	struct str line, rest;

	while (str_cut(piece, '\n', &line, &rest)) {
		if (end_line(stream, line, on_line, arg))
			return -1;
		piece = rest;
	}
	if (stream->skipping || !piece.len)
		return 0;
	buf_str(&stream->partial, piece);
	if (stream->partial.full) {
		log_warn("an event was left out", "reason=\"longer than %u bytes\"", WATCH_LINE_MAX);
		watcher_watch_stream_clear(stream);
		stream->skipping = true;
	}
	return 0;
}
