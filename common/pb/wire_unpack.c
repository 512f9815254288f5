/* wire_unpack: the wire form to a message in a pool.
 *
 * As Go decodes: a later value of a single field wins, messages merge, of a map's equal keys the
 * last counts, packed and unpacked lists are both read, fields that are unknown or of another wire
 * type are skipped.
 *
 *   in     bytes from a databroker or another process, hostile
 *   out    a message in the pool, or one sentence
 *   owns   nothing
 *   never  nests deeper than PB_MAX_DEPTH, or takes memory out of proportion to the bytes */
#include "pb/reflect.h"

#include "pb/traits.h"
#include "pb/wire.h"

/* An empty message is two bytes on the wire and some thousand in memory. */
#define UNPACK_BASE ((size_t)16 << 20)
#define UNPACK_RATIO 64

struct wire_reader {
	const unsigned char *p, *end;
	struct pool *pool;
	size_t ceiling; /* of pool->used */
	unsigned depth;
	const struct pb_shape *shape;
};

static int unpack_message(struct wire_reader *r, ProtobufCMessage *m, struct err *err);

static int malformed(const struct wire_reader *r, const struct pb_field *field, const char *what,
		     struct err *err)
{
	return err_set(err, "the bytes of the message %s cannot be read%s%s: %s",
		       r->shape->type->name, field == NULL ? "" : " at its field ",
		       field == NULL ? "" : field->desc->name, what);
}

static bool read_varint(struct wire_reader *r, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70 && r->p < r->end; shift += 7) {
		unsigned char byte = *r->p++;

		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*out = v;
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct wire_reader *r, unsigned size, uint64_t *out)
{
	if ((size_t)(r->end - r->p) < size)
		return false;
	*out = 0;
	for (unsigned i = 0; i < size; i++)
		*out |= (uint64_t)r->p[i] << (8 * i);
	r->p += size;
	return true;
}

static bool read_length(struct wire_reader *r, struct str *out)
{
	uint64_t len;

	if (!read_varint(r, &len) || len > (uint64_t)(r->end - r->p))
		return false;
	*out = (struct str){ (const char *)r->p, len };
	r->p += len;
	return true;
}

static bool skip_value(struct wire_reader *r, uint64_t tag, unsigned depth);

static bool skip_group(struct wire_reader *r, uint64_t start, unsigned depth)
{
	uint64_t tag;

	if (depth > PB_MAX_DEPTH)
		return false;
	while (read_varint(r, &tag)) {
		if ((tag & 7) == WIRE_GROUP_END)
			return tag >> 3 == start >> 3;
		if (tag >> 3 == 0 || !skip_value(r, tag, depth + 1))
			return false;
	}
	return false;
}

static bool skip_value(struct wire_reader *r, uint64_t tag, unsigned depth)
{
	struct str bytes;
	uint64_t v;

	switch (tag & 7) {
	case WIRE_VARINT:
		return read_varint(r, &v);
	case WIRE_FIXED64:
		return read_fixed(r, 8, &v);
	case WIRE_FIXED32:
		return read_fixed(r, 4, &v);
	case WIRE_LENGTH:
		return read_length(r, &bytes);
	case WIRE_GROUP:
		return skip_group(r, tag, depth);
	default:
		return false;
	}
}

static int unpack_sub(struct wire_reader *r, struct str bytes, ProtobufCMessage *m, struct err *err)
{
	struct wire_reader sub = *r;

	sub.p = (const unsigned char *)bytes.ptr;
	sub.end = sub.p + bytes.len;
	sub.depth++;
	sub.shape = pb_shape_of(m->descriptor);
	return unpack_message(&sub, m, err);
}

static void store_number(const struct pb_field *field, uint64_t v, void *at)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		memcpy(at, &v, sizeof(v));
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = v != 0;
		break;
	default:
		*(uint32_t *)at = (uint32_t)v;
	}
}

/* One value from where the reader stands; `at` is the slot of a scalar. */
static int unpack_scalar(struct wire_reader *r, const struct pb_field *field, void *at,
			 struct err *err)
{
	struct str bytes;
	uint64_t v;

	if (field->desc->type == PROTOBUF_C_TYPE_BYTES) {
		if (!read_length(r, &bytes))
			return malformed(r, field, "its length passes the end", err);
		if ((field->trait->flags & PB_TEXT) && !str_is_utf8(bytes))
			return malformed(r, field, "the text is not valid UTF-8", err);
		*(ProtobufCBinaryData *)at = pb_bytes(
			pool_bytes(r->pool, bytes.ptr == NULL ? "" : bytes.ptr, bytes.len));
		return 0;
	}
	if (field->desc->type == PROTOBUF_C_TYPE_DOUBLE ? !read_fixed(r, 8, &v)
							: !read_varint(r, &v))
		return malformed(r, field, "the number is cut or too long", err);
	store_number(field, v, at);
	return 0;
}

static int unpack_packed(struct wire_reader *r, const struct pb_field *field, ProtobufCMessage *m,
			 struct err *err)
{
	struct wire_reader items = *r;
	struct str bytes;

	if (!read_length(r, &bytes))
		return malformed(r, field, "its length passes the end", err);
	items.p = (const unsigned char *)bytes.ptr;
	items.end = items.p + bytes.len;
	while (items.p < items.end)
		if (unpack_scalar(&items, field, pb_append(r->pool, m, field), err) < 0)
			return -1;
	return 0;
}

static int unpack_field(struct wire_reader *r, const struct pb_field *field, ProtobufCMessage *m,
			struct err *err)
{
	bool repeated = field->desc->label == PROTOBUF_C_LABEL_REPEATED;
	struct str bytes;

	if (field->desc->type != PROTOBUF_C_TYPE_MESSAGE)
		return unpack_scalar(
			r, field,
			repeated ? pb_append(r->pool, m, field) : pb_put(m, r->shape, field), err);
	if (!read_length(r, &bytes))
		return malformed(r, field, "its length passes the end", err);
	if (!repeated)
		return unpack_sub(r, bytes, pb_put_message(r->pool, m, r->shape, field), err);
	*(ProtobufCMessage **)pb_append(r->pool, m, field) =
		pb_new(r->pool, field->desc->descriptor);
	return unpack_sub(r, bytes, *(ProtobufCMessage **)pb_item(m, field, pb_count(m, field) - 1),
			  err);
}

static int unpack_tagged(struct wire_reader *r, uint64_t tag, ProtobufCMessage *m, struct err *err)
{
	const ProtobufCFieldDescriptor *desc = NULL;
	struct pb_field field;

	if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return malformed(r, NULL, "a field number is out of range", err);
	desc = protobuf_c_message_descriptor_get_field(r->shape->type, (unsigned)(tag >> 3));
	if (desc != NULL) {
		field = pb_field_at(r->shape, (size_t)(desc - r->shape->type->fields));
		if ((tag & 7) == pb_wire_type(&field))
			return unpack_field(r, &field, m, err);
		if ((tag & 7) == WIRE_LENGTH && desc->label == PROTOBUF_C_LABEL_REPEATED)
			return unpack_packed(r, &field, m, err);
	}
	if (!skip_value(r, tag, 0))
		return malformed(r, NULL, "an unknown field is cut or malformed", err);
	return 0;
}

static int unpack_message(struct wire_reader *r, ProtobufCMessage *m, struct err *err)
{
	uint64_t tag;

	if (r->depth > PB_MAX_DEPTH)
		return malformed(r, NULL, "messages are nested too deeply", err);
	while (r->p < r->end) {
		if (r->pool->used > r->ceiling)
			return malformed(r, NULL, "it has too many empty messages for its size",
					 err);
		if (!read_varint(r, &tag))
			return malformed(r, NULL, "a field number is cut", err);
		if (unpack_tagged(r, tag, m, err) < 0)
			return -1;
	}
	return 0;
}

/* Once, when all is read: a message that comes in many parts would be sorted for each. */
static void sort_maps(struct pool *pool, ProtobufCMessage *m, const struct pb_shape *shape)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field field = pb_field_at(shape, i);

		if (field.desc->type != PROTOBUF_C_TYPE_MESSAGE || !pb_is_set(m, &field))
			continue;
		if (field.trait->flags & PB_MAP)
			pb_map_sort(pool, m, &field);
		if (field.desc->label == PROTOBUF_C_LABEL_REPEATED) {
			for (size_t j = 0; j < pb_count(m, &field); j++)
				sort_maps(pool, *(ProtobufCMessage **)pb_item(m, &field, j),
					  field.trait->sub);
		} else {
			sort_maps(pool, *(ProtobufCMessage **)pb_slot(m, &field), field.trait->sub);
		}
	}
}

ProtobufCMessage *pb_unpack(pb_type *type, struct str bytes, struct pool *pool, struct err *err)
{
	ProtobufCMessage *m = pb_new(pool, type);
	struct wire_reader r = {
		.p = (const unsigned char *)(bytes.ptr == NULL ? "" : bytes.ptr),
		.pool = pool,
		.ceiling = pool->used + UNPACK_BASE + UNPACK_RATIO * bytes.len,
		.shape = pb_shape_of(type),
	};

	r.end = r.p + bytes.len;
	if (unpack_message(&r, m, err) < 0)
		return NULL;
	sort_maps(pool, m, r.shape);
	return m;
}
