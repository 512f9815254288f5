/* grpc_frame: messages with their length in front, and the trailers that say how a call ended. */
#ifndef GRPC_GRPC_FRAME_H
#define GRPC_GRPC_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "grpc/grpc_status.h"

#define GRPC_FRAME_HEAD 5 /* compressed or not, length in 4 bytes, big endian */

/* Bytes of the wire of which no whole message has come. */
struct grpc_frames {
	struct buf rest;
	size_t max; /* bytes of one message */
};

void grpc_frames_init(struct grpc_frames *frames, size_t max);
void grpc_frames_clear(struct grpc_frames *frames); /* wipes */
/* Takes a piece and hands out each message that is whole with it. -1: too large, compressed, or
 * what on_message said. */
int grpc_frames_feed(struct grpc_frames *frames, struct str piece,
		     int (*on_message)(void *self, struct str message, struct err *err), void *self,
		     struct err *err);
/* Appends a message as it goes out. */
void grpc_frames_add(struct buf *out, struct str message);

/* What the header lines of an answer and its trailers say. */
struct grpc_trailers {
	bool is_grpc; /* content-type is application/grpc or application/grpc+... */
	int status;   /* -1: none was given */
	char message[512];
};

void grpc_trailers_init(struct grpc_trailers *trailers);
void grpc_trailers_line(struct grpc_trailers *trailers, struct str line);

#endif
