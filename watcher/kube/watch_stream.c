/* watch_stream: pieces of an HTTP body in, whole lines out.
 *
 *   in     bytes, cut anywhere
 *   out    lines; one that comes in one piece is not copied
 *   owns   the beginning of the line that is not complete
 *   never  keeps more of a line than any object of a cluster can have
 */
#include "watcher/kube/watch_stream.h"

#include "base/log.h"
#include "watcher/kube/watch_event.h"

void watcher_watch_stream_init(struct watch_stream *stream,
			       int (*on_line)(void *arg, struct str line), void *arg)
{
	*stream = (struct watch_stream){ .on_line = on_line, .arg = arg };
	buf_init(&stream->partial, WATCH_OBJECT_MAX);
}

void watcher_watch_stream_clear(struct watch_stream *stream)
{
	buf_clear(&stream->partial);
	stream->skipping = false;
}

static void skip(struct watch_stream *stream)
{
	log_warn("an event was left out", "reason=\"it has more than %u bytes\"", WATCH_OBJECT_MAX);
	buf_clear(&stream->partial);
	stream->skipping = true;
}

static int end_line(struct watch_stream *stream, struct str line)
{
	int rc = 0;

	if (stream->partial.len) {
		buf_str(&stream->partial, line);
		line = buf_view(&stream->partial);
	}
	if (stream->partial.full)
		skip(stream);
	else if (!stream->skipping && str_trim(line).len)
		rc = stream->on_line(stream->arg, line);
	stream->skipping = false;
	buf_clear(&stream->partial);
	return rc;
}

int watcher_watch_stream_add(struct watch_stream *stream, struct str piece)
{
	struct str line, rest;

	while (str_cut(piece, '\n', &line, &rest)) {
		if (end_line(stream, line))
			return -1;
		piece = rest;
	}
	if (!stream->skipping)
		buf_str(&stream->partial, piece);
	if (stream->partial.full)
		skip(stream);
	return 0;
}
