/* watch_stream: pieces of an HTTP body in, whole lines (one JSON event each) out, with a ceiling.
 */
#ifndef WATCHER_WATCH_STREAM_H
#define WATCHER_WATCH_STREAM_H

#include "base/buf.h"

#define WATCH_LINE_MAX \
	(16u << 20) /* bytes of one event; an object in etcd has at most 1.5 MiB by default */

struct watch_stream {
	struct buf partial; /* the beginning of a line that is not complete */
	bool skipping; /* the present line passed the ceiling: up to its end nothing of it is kept
			*/
};

void watcher_watch_stream_init(struct watch_stream *stream);
void watcher_watch_stream_clear(struct watch_stream *stream);
/* Calls on_line for each line that is complete now (empty ones left out) until one returns -1,
 * which is returned. */
int watcher_watch_stream_add(struct watch_stream *stream, struct str piece,
			     int (*on_line)(void *arg, struct str line), void *arg);

#endif
