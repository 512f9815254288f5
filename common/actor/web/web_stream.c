/* web_stream: an answer that has no end.
 *
 *   in     pieces
 *   out    the same, when the client takes them
 *   owns   one piece on its way
 *   never  keeps a second piece for a client that is slow
 */
#include "actor/web/web_stream.h"

#include <microhttpd.h>

#include "base/buf.h"
#include "base/mem.h"

#define BLOCK_BYTES (16u << 10)

struct web_stream {
	struct MHD_Connection *connection; /* NULL: the answer has not begun */
	struct buf piece;
	size_t taken;
	bool *wanted; /* the server's: it has to look at its connections */
	bool rests;   /* the server does not look at the connection until there is something */
	void *self;
	void (*on_gone)(void *self, struct web_stream *stream);
};

struct web_stream *actor_web_stream_new(void *self,
					void (*on_gone)(void *self, struct web_stream *stream))
{
	struct web_stream *stream = mem_alloc(sizeof(*stream));

	*stream = (struct web_stream){ .self = self, .on_gone = on_gone };
	buf_init(&stream->piece, BUF_MAX_MESSAGE);
	return stream;
}

static ssize_t take(void *arg, uint64_t at, char *out, size_t max)
{
	struct web_stream *stream = arg;
	size_t n = stream->piece.len - stream->taken;

	(void)at;
	if (!n) {
		stream->rests = true;
		MHD_suspend_connection(stream->connection);
		return 0;
	}
	n = n < max ? n : max;
	memcpy(out, stream->piece.ptr + stream->taken, n);
	stream->taken += n;
	return (ssize_t)n;
}

static void let_go(void *arg)
{
	struct web_stream *stream = arg;

	stream->on_gone(stream->self, stream);
	buf_clear(&stream->piece);
	mem_free(stream);
}

struct MHD_Response *actor_web_stream_response(struct web_stream *stream,
					       struct MHD_Connection *connection, bool *wanted)
{
	stream->connection = connection;
	stream->wanted = wanted;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, take, stream,
						 let_go);
}

bool actor_web_stream_push(struct web_stream *stream, struct str piece)
{
	if (stream->taken < stream->piece.len)
		return false;
	buf_reset(&stream->piece);
	stream->taken = 0;
	buf_str(&stream->piece, piece);
	if (stream->rests) {
		stream->rests = false;
		*stream->wanted = true;
		MHD_resume_connection(stream->connection);
	}
	return true;
}
