/* grpc_frame: messages with their length in front, and the trailers that say how a call ended.
 *
 *   in     pieces of a body, header lines
 *   out    whole messages, a status
 *   owns   the bytes of a message that is not whole
 *   never  takes a message above the ceiling, or a compressed one: we announce no compression
 */
#include "grpc/grpc_frame.h"

#include "base/mem.h"

void grpc_frames_init(struct grpc_frames *frames, size_t max)
{
	*frames = (struct grpc_frames){ .max = max };
	buf_init(&frames->rest, max + GRPC_FRAME_HEAD);
}

void grpc_frames_clear(struct grpc_frames *frames)
{
	buf_wipe(&frames->rest);
}

/* 1: a message was cut off the front of `bytes`; 0: it is not whole yet; -1: it is refused. */
static int cut(const struct grpc_frames *frames, struct str *bytes, struct str *message,
	       struct err *err)
{
	const unsigned char *p = (const unsigned char *)bytes->ptr;
	size_t len;

	if (bytes->len < GRPC_FRAME_HEAD)
		return 0;
	len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
	if (p[0])
		return err_set(err, "a message is compressed, which nobody asked for");
	if (len > frames->max)
		return err_set(err, "a message has %zu bytes; at most %zu are taken", len,
			       frames->max);
	if (bytes->len - GRPC_FRAME_HEAD < len)
		return 0;
	*message = str_slice(*bytes, GRPC_FRAME_HEAD, GRPC_FRAME_HEAD + len);
	*bytes = str_slice(*bytes, GRPC_FRAME_HEAD + len, bytes->len);
	return 1;
}

/* As much of the piece as the message in `rest` still lacks. */
static int complete_rest(struct grpc_frames *frames, struct str *piece, struct str *message,
			 struct err *err)
{
	struct str rest;
	int rc;

	for (;;) {
		const unsigned char *p = (const unsigned char *)frames->rest.ptr;
		size_t want = GRPC_FRAME_HEAD, have = frames->rest.len;

		if (have >= GRPC_FRAME_HEAD)
			want += (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
		rest = buf_view(&frames->rest);
		rc = cut(frames, &rest, message, err);
		if (rc || !piece->len)
			return rc;
		buf_str(&frames->rest, str_slice(*piece, 0, want - have));
		*piece = str_slice(*piece, want - have < piece->len ? want - have : piece->len,
				   piece->len);
	}
}

int grpc_frames_feed(struct grpc_frames *frames, struct str piece,
		     int (*on_message)(void *self, struct str message, struct err *err), void *self,
		     struct err *err)
{
	struct str message = STR_NONE;
	int rc = 1;

	while (rc > 0) {
		bool pending = frames->rest.len > 0;

		rc = pending ? complete_rest(frames, &piece, &message, err)
			     : cut(frames, &piece, &message, err);
		if (rc > 0 && on_message(self, message, err) < 0)
			rc = -1;
		if (rc > 0 && pending) {
			mem_wipe(frames->rest.ptr, frames->rest.len);
			buf_reset(&frames->rest);
		}
	}
	if (rc == 0)
		buf_str(&frames->rest, piece);
	return rc;
}

void grpc_frames_add(struct buf *out, struct str message)
{
	const unsigned char head[GRPC_FRAME_HEAD] = { 0, (unsigned char)(message.len >> 24),
						      (unsigned char)(message.len >> 16),
						      (unsigned char)(message.len >> 8),
						      (unsigned char)message.len };

	buf_add(out, head, sizeof(head));
	buf_str(out, message);
}

/* ---- trailers ---- */

void grpc_trailers_init(struct grpc_trailers *trailers)
{
	*trailers = (struct grpc_trailers){ .status = -1 };
}

/* Percent-encoded, as the protocol has it; what is no such code stays as it is. */
static void decode_message(struct str text, struct grpc_trailers *trailers)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n + 1 < sizeof(trailers->message); i++) {
		char c = text.ptr[i];
		const bool escape = c == '%' && i + 2 < text.len;
		const int high = escape ? str_hex_digit(text.ptr[i + 1]) : -1;
		const int low = escape ? str_hex_digit(text.ptr[i + 2]) : -1;

		if (high >= 0 && low >= 0) {
			c = (char)(high << 4 | low);
			i += 2;
		}
		trailers->message[n++] = c ? c : ' ';
	}
	trailers->message[n] = '\0';
}

static bool is_grpc_type(struct str type)
{
	return str_is(type, "application/grpc") || str_starts(type, "application/grpc+") ||
	       str_starts(type, "application/grpc;");
}

void grpc_trailers_line(struct grpc_trailers *trailers, struct str line)
{
	struct str name, value;
	long long number;

	if (!str_cut(line, ':', &name, &value))
		return;
	value = str_trim(value);
	if (str_is_nocase(name, "content-type"))
		trailers->is_grpc = is_grpc_type(value);
	else if (str_is_nocase(name, "grpc-message"))
		decode_message(value, trailers);
	else if (str_is_nocase(name, "grpc-status"))
		trailers->status =
			str_to_int(value, &number) && number >= 0 && number < GRPC_N_STATUS
				? (int)number
				: GRPC_UNKNOWN;
}
