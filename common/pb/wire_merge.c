/* wire_merge: a message in pieces, each packed, as one.
 *
 *   in     pieces that make one message when they stand in a row
 *   out    its fields in their order, as pb_pack would write them
 *   owns   nothing
 *   never  decodes a field: a piece with 20 000 headers stands in a thousand messages
 */
#include "pb/reflect.h"

#include "pb/wire.h"

#define GROUPS_MAX 128

/* All values of one field, in a row. */
struct group {
	uint64_t number;
	struct str bytes;
};

/* A cursor, since there may be millions of fields; most numbers are one byte. */
static bool take_varint(const char **at, const char *end, uint64_t *out)
{
	const char *p = *at;

	*out = 0;
	for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
		const unsigned char byte = (unsigned char)*p++;

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*at = p;
			return true;
		}
	}
	return false;
}

static bool take(const char **at, const char *end, uint64_t len)
{
	if (len > (uint64_t)(end - *at))
		return false;
	*at += len;
	return true;
}

/* Whatever is not written here any more is left to who decodes. */
static bool take_field(const char **at, const char *end, uint64_t *number)
{
	uint64_t tag, v;

	if (!take_varint(at, end, &tag))
		return false;
	*number = tag >> 3;
	switch (tag & 7) {
	case WIRE_VARINT:
		return take_varint(at, end, &v);
	case WIRE_FIXED64:
		return take(at, end, 8);
	case WIRE_FIXED32:
		return take(at, end, 4);
	case WIRE_LENGTH:
		return take_varint(at, end, &v) && take(at, end, v);
	default:
		return false;
	}
}

static bool add_groups(struct str piece, struct group *groups, size_t *n)
{
	const char *at = piece.ptr, *end = at + piece.len;
	struct group *last = NULL;

	while (at < end) {
		const char *from = at;
		uint64_t number;

		if (!take_field(&at, end, &number))
			return false;
		if (!last || last->number != number) {
			if (*n == GROUPS_MAX)
				return false;
			last = &groups[(*n)++];
			*last = (struct group){ number, { from, 0 } };
		}
		last->bytes.len += (size_t)(at - from);
	}
	return true;
}

/* Mostly they are in order. False: two have one field. */
static bool sort(struct group *groups, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct group group = groups[i];
		size_t k = i;

		for (; k > 0 && groups[k - 1].number > group.number; k--)
			groups[k] = groups[k - 1];
		if (k > 0 && groups[k - 1].number == group.number)
			return false;
		groups[k] = group;
	}
	return true;
}

void pb_put_bytes(pb_type *type, const char *field, struct str bytes, struct buf *out)
{
	const ProtobufCFieldDescriptor *desc =
		protobuf_c_message_descriptor_get_field_by_name(type, field);

	pb_pack_varint((uint64_t)desc->id << 3 | WIRE_LENGTH, out);
	pb_pack_varint(bytes.len, out);
	buf_str(out, bytes);
}

bool pb_merge(const struct str *pieces, size_t n_pieces, struct buf *out)
{
	struct group groups[GROUPS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < n_pieces; i++)
		if (pieces[i].len && !add_groups(pieces[i], groups, &n))
			return false;
	if (!sort(groups, n))
		return false;
	for (size_t i = 0; i < n; i++)
		buf_str(out, groups[i].bytes);
	return true;
}
