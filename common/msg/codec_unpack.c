/* codec_unpack: msgpack to struct, by its table. The input is hostile.
 *
 *   in     bytes
 *   out    a struct whose parts live in the caller's pool, or one sentence that begins with
 * "malformed: " never  reads past the end, takes a longer form than needed, allocates for items
 * that cannot be there (every item takes a byte at least), recurses deeper than the tables or
 * VALUE_MAX_DEPTH */
#include "msg/codec_wire.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"

enum wire {
	WIRE_BAD,
	WIRE_NIL,
	WIRE_FALSE,
	WIRE_TRUE,
	WIRE_UINT,
	WIRE_NEGATIVE,
	WIRE_FLOAT,
	WIRE_STR,
	WIRE_BIN,
	WIRE_ARRAY,
	WIRE_MAP
};

/* One msgpack head: what it is, and its number, length or count. */
struct head {
	enum wire wire;
	union {
		uint64_t number;
		int64_t negative;
		double real;
	};
};

struct reader {
	const unsigned char *at, *end;
	struct pool *pool;
	size_t n_nodes;            /* of untyped values, so far */
	size_t n_items;            /* of lists and maps, so far */
	const char *why;           /* what is wrong, once something is */
	const struct codec *codec; /* where */
	const struct codec_field *field;
};

/* Heads 0xc0 to 0xdf: bytes that follow, and the least number for which this form is the shortest.
 */
static const struct {
	enum wire wire;
	unsigned n_bytes;
	uint64_t least;
} heads[32] = {
	[0x00] = { WIRE_NIL, 0, 0 },
	[0x02] = { WIRE_FALSE, 0, 0 },
	[0x03] = { WIRE_TRUE, 0, 0 },
	[0x04] = { WIRE_BIN, 1, 0 },
	[0x05] = { WIRE_BIN, 2, 256 },
	[0x06] = { WIRE_BIN, 4, 65536 },
	[0x0b] = { WIRE_FLOAT, 8, 0 },
	[0x0c] = { WIRE_UINT, 1, 128 },
	[0x0d] = { WIRE_UINT, 2, 256 },
	[0x0e] = { WIRE_UINT, 4, 65536 },
	[0x0f] = { WIRE_UINT, 8, 1ull << 32 },
	[0x10] = { WIRE_NEGATIVE, 1, 33 },
	[0x11] = { WIRE_NEGATIVE, 2, 129 },
	[0x12] = { WIRE_NEGATIVE, 4, 32769 },
	[0x13] = { WIRE_NEGATIVE, 8, (1ull << 31) + 1 },
	[0x19] = { WIRE_STR, 1, 32 },
	[0x1a] = { WIRE_STR, 2, 256 },
	[0x1b] = { WIRE_STR, 4, 65536 },
	[0x1c] = { WIRE_ARRAY, 2, 16 },
	[0x1d] = { WIRE_ARRAY, 4, 65536 },
	[0x1e] = { WIRE_MAP, 2, 16 },
	[0x1f] = { WIRE_MAP, 4, 65536 },
};

static bool bad(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

static size_t left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static uint64_t big_endian(const unsigned char *p, unsigned n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | *p++;
	return x;
}

/* A number of n bytes in two's complement that has to be below zero. */
static bool read_negative(struct reader *r, struct head *h, unsigned n, uint64_t least)
{
	uint64_t ones = n == 8 ? 0 : ~(uint64_t)0 << (8 * n);
	uint64_t x = big_endian(r->at, n);

	if (!(x >> (8 * n - 1)))
		return bad(r, "a number is not in its shortest form");
	h->negative = (int64_t)(x | ones);
	if (-(x | ones) < least)
		return bad(r, "a number is not in its shortest form");
	return true;
}

static bool read_long_head(struct reader *r, struct head *h, unsigned char byte)
{
	unsigned n = heads[byte - 0xc0].n_bytes;
	uint64_t least = heads[byte - 0xc0].least;

	h->wire = heads[byte - 0xc0].wire;
	if (h->wire == WIRE_BAD)
		return bad(r, "a type that this protocol does not use");
	if (left(r) < n)
		return bad(r, "it ends too early");
	if (h->wire == WIRE_NEGATIVE) {
		if (!read_negative(r, h, n, least))
			return false;
	} else {
		h->number = big_endian(r->at, n);
		if (h->wire != WIRE_FLOAT && h->number < least)
			return bad(r, "a number is not in its shortest form");
	}
	r->at += n;
	return true;
}

static bool read_head(struct reader *r, struct head *h)
{
	unsigned char byte;

	if (left(r) == 0)
		return bad(r, "it ends too early");
	byte = *r->at++;
	if (byte < 0x80)
		*h = (struct head){ .wire = WIRE_UINT, .number = byte };
	else if (byte < 0x90)
		*h = (struct head){ .wire = WIRE_MAP, .number = byte & 0x0f };
	else if (byte < 0xa0)
		*h = (struct head){ .wire = WIRE_ARRAY, .number = byte & 0x0f };
	else if (byte < 0xc0)
		*h = (struct head){ .wire = WIRE_STR, .number = byte & 0x1f };
	else if (byte >= 0xe0)
		*h = (struct head){ .wire = WIRE_NEGATIVE, .negative = (int8_t)byte };
	else
		return read_long_head(r, h, byte);
	return true;
}

static bool next_is_nil(const struct reader *r)
{
	return left(r) && *r->at == 0xc0;
}

/* A count of things that take at least `least` bytes each. */
static bool read_count(struct reader *r, enum wire wire, uint64_t max, size_t least, size_t *n)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != wire)
		return bad(r, wire == WIRE_MAP ? "expected a map" : "expected an array");
	if (h.number > max || h.number > CODEC_MAX_ALL_ITEMS - r->n_items)
		return bad(r, "more items than allowed");
	if (h.number > left(r) / least)
		return bad(r, "it ends too early");
	*n = (size_t)h.number;
	return true;
}

/* The same for items that get memory of their own. */
static bool read_items(struct reader *r, enum wire wire, uint64_t max, size_t least, size_t *n)
{
	if (!read_count(r, wire, max, least, n))
		return false;
	r->n_items += *n;
	return true;
}

static bool read_bytes(struct reader *r, enum wire wire, uint64_t max, struct str *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != wire)
		return bad(r, wire == WIRE_STR ? "expected text" : "expected bytes");
	if (h.number > max)
		return bad(r, "longer than allowed");
	if (h.number > left(r))
		return bad(r, "it ends too early");
	if (wire == WIRE_STR && !str_is_utf8((struct str){ (const char *)r->at, (size_t)h.number }))
		return bad(r, "text that is no UTF-8");
	*out = pool_bytes(r->pool, r->at, (size_t)h.number);
	r->at += h.number;
	return true;
}

static bool read_bool(struct reader *r, bool *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_TRUE && h.wire != WIRE_FALSE)
		return bad(r, "expected true or false");
	*out = h.wire == WIRE_TRUE;
	return true;
}

static bool read_tristate(struct reader *r, int8_t *out)
{
	bool on = false;

	*out = -1;
	if (next_is_nil(r)) {
		r->at++;
		return true;
	}
	if (!read_bool(r, &on))
		return false;
	*out = on;
	return true;
}

static bool read_uint(struct reader *r, uint64_t max, uint64_t *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_UINT)
		return bad(r, "expected an unsigned number");
	if (h.number > max)
		return bad(r, "a number that is larger than allowed");
	*out = h.number;
	return true;
}

static bool read_int(struct reader *r, uint64_t max, int64_t *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_UINT && h.wire != WIRE_NEGATIVE)
		return bad(r, "expected a number");
	if (h.wire == WIRE_UINT && h.number > INT64_MAX)
		return bad(r, "a number that is larger than allowed");
	if ((h.wire == WIRE_UINT ? h.number : -(uint64_t)h.negative) > max)
		return bad(r, "a number that is larger than allowed");
	*out = h.negative;
	return true;
}

static bool read_int_or_text(struct reader *r, uint64_t max, struct msg_int_or_text *out)
{
	if (next_is_nil(r)) {
		r->at++;
		return true;
	}
	if (left(r) && (*r->at < 0x80 || *r->at >= 0xe0 || (*r->at >= 0xcc && *r->at <= 0xd3))) {
		out->is_int = true;
		return read_int(r, UINT64_MAX, &out->number);
	}
	return read_bytes(r, WIRE_STR, max, &out->text);
}

static bool read_texts(struct reader *r, uint64_t max, struct str_list *out)
{
	if (!read_items(r, WIRE_ARRAY, max, 1, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++)
		if (!read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &out->items[i]))
			return false;
	return true;
}

static bool keys_are_unique(const struct str_map *map)
{
	struct map seen;
	bool unique = true;

	if (map->n <= 8) {
		for (size_t i = 1; i < map->n; i++)
			for (size_t j = 0; j < i; j++)
				if (str_eq(map->items[i].key, map->items[j].key))
					return false;
		return true;
	}
	map_init(&seen, NULL);
	for (size_t i = 0; i < map->n && unique; i++) {
		unique = !map_get(&seen, map->items[i].key);
		map_put(&seen, map->items[i].key, &map->items[i]);
	}
	map_clear(&seen);
	return unique;
}

static bool read_map(struct reader *r, const struct codec_field *field, struct str_map *out)
{
	bool is_text = field->type == CODEC_TEXT_MAP;
	enum wire wire = is_text ? WIRE_STR : WIRE_BIN;
	uint64_t max = is_text ? CODEC_MAX_MAP_TEXT : CODEC_MAX_MAP_BYTES;

	if (!read_items(r, WIRE_MAP, codec_max(field), 2, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++)
		if (!read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &out->items[i].key) ||
		    !read_bytes(r, wire, max, &out->items[i].value))
			return false;
	return keys_are_unique(out) || bad(r, "a key is there twice");
}

static bool read_value(struct reader *r, struct value *v, unsigned depth);

static bool read_value_list(struct reader *r, struct value *v, unsigned depth)
{
	size_t n;

	if (!read_items(r, WIRE_ARRAY, CODEC_MAX_NODES, 1, &n))
		return false;
	v->list.items = pool_array(r->pool, n, sizeof(*v->list.items));
	v->list.n = n;
	for (size_t i = 0; i < n; i++)
		if (!read_value(r, &v->list.items[i], depth + 1))
			return false;
	return true;
}

static bool read_value_map(struct reader *r, struct value *v, unsigned depth)
{
	size_t n;

	if (!read_items(r, WIRE_ARRAY, CODEC_MAX_NODES, 1, &n))
		return false;
	if (n % 2)
		return bad(r, "a key without a value");
	v->map.n = n / 2;
	v->map.entries = pool_array(r->pool, v->map.n, sizeof(*v->map.entries));
	for (size_t i = 0; i < v->map.n; i++)
		if (!read_value(r, &v->map.entries[i].key, depth + 1) ||
		    !read_value(r, &v->map.entries[i].value, depth + 1))
			return false;
	return true;
}

static bool read_value_text(struct reader *r, struct value *v)
{
	v->binary = v->type == VALUE_STRING && left(r) && *r->at >= 0xc4 && *r->at <= 0xc6;
	if (!read_bytes(r, v->binary ? WIRE_BIN : WIRE_STR, CODEC_MAX_BYTES, &v->string))
		return false;
	v->text = v->string;
	return true;
}

static bool read_float(struct reader *r, double *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_FLOAT)
		return bad(r, "expected a float");
	*out = h.real;
	return true;
}

static bool read_value_scalar(struct reader *r, struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		v->text = STR("null");
		return true;
	case VALUE_BOOL:
		if (!read_bool(r, &v->boolean))
			return false;
		v->text = v->boolean ? STR("true") : STR("false");
		return true;
	case VALUE_INT:
		if (!read_int(r, UINT64_MAX, &v->integer))
			return false;
		break;
	case VALUE_UINT:
		if (!read_uint(r, UINT64_MAX, &v->uinteger))
			return false;
		break;
	case VALUE_FLOAT:
		if (!read_float(r, &v->number))
			return false;
		break;
	default:
		return read_value_text(r, v);
	}
	return read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &v->text);
}

static bool read_value(struct reader *r, struct value *v, unsigned depth)
{
	static const unsigned n_parts[] = { [VALUE_NULL] = 1, [VALUE_BOOL] = 2,  [VALUE_INT] = 3,
					    [VALUE_UINT] = 3, [VALUE_FLOAT] = 3, [VALUE_STRING] = 2,
					    [VALUE_TIME] = 2, [VALUE_LIST] = 2,  [VALUE_MAP] = 2 };
	uint64_t type;
	size_t n;

	if (depth > VALUE_MAX_DEPTH || ++r->n_nodes > CODEC_MAX_NODES)
		return bad(r, "a value that is too deep or too large");
	if (!read_count(r, WIRE_ARRAY, 3, 1, &n) || !read_uint(r, VALUE_MAP, &type))
		return false;
	if (n != n_parts[type])
		return bad(r, "a value with a wrong number of parts");
	v->type = (enum value_type)type;
	if (v->type == VALUE_LIST)
		return read_value_list(r, v, depth);
	if (v->type == VALUE_MAP)
		return read_value_map(r, v, depth);
	return read_value_scalar(r, v);
}

static bool read_struct(struct reader *r, const struct codec *codec, void *to);

static bool read_list(struct reader *r, const struct codec_field *field, struct codec_list *out)
{
	if (!read_items(r, WIRE_ARRAY, codec_max(field), field->of->n_fields + 1, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, field->of->size);
	for (size_t i = 0; i < out->n; i++)
		if (!read_struct(r, field->of, (char *)out->items + i * field->of->size))
			return false;
	return true;
}

static bool read_hash(struct reader *r, struct hash *out)
{
	struct str bytes;

	if (!read_bytes(r, WIRE_BIN, HASH_LEN, &bytes))
		return false;
	if (bytes.len != HASH_LEN)
		return bad(r, "a hash that is too short");
	memcpy(out->bytes, bytes.ptr, HASH_LEN);
	return true;
}

static bool may_be_nil(const struct codec_field *field)
{
	return field->type == CODEC_OPTIONAL || field->type == CODEC_VALUE ||
	       field->flags & CODEC_NULLABLE;
}

static bool read_pointed(struct reader *r, const struct codec_field *field, void **out)
{
	if (field->type == CODEC_VALUE) {
		*out = pool_alloc(r->pool, sizeof(struct value));
		return read_value(r, *out, 0);
	}
	*out = pool_alloc(r->pool, field->of->size);
	return read_struct(r, field->of, *out);
}

static bool read_field(struct reader *r, const struct codec_field *field, void *to)
{
	void *at = codec_at_mut(field, to);
	uint64_t max = codec_max(field);

	if (may_be_nil(field) && next_is_nil(r)) {
		r->at++;
		return true;
	}
	switch (field->type) {
	case CODEC_BOOL:
		return read_bool(r, at);
	case CODEC_TRISTATE:
		return read_tristate(r, at);
	case CODEC_INT:
		return read_int(r, max, at);
	case CODEC_UINT:
		return read_uint(r, max, at);
	case CODEC_TEXT:
		return read_bytes(r, WIRE_STR, max, at);
	case CODEC_BYTES:
		return read_bytes(r, WIRE_BIN, max, at);
	case CODEC_INT_OR_TEXT:
		return read_int_or_text(r, max, at);
	case CODEC_TEXTS:
		return read_texts(r, max, at);
	case CODEC_TEXT_MAP:
	case CODEC_BYTES_MAP:
		return read_map(r, field, at);
	case CODEC_STRUCT:
		return read_struct(r, field->of, at);
	case CODEC_LIST:
		return read_list(r, field, at);
	case CODEC_OPTIONAL:
	case CODEC_VALUE:
		return read_pointed(r, field, at);
	case CODEC_HASH:
		return read_hash(r, at);
	}
	return bad(r, "no such type");
}

static bool read_struct(struct reader *r, const struct codec *codec, void *to)
{
	size_t n;

	r->codec = codec;
	if (!read_count(r, WIRE_ARRAY, UINT32_MAX, 1, &n))
		return false;
	if (n != codec->n_fields)
		return bad(r, "another number of fields");
	for (size_t i = 0; i < n; i++) {
		r->codec = codec;
		r->field = &codec->fields[i];
		if (!read_field(r, r->field, to))
			return false;
	}
	return true;
}

int codec_unpack(const struct codec *codec, struct str bytes, struct pool *pool, void *to,
		 struct err *err)
{
	struct reader r = { .at = (const unsigned char *)bytes.ptr, .pool = pool, .codec = codec };

	r.end = r.at + bytes.len;
	memset(to, 0, codec->size);
	if (read_struct(&r, codec, to) && left(&r))
		return err_set(err, "malformed: %s: %zu bytes too many", codec->name, left(&r));
	if (r.why)
		return err_set(err, "malformed: %s.%s: %s", r.codec->name,
			       r.field ? r.field->name : "", r.why);
	return 0;
}
