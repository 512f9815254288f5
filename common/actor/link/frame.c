/* frame: a packed message on its way through a ZeroMQ socket.
 *
 *   in     bytes; what a socket has received
 *   out    the same
 *   owns   nothing
 *   never  blocks, looks into the bytes, leaves those of a secret in memory
 */
#include "actor/link/frame.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* With secrets: ZeroMQ frees it when it is sent, and then nothing of it may stay. */
struct secret_frame {
	size_t len;
	char bytes[];
};

static void wipe_part(void *data, void *hint)
{
	struct secret_frame *frame = hint;

	mem_wipe(data, frame->len);
	mem_free(frame);
}

static void init_secret_part(zmq_msg_t *part, struct str bytes)
{
	struct secret_frame *frame = mem_alloc(sizeof(*frame) + bytes.len);

	frame->len = bytes.len;
	memcpy(frame->bytes, bytes.ptr, bytes.len);
	zmq_msg_init_data(part, frame->bytes, frame->len, wipe_part, frame);
}

static enum frame_sent sent_from(int reason)
{
	return reason == EAGAIN ? SENT_LATER : SENT_TO_NOBODY;
}

static int send_part(void *sock, struct str bytes, bool is_secret, bool more)
{
	zmq_msg_t part;
	int reason;

	if (is_secret) {
		init_secret_part(&part, bytes);
	} else {
		zmq_msg_init_size(&part, bytes.len);
		memcpy(zmq_msg_data(&part), bytes.ptr, bytes.len);
	}
	if (zmq_msg_send(&part, sock, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0)
		return 0;
	reason = errno;
	zmq_msg_close(&part);
	errno = reason;
	return -1;
}

/* ZeroMQ takes all parts or none, unless the connection ends in between. Then the rest has to be
 * sent all the same: it belongs to this message, and is dropped. */
enum frame_sent actor_frame_send(void *sock, struct str id, struct str bytes, bool is_secret)
{
	size_t at = 0, end;
	bool lost = false;

	if (id.ptr && zmq_send(sock, id.ptr, id.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return sent_from(errno);
	do {
		end = bytes.len - at > FRAME_PART_MAX ? at + FRAME_PART_MAX : bytes.len;
		if (send_part(sock, str_slice(bytes, at, end), is_secret, end < bytes.len) < 0) {
			if (at == 0 && !id.ptr)
				return sent_from(errno);
			lost = true;
		}
		at = end;
	} while (at < bytes.len);
	return lost ? SENT_TO_NOBODY : SENT;
}

void actor_frame_init(struct frame *frame)
{
	zmq_msg_init(&frame->id);
	zmq_msg_init(&frame->part);
	buf_init(&frame->joined, BUF_MAX_MESSAGE);
	frame->well_formed = false;
}

void actor_frame_close(struct frame *frame)
{
	zmq_msg_close(&frame->id);
	zmq_msg_close(&frame->part);
	buf_clear(&frame->joined);
}

static void add_part(struct frame *frame, zmq_msg_t *part)
{
	buf_add(&frame->joined, zmq_msg_data(part), zmq_msg_size(part));
}

/* What ZeroMQ hands over is there with all its parts. */
static void join_parts(struct frame *frame, void *sock)
{
	zmq_msg_t next;

	add_part(frame, &frame->part);
	zmq_msg_init(&next);
	do {
		if (zmq_msg_recv(&next, sock, ZMQ_DONTWAIT) < 0)
			break;
		add_part(frame, &next);
		if (zmq_msg_size(&next))
			mem_wipe(zmq_msg_data(&next), zmq_msg_size(&next));
	} while (zmq_msg_more(&next));
	zmq_msg_close(&next);
}

bool actor_frame_receive(struct frame *frame, void *sock, bool has_id)
{
	if (frame->joined.cap)
		buf_wipe(&frame->joined);
	if (has_id && zmq_msg_recv(&frame->id, sock, ZMQ_DONTWAIT) < 0)
		return false;
	if (zmq_msg_recv(&frame->part, sock, ZMQ_DONTWAIT) < 0)
		return false;
	if (zmq_msg_more(&frame->part))
		join_parts(frame, sock);
	frame->well_formed = !frame->joined.full;
	return true;
}

struct str actor_frame_id(struct frame *frame)
{
	return (struct str){ zmq_msg_data(&frame->id), zmq_msg_size(&frame->id) };
}

struct str actor_frame_bytes(struct frame *frame)
{
	if (frame->joined.cap)
		return buf_view(&frame->joined);
	return (struct str){ zmq_msg_data(&frame->part), zmq_msg_size(&frame->part) };
}

void actor_frame_wipe(struct frame *frame)
{
	mem_wipe(zmq_msg_data(&frame->part), zmq_msg_size(&frame->part));
	buf_wipe(&frame->joined);
}
