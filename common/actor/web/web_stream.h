/* web_stream: an answer that has no end: pieces go out as they are pushed (server-sent events). */
#ifndef ACTOR_WEB_STREAM_H
#define ACTOR_WEB_STREAM_H

#include <stdbool.h>

#include "base/str.h"

struct MHD_Connection;
struct MHD_Response;
struct web_stream;

/* For web_answer.stream, which takes it. `on_gone`: its client has gone, and so has the stream
 * after return. */
struct web_stream *actor_web_stream_new(void *self,
					void (*on_gone)(void *self, struct web_stream *stream));
/* False: what was pushed before has not gone out yet, and this piece is dropped. It goes out at the
 * server's next round. */
bool actor_web_stream_push(struct web_stream *stream, struct str piece);
/* For the server: `wanted` becomes true when it has to look at its connections. */
struct MHD_Response *actor_web_stream_response(struct web_stream *stream,
					       struct MHD_Connection *connection, bool *wanted);

#endif
