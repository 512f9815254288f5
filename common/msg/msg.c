/* msg: the table of all messages, and the frame around each of them.
 *
 *   in     a struct, or the bytes of a frame, hostile
 *   out    [type, seq, seen_ns, body], one msgpack array; or a message in a pool
 *   owns   the table: name, from, to, codec
 *   never  takes a message with a number where there must be none, or without one where there must
 *
 * Control messages have seq 0, all others count from 1. */
#include "msg/msg.h"

#include <string.h>

#include "msg/object_fields.h"

enum {
	W = 1 << ROOM_WATCHER,
	R = 1 << ROOM_RESOLVER,
	T = 1 << ROOM_TRANSLATOR,
	P = 1 << ROOM_PUBLISHER,

	OBJECTS = 1 << LINK_OBJECTS,
	JOBS = 1 << LINK_JOBS,
	CONFIGS = 1 << LINK_CONFIGS,
	STATE = 1 << LINK_STATE
};
#define ANY (W | R | T | P)
#define ALL (OBJECTS | JOBS | CONFIGS | STATE)
#define NO_KEY SIZE_MAX

#define FRAME_OF_3 ((char)0x93)
#define FRAME_OF_4 ((char)0x94)

/* Three sets: a room in `from` may say it to a room in `to`, on these links. */
static const struct {
	const char *name;
	unsigned from, to, links;
	const struct codec *codec;
	size_t key; /* offset of the msg_key that it is about */
} messages[MSG_N_TYPES] = {
	[MSG_HELLO] = { "HELLO", ANY, ANY, ALL, &msg_hello_codec, NO_KEY },
	[MSG_HEARTBEAT] = { "HEARTBEAT", ANY, ANY, ALL, &msg_heartbeat_codec, NO_KEY },
	[MSG_CREDIT] = { "CREDIT", ANY, ANY, ALL, &msg_credit_codec, NO_KEY },
	[MSG_RESYNC] = { "RESYNC", ANY, ANY, ALL, &msg_resync_codec, NO_KEY },
	[MSG_OBJECT_PUT] = { "OBJECT_PUT", W, R, OBJECTS, &msg_object_codec,
			     offsetof(struct msg_object, key) },
	[MSG_OBJECT_DELETE] = { "OBJECT_DELETE", W, R, OBJECTS, &msg_object_delete_codec,
				offsetof(struct msg_object_delete, key) },
	[MSG_KIND_STATE] = { "KIND_STATE", W, R, OBJECTS, &msg_kind_state_codec, NO_KEY },
	[MSG_SECRET_WANTED] = { "SECRET_WANTED", R | P, W | R, OBJECTS | STATE,
				&msg_secret_wanted_codec, offsetof(struct msg_secret_wanted, key) },
	[MSG_SECRET_VALUE] = { "SECRET_VALUE", W, R, OBJECTS, &msg_secret_value_codec,
			       offsetof(struct msg_secret_value, key) },
	[MSG_SECRET_PUT] = { "SECRET_PUT", R, P, STATE, &msg_secret_put_codec,
			     offsetof(struct msg_secret_put, key) },
	[MSG_BUNDLE] = { "BUNDLE", R, T, JOBS, &msg_bundle_codec,
			 offsetof(struct msg_bundle, owner) },
	[MSG_CONFIG] = { "CONFIG", T | R, P, CONFIGS | STATE, &msg_config_codec,
			 offsetof(struct msg_config, owner) },
	[MSG_REJECT] = { "REJECT", T | R, P, CONFIGS | STATE, &msg_reject_codec,
			 offsetof(struct msg_reject, owner) },
	[MSG_DELETE] = { "DELETE", R, P, STATE, &msg_delete_codec,
			 offsetof(struct msg_delete, owner) },
	[MSG_INVENTORY] = { "INVENTORY", R, P, STATE, &msg_inventory_codec, NO_KEY },
	[MSG_FLUSHED] = { "FLUSHED", R, P, STATE, &msg_flushed_codec, NO_KEY },
	[MSG_ACK] = { "ACK", P, R, STATE, &msg_ack_codec, offsetof(struct msg_ack, owner) },
	[MSG_ADDRESSES] = { "ADDRESSES", R, P, STATE, &msg_addresses_codec, NO_KEY },
	[MSG_TICKET_KEY] = { "TICKET_KEY", P, R, STATE, &msg_ticket_key_codec, NO_KEY },
	[MSG_CLASSES] = { "CLASSES", R, P, STATE, &msg_classes_codec, NO_KEY },
};

const char *room_name(enum msg_room room)
{
	static const char *const names[N_ROOMS] = { "none", "watcher", "resolver", "translator",
						    "publisher" };

	return (unsigned)room < N_ROOMS ? names[room] : "unknown";
}

static bool is_known(enum msg_type type)
{
	return type > MSG_NONE && type < MSG_N_TYPES;
}

const char *msg_name(enum msg_type type)
{
	return is_known(type) ? messages[type].name : "UNKNOWN";
}

bool msg_is_secret(enum msg_type type)
{
	return type == MSG_SECRET_VALUE || type == MSG_SECRET_PUT || type == MSG_TICKET_KEY;
}

const struct codec *msg_codec(enum msg_type type)
{
	return is_known(type) ? messages[type].codec : NULL;
}

bool msg_allowed(enum msg_type type, enum msg_room from, enum msg_room to, enum msg_link link)
{
	return is_known(type) && messages[type].from & 1u << from && messages[type].to & 1u << to &&
	       messages[type].links & 1u << link && from != to;
}

static bool is_control(enum msg_type type)
{
	return type <= MSG_RESYNC;
}

/* The bytes before a body: every number in the shortest form, as codec_pack writes
 * them. */
static void pack_uint(struct buf *out, uint64_t x)
{
	unsigned n = x < 0x80 ? 0 : x < 0x100 ? 1 : x < 0x10000 ? 2 : x <= UINT32_MAX ? 4 : 8;

	if (n)
		buf_putc(out, (char)(n == 1 ? 0xcc : n == 2 ? 0xcd : n == 4 ? 0xce : 0xcf));
	else
		buf_putc(out, (char)x);
	while (n--)
		buf_putc(out, (char)(x >> (8 * n)));
}

static bool read_uint(struct str frame, size_t *at, uint64_t *out)
{
	static const unsigned char sizes[4] = { 1, 2, 4, 8 };
	static const uint64_t least[4] = { 0x80, 0x100, 0x10000, 1ull << 32 };
	unsigned char head;
	unsigned form;

	if (*at >= frame.len)
		return false;
	head = (unsigned char)frame.ptr[(*at)++];
	*out = head;
	if (head < 0x80)
		return true;
	form = head - 0xccu;
	if (form > 3 || frame.len - *at < sizes[form])
		return false;
	*out = 0;
	for (unsigned i = 0; i < sizes[form]; i++)
		*out = *out << 8 | (unsigned char)frame.ptr[(*at)++];
	return *out >= least[form];
}

static void pack_head(const struct msg_head *head, struct buf *out)
{
	const bool control = is_control(head->type);

	buf_putc(out, control ? FRAME_OF_3 : FRAME_OF_4);
	pack_uint(out, head->type);
	pack_uint(out, head->seq);
	if (!control)
		pack_uint(out, head->seen_ns);
}

void msg_pack(const struct msg_head *head, const void *body, struct buf *out)
{
	pack_head(head, out);
	codec_pack(messages[head->type].codec, body, out);
}

void msg_pack_raw(const struct msg_head *head, struct str raw, struct buf *out)
{
	pack_head(head, out);
	buf_str(out, raw);
}

static int read_frame(struct str frame, struct msg *out, struct err *err)
{
	uint64_t type;
	size_t at = 1;

	if (frame.len < 4 || (frame.ptr[0] != FRAME_OF_3 && frame.ptr[0] != FRAME_OF_4))
		return err_set(
			err, "malformed: a frame of %zu bytes that is not [type, seq, seen, body]",
			frame.len);
	if (!read_uint(frame, &at, &type) ||
	    !is_known((enum msg_type)(type < MSG_N_TYPES ? type : 0)))
		return err_set(err, "malformed: a frame without a known type");
	out->type = (enum msg_type)type;
	if (is_control(out->type) != (frame.ptr[0] == FRAME_OF_3))
		return err_set(err, "malformed: %s in a frame of the other form",
			       msg_name(out->type));
	if (!read_uint(frame, &at, &out->seq) || (out->seq == 0) != is_control(out->type))
		return err_set(err, "malformed: %s with a wrong sequence number",
			       msg_name(out->type));
	if (out->seq && !read_uint(frame, &at, &out->seen_ns))
		return err_set(err, "malformed: %s with a wrong time", msg_name(out->type));
	out->raw = str_slice(frame, at, frame.len);
	return 0;
}

static int check_body(const struct msg *m, struct err *err)
{
	const struct msg_key *subject = msg_subject(m);

	if (m->type == MSG_OBJECT_PUT)
		return msg_object_check(&m->body.object, err);
	if (m->type == MSG_KIND_STATE && m->body.kind_state.kind == MSG_KIND_NONE)
		return err_set(err, "malformed: KIND_STATE without a kind");
	if (m->type == MSG_INVENTORY)
		for (size_t i = 0; i < m->body.inventory.owners.n; i++)
			if (msg_key_check(&m->body.inventory.owners.items[i].owner, err) < 0)
				return -1;
	return subject ? msg_key_check(subject, err) : 0;
}

int msg_unpack(struct str frame, struct pool *pool, struct msg *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (read_frame(frame, out, err) < 0)
		return -1;
	if (codec_unpack(messages[out->type].codec, out->raw, pool, &out->body, err) < 0)
		return err_wrap(err, "%s", msg_name(out->type));
	return check_body(out, err);
}

uint64_t msg_hello_protocol(struct str frame)
{
	struct msg m = { .type = MSG_NONE };
	size_t at = 1;
	uint64_t protocol;

	if (read_frame(frame, &m, NULL) < 0 || m.type != MSG_HELLO || !m.raw.len)
		return 0;
	if (((unsigned char)m.raw.ptr[0] & 0xf0) != 0x90 || !read_uint(m.raw, &at, &protocol))
		return 0;
	return protocol;
}

struct str msg_frame_body(struct str frame)
{
	struct msg m = { .type = MSG_NONE };

	return read_frame(frame, &m, NULL) < 0 ? STR_NONE : m.raw;
}

void msg_print(const struct msg *m, struct buf *out)
{
	buf_printf(out, "{\"type\":\"%s\",\"seq\":%llu,", msg_name(m->type),
		   (unsigned long long)m->seq);
	if (m->seen_ns)
		buf_printf(out, "\"seen_ns\":%llu,", (unsigned long long)m->seen_ns);
	buf_puts(out, "\"body\":");
	if (is_known(m->type))
		codec_print(messages[m->type].codec, &m->body, out);
	else
		buf_puts(out, "{}");
	buf_putc(out, '}');
}

const struct msg_key *msg_subject(const struct msg *m)
{
	if (!is_known(m->type) || messages[m->type].key == NO_KEY)
		return NULL;
	return (const struct msg_key *)((const char *)&m->body + messages[m->type].key);
}
