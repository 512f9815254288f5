/* watch_stream: pieces of an HTTP body in, whole lines (JSON events) out, up to a ceiling. */
#ifndef WATCHER_WATCH_STREAM_H
#define WATCHER_WATCH_STREAM_H

#include "base/buf.h"

struct watch_stream {
	int (*on_line)(void *arg, struct str line); /* not for empty ones; -1 ends it */
	void *arg;
	struct buf partial; /* the beginning of a line that is not complete */
	bool skipping;      /* the present line passed the ceiling: nothing of it is kept */
};

void watcher_watch_stream_init(struct watch_stream *stream,
			       int (*on_line)(void *arg, struct str line), void *arg);
void watcher_watch_stream_clear(struct watch_stream *stream); /* ready for another stream */
/* Hands over each line that is complete now, until on_line returns -1, which is returned. */
int watcher_watch_stream_add(struct watch_stream *stream, struct str piece);

#endif
