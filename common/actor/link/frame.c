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

enum frame_sent actor_frame_send(void *sock, struct str id, struct str bytes, bool is_secret)
{
	zmq_msg_t part;
	int reason;

	if (id.ptr && zmq_send(sock, id.ptr, id.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return sent_from(errno);
	if (is_secret) {
		init_secret_part(&part, bytes);
	} else {
		zmq_msg_init_size(&part, bytes.len);
		memcpy(zmq_msg_data(&part), bytes.ptr, bytes.len);
	}
	if (zmq_msg_send(&part, sock, ZMQ_DONTWAIT) >= 0)
		return SENT;
	reason = errno;
	zmq_msg_close(&part);
	return sent_from(reason);
}

void actor_frame_init(struct frame *frame)
{
	zmq_msg_init(&frame->id);
	zmq_msg_init(&frame->body);
	frame->well_formed = false;
}

void actor_frame_close(struct frame *frame)
{
	zmq_msg_close(&frame->id);
	zmq_msg_close(&frame->body);
}

/* Of several parts the last one stays. */
bool actor_frame_receive(struct frame *frame, void *sock, bool has_id)
{
	size_t n_parts = 0;

	if (has_id && zmq_msg_recv(&frame->id, sock, ZMQ_DONTWAIT) < 0)
		return false;
	do {
		if (zmq_msg_recv(&frame->body, sock, ZMQ_DONTWAIT) < 0)
			return false;
		n_parts++;
	} while (zmq_msg_more(&frame->body));
	frame->well_formed = n_parts == 1;
	return true;
}

struct str actor_frame_id(struct frame *frame)
{
	return (struct str){ zmq_msg_data(&frame->id), zmq_msg_size(&frame->id) };
}

struct str actor_frame_bytes(struct frame *frame)
{
	return (struct str){ zmq_msg_data(&frame->body), zmq_msg_size(&frame->body) };
}

void actor_frame_wipe(struct frame *frame)
{
	mem_wipe(zmq_msg_data(&frame->body), zmq_msg_size(&frame->body));
}
