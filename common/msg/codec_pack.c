/* codec_pack: struct to msgpack, by its table.
 *
 *   in     a struct
 *   out    its bytes, shortest forms only (codec_wire.h)
 *   owns   nothing
 *   never  writes what codec_unpack would refuse, such as a list that is too long or a text that is
 *          no UTF-8: it sets out->full instead, so that the sender finds out and not its peer
 */
#include "msg/codec_wire.h"

#include "base/hash.h"

#include <msgpack.h>

struct packer {
	msgpack_packer msgpack;
	struct buf *out;
	size_t n_nodes; /* of untyped values, so far */
	size_t n_items; /* of lists and maps, so far */
};

uint64_t codec_max(const struct codec_field *field)
{
	if (field->max)
		return field->max;
	switch (field->type) {
	case CODEC_TEXT:
	case CODEC_INT_OR_TEXT:
		return CODEC_MAX_TEXT;
	case CODEC_BYTES:
		return CODEC_MAX_BYTES;
	case CODEC_VALUE:
		return CODEC_MAX_NODES;
	case CODEC_INT:
	case CODEC_NATURAL:
		return INT64_MAX;
	case CODEC_TIME:
		return CODEC_MAX_TIME;
	case CODEC_UINT:
		return UINT64_MAX;
	default:
		return CODEC_MAX_ITEMS;
	}
}

static int write_out(void *data, const char *ptr, size_t len)
{
	buf_add(data, ptr, len);
	return 0;
}

static void pack_text(struct packer *p, struct str s, uint64_t max)
{
	if (s.len > max || !str_is_utf8(s))
		p->out->full = true;
	msgpack_pack_str_with_body(&p->msgpack, s.ptr, s.len);
}

static void pack_bytes(struct packer *p, struct str s, uint64_t max)
{
	if (s.len > max)
		p->out->full = true;
	msgpack_pack_bin_with_body(&p->msgpack, s.ptr, s.len);
}

/* How many of n items may be written. */
static size_t count(struct packer *p, size_t n, uint64_t max)
{
	p->n_items += n;
	if (n <= max && p->n_items <= CODEC_MAX_ALL_ITEMS)
		return n;
	p->out->full = true;
	return 0;
}

static void pack_texts(struct packer *p, const struct str_list *list, uint64_t max)
{
	size_t n = count(p, list->n, max);

	msgpack_pack_array(&p->msgpack, n);
	for (size_t i = 0; i < n; i++)
		pack_text(p, list->items[i], CODEC_MAX_TEXT);
}

static void pack_map(struct packer *p, const struct str_map *map, const struct codec_field *field)
{
	size_t n = count(p, map->n, codec_max(field));

	msgpack_pack_map(&p->msgpack, n);
	for (size_t i = 0; i < n; i++) {
		pack_text(p, map->items[i].key, CODEC_MAX_TEXT);
		if (field->type == CODEC_TEXT_MAP)
			pack_text(p, map->items[i].value, CODEC_MAX_MAP_TEXT);
		else
			pack_bytes(p, map->items[i].value, CODEC_MAX_MAP_BYTES);
	}
}

static void pack_value(struct packer *p, const struct value *v, unsigned depth);

static void pack_value_list(struct packer *p, const struct value *v, unsigned depth)
{
	size_t n = count(p, v->list.n, CODEC_MAX_NODES);

	msgpack_pack_array(&p->msgpack, n);
	for (size_t i = 0; i < n; i++)
		pack_value(p, &v->list.items[i], depth + 1);
}

static void pack_value_map(struct packer *p, const struct value *v, unsigned depth)
{
	size_t n = count(p, 2 * v->map.n, CODEC_MAX_NODES) / 2;

	msgpack_pack_array(&p->msgpack, 2 * n);
	for (size_t i = 0; i < n; i++) {
		pack_value(p, &v->map.entries[i].key, depth + 1);
		pack_value(p, &v->map.entries[i].value, depth + 1);
	}
}

static void pack_number(struct packer *p, const struct value *v)
{
	if (v->type == VALUE_INT)
		msgpack_pack_int64(&p->msgpack, v->integer);
	else if (v->type == VALUE_UINT)
		msgpack_pack_uint64(&p->msgpack, v->uinteger);
	else
		msgpack_pack_double(&p->msgpack, v->number);
	pack_text(p, v->text, CODEC_MAX_TEXT);
}

/* [type] and what belongs to the type. */
static void pack_value(struct packer *p, const struct value *v, unsigned depth)
{
	static const unsigned n_parts[] = { [VALUE_NULL] = 1, [VALUE_BOOL] = 2,  [VALUE_INT] = 3,
					    [VALUE_UINT] = 3, [VALUE_FLOAT] = 3, [VALUE_STRING] = 2,
					    [VALUE_TIME] = 2, [VALUE_LIST] = 2,  [VALUE_MAP] = 2 };

	if (p->out->full)
		return;
	if (depth > VALUE_MAX_DEPTH || ++p->n_nodes > CODEC_MAX_NODES) {
		p->out->full = true;
		return;
	}
	msgpack_pack_array(&p->msgpack, n_parts[v->type]);
	msgpack_pack_uint8(&p->msgpack, (uint8_t)v->type);
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		v->boolean ? msgpack_pack_true(&p->msgpack) : msgpack_pack_false(&p->msgpack);
		break;
	case VALUE_INT:
	case VALUE_UINT:
	case VALUE_FLOAT:
		pack_number(p, v);
		break;
	case VALUE_STRING:
	case VALUE_TIME:
		v->binary ? pack_bytes(p, v->string, CODEC_MAX_BYTES)
			  : pack_text(p, v->string, CODEC_MAX_BYTES);
		break;
	case VALUE_LIST:
		pack_value_list(p, v, depth);
		break;
	case VALUE_MAP:
		pack_value_map(p, v, depth);
		break;
	}
}

static void pack_int_or_text(struct packer *p, const struct msg_int_or_text *v, uint64_t max)
{
	if (v->is_int)
		msgpack_pack_int64(&p->msgpack, v->number);
	else if (v->text.ptr)
		pack_text(p, v->text, max);
	else
		msgpack_pack_nil(&p->msgpack);
}

static void pack_int(struct packer *p, int64_t x, uint64_t max)
{
	if (x > 0 ? (uint64_t)x > max : -(uint64_t)x > max)
		p->out->full = true;
	msgpack_pack_int64(&p->msgpack, x);
}

static void pack_uint(struct packer *p, uint64_t x, uint64_t max)
{
	if (x > max)
		p->out->full = true;
	msgpack_pack_uint64(&p->msgpack, x);
}

static void pack_struct(struct packer *p, const struct codec *codec, const void *from);

static void pack_list(struct packer *p, const struct codec_list *list,
		      const struct codec_field *field)
{
	size_t n = count(p, list->n, codec_max(field));

	msgpack_pack_array(&p->msgpack, n);
	for (size_t i = 0; i < n; i++)
		pack_struct(p, field->of, (const char *)list->items + i * field->of->size);
}

/* What may be nil. False if it is there and has to be written. */
static bool pack_absent(struct packer *p, const struct codec_field *field, const void *at)
{
	const void *ptr = at;

	if (field->type == CODEC_OPTIONAL || field->type == CODEC_VALUE)
		ptr = *(const void *const *)at;
	else if (field->flags & CODEC_NULLABLE)
		ptr = ((const struct str *)at)->ptr;
	else if (field->type == CODEC_NATURAL && *(const int64_t *)at < 0)
		ptr = NULL;
	if (ptr)
		return false;
	msgpack_pack_nil(&p->msgpack);
	return true;
}

static void pack_field(struct packer *p, const struct codec_field *field, const void *from)
{
	const void *at = codec_at(field, from);
	uint64_t max = codec_max(field);

	if (pack_absent(p, field, at))
		return;
	switch (field->type) {
	case CODEC_BOOL:
		*(const bool *)at ? msgpack_pack_true(&p->msgpack)
				  : msgpack_pack_false(&p->msgpack);
		break;
	case CODEC_TRISTATE:
		if (*(const int8_t *)at < 0)
			msgpack_pack_nil(&p->msgpack);
		else
			*(const int8_t *)at ? msgpack_pack_true(&p->msgpack)
					    : msgpack_pack_false(&p->msgpack);
		break;
	case CODEC_INT:
	case CODEC_NATURAL:
	case CODEC_TIME:
		pack_int(p, *(const int64_t *)at, max);
		break;
	case CODEC_UINT:
		pack_uint(p, *(const uint64_t *)at, max);
		break;
	case CODEC_TEXT:
		pack_text(p, *(const struct str *)at, max);
		break;
	case CODEC_BYTES:
		pack_bytes(p, *(const struct str *)at, max);
		break;
	case CODEC_INT_OR_TEXT:
		pack_int_or_text(p, at, max);
		break;
	case CODEC_TEXTS:
		pack_texts(p, at, max);
		break;
	case CODEC_TEXT_MAP:
	case CODEC_BYTES_MAP:
		pack_map(p, at, field);
		break;
	case CODEC_STRUCT:
		pack_struct(p, field->of, at);
		break;
	case CODEC_OPTIONAL:
		pack_struct(p, field->of, *(const void *const *)at);
		break;
	case CODEC_LIST:
		pack_list(p, at, field);
		break;
	case CODEC_VALUE:
		pack_value(p, *(const struct value *const *)at, 0);
		break;
	case CODEC_HASH:
		msgpack_pack_bin_with_body(&p->msgpack, at, HASH_LEN);
		break;
	}
}

static void pack_struct(struct packer *p, const struct codec *codec, const void *from)
{
	msgpack_pack_array(&p->msgpack, codec->n_fields);
	for (size_t i = 0; i < codec->n_fields && !p->out->full; i++)
		pack_field(p, &codec->fields[i], from);
}

void codec_pack(const struct codec *codec, const void *from, struct buf *out)
{
	struct packer p = { .out = out };

	msgpack_packer_init(&p.msgpack, out, write_out);
	pack_struct(&p, codec, from);
}
