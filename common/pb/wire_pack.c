/* wire_pack: a message to its canonical wire form.
 *
 *   in     a message in memory
 *   out    bytes appended to a buf
 *   owns   nothing
 *   never  writes defaults of implicit fields, unknown fields, or a map not sorted by key */
#include "pb/reflect.h"

#include "base/mem.h"
#include "pb/traits.h"
#include "pb/wire.h"

static void pack_message(const ProtobufCMessage *m, const struct pb_shape *shape, struct buf *out);

static size_t varint_encode(uint64_t v, char bytes[10])
{
	size_t n = 0;

	do {
		bytes[n++] = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v != 0);
	return n;
}

void pb_pack_varint(uint64_t v, struct buf *out)
{
	char bytes[10];

	buf_add(out, bytes, varint_encode(v, bytes));
}

/* The length is known only once the message is written: it is put before it then. */
static void pack_sized(const ProtobufCMessage *m, const struct pb_shape *shape, struct buf *out)
{
	size_t start = out->len, n, len;
	char bytes[10];

	pack_message(m, shape, out);
	len = out->len - start;
	n = varint_encode(len, bytes);
	buf_add(out, bytes, n);
	if (out->full)
		return;
	memmove(out->ptr + start + n, out->ptr + start, len);
	memcpy(out->ptr + start, bytes, n);
}

static void pack_double(double number, struct buf *out)
{
	uint64_t bits;
	char bytes[8];

	memcpy(&bits, &number, sizeof(bits));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(bits >> (8 * i));
	buf_add(out, bytes, sizeof(bytes));
}

static void pack_value(const void *at, const struct pb_field *field, struct buf *out)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		pack_sized(*(ProtobufCMessage *const *)at, field->trait->sub, out);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		pb_pack_varint(((const ProtobufCBinaryData *)at)->len, out);
		buf_str(out, pb_str(*(const ProtobufCBinaryData *)at));
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		pack_double(*(const double *)at, out);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		pb_pack_varint(*(const uint64_t *)at, out);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		pb_pack_varint(*(const uint32_t *)at, out);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		pb_pack_varint(*(const protobuf_c_boolean *)at != 0, out);
		break;
	default: /* int32 and enums: the sign goes on to 64 bits */
		pb_pack_varint((uint64_t)(int64_t) * (const int32_t *)at, out);
	}
}

enum wire_type pb_wire_type(const struct pb_field *field)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_BYTES:
		return WIRE_LENGTH;
	case PROTOBUF_C_TYPE_DOUBLE:
		return WIRE_FIXED64;
	default:
		return WIRE_VARINT;
	}
}

static void pack_tag(const struct pb_field *field, enum wire_type type, struct buf *out)
{
	pb_pack_varint((uint64_t)field->desc->id << 3 | type, out);
}

static void pack_packed(const ProtobufCMessage *m, const struct pb_field *field, struct buf *out)
{
	struct buf items;

	buf_init(&items, out->max);
	for (size_t i = 0; i < pb_count(m, field); i++)
		pack_value(pb_item(m, field, i), field, &items);
	pack_tag(field, WIRE_LENGTH, out);
	pb_pack_varint(items.len, out);
	buf_str(out, buf_view(&items));
	buf_clear(&items);
}

static void pack_map(const ProtobufCMessage *m, const struct pb_field *field, struct buf *out)
{
	size_t n;
	ProtobufCMessage **entries = pb_map_entries(m, field, &n);

	for (size_t i = 0; i < n; i++) {
		pack_tag(field, WIRE_LENGTH, out);
		pack_sized(entries[i], field->trait->sub, out);
	}
	mem_free(entries);
}

static void pack_field(const ProtobufCMessage *m, const struct pb_field *field, struct buf *out)
{
	if (field->trait->flags & PB_MAP) {
		pack_map(m, field, out);
	} else if (field->desc->flags & PROTOBUF_C_FIELD_FLAG_PACKED) {
		pack_packed(m, field, out);
	} else if (field->desc->label == PROTOBUF_C_LABEL_REPEATED) {
		for (size_t i = 0; i < pb_count(m, field); i++) {
			pack_tag(field, pb_wire_type(field), out);
			pack_value(pb_item(m, field, i), field, out);
		}
	} else {
		pack_tag(field, pb_wire_type(field), out);
		pack_value(pb_slot(m, field), field, out);
	}
}

static void pack_message(const ProtobufCMessage *m, const struct pb_shape *shape, struct buf *out)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field field = pb_field_at(shape, i);

		if (pb_is_set(m, &field))
			pack_field(m, &field, out);
	}
}

void pb_pack(const ProtobufCMessage *m, struct buf *out)
{
	pack_message(m, pb_shape_of(m->descriptor), out);
}

struct str pb_pack_to_pool(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf buf;
	struct str out;

	buf_init(&buf, BUF_MAX_MESSAGE);
	pb_pack(m, &buf);
	out = pool_bytes(pool, buf.len ? buf.ptr : "", buf.len);
	buf_wipe(&buf);
	return out;
}
