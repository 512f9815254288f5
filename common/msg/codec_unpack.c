/* codec_unpack: msgpack to struct, by its table. The input is hostile.
 *
 *   in     bytes
 *   out    a struct whose parts live in the caller's pool, or a sentence: "malformed: ..."
 *   owns   nothing
 *   never  allocates for items that cannot be there (every item takes a byte at least), recurses
 *          deeper than the tables or VALUE_MAX_DEPTH, leaves a byte over
 */
#include "msg/codec_read.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"

static bool read_tristate(struct codec_reader *r, int8_t *out)
{
	bool on = false;

	*out = -1;
	if (codec_read_at_nil(r)) {
		r->at++;
		return true;
	}
	if (!codec_read_bool(r, &on))
		return false;
	*out = on;
	return true;
}

static bool read_int_or_text(struct codec_reader *r, uint64_t max, struct msg_int_or_text *out)
{
	if (codec_read_at_nil(r)) {
		r->at++;
		return true;
	}
	if (codec_read_left(r) &&
	    (*r->at < 0x80 || *r->at >= 0xe0 || (*r->at >= 0xcc && *r->at <= 0xd3))) {
		out->is_int = true;
		return codec_read_int(r, UINT64_MAX, &out->number);
	}
	return codec_read_bytes(r, WIRE_STR, max, &out->text);
}

static bool read_texts(struct codec_reader *r, uint64_t max, struct str_list *out)
{
	if (!codec_read_items(r, WIRE_ARRAY, max, 1, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++)
		if (!codec_read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &out->items[i]))
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

static bool read_map(struct codec_reader *r, const struct codec_field *field, struct str_map *out)
{
	bool is_text = field->type == CODEC_TEXT_MAP;
	enum wire wire = is_text ? WIRE_STR : WIRE_BIN;
	uint64_t max = is_text ? CODEC_MAX_MAP_TEXT : CODEC_MAX_MAP_BYTES;

	if (!codec_read_items(r, WIRE_MAP, codec_max(field), 2, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++)
		if (!codec_read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &out->items[i].key) ||
		    !codec_read_bytes(r, wire, max, &out->items[i].value))
			return false;
	return keys_are_unique(out) || codec_read_bad(r, "a key is there twice");
}

static bool read_natural(struct codec_reader *r, uint64_t max, int64_t *out)
{
	*out = -1;
	if (codec_read_at_nil(r)) {
		r->at++;
		return true;
	}
	return codec_read_uint(r, max, (uint64_t *)out);
}

static bool read_value(struct codec_reader *r, struct value *v, unsigned depth);

static bool read_value_list(struct codec_reader *r, struct value *v, unsigned depth)
{
	size_t n;

	if (!codec_read_items(r, WIRE_ARRAY, CODEC_MAX_NODES, 1, &n))
		return false;
	v->list.items = pool_array(r->pool, n, sizeof(*v->list.items));
	v->list.n = n;
	for (size_t i = 0; i < n; i++)
		if (!read_value(r, &v->list.items[i], depth + 1))
			return false;
	return true;
}

static bool read_value_map(struct codec_reader *r, struct value *v, unsigned depth)
{
	size_t n;

	if (!codec_read_items(r, WIRE_ARRAY, CODEC_MAX_NODES, 1, &n))
		return false;
	if (n % 2)
		return codec_read_bad(r, "a key without a value");
	v->map.n = n / 2;
	v->map.entries = pool_array(r->pool, v->map.n, sizeof(*v->map.entries));
	for (size_t i = 0; i < v->map.n; i++)
		if (!read_value(r, &v->map.entries[i].key, depth + 1) ||
		    !read_value(r, &v->map.entries[i].value, depth + 1))
			return false;
	return true;
}

static bool read_value_text(struct codec_reader *r, struct value *v)
{
	v->binary =
		v->type == VALUE_STRING && codec_read_left(r) && *r->at >= 0xc4 && *r->at <= 0xc6;
	if (!codec_read_bytes(r, v->binary ? WIRE_BIN : WIRE_STR, CODEC_MAX_BYTES, &v->string))
		return false;
	v->text = v->string;
	return true;
}

static bool read_value_scalar(struct codec_reader *r, struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		v->text = STR("null");
		return true;
	case VALUE_BOOL:
		if (!codec_read_bool(r, &v->boolean))
			return false;
		v->text = v->boolean ? STR("true") : STR("false");
		return true;
	case VALUE_INT:
		if (!codec_read_int(r, UINT64_MAX, &v->integer))
			return false;
		break;
	case VALUE_UINT:
		if (!codec_read_uint(r, UINT64_MAX, &v->uinteger))
			return false;
		break;
	case VALUE_FLOAT:
		if (!codec_read_float(r, &v->number))
			return false;
		break;
	default:
		return read_value_text(r, v);
	}
	return codec_read_bytes(r, WIRE_STR, CODEC_MAX_TEXT, &v->text);
}

static bool read_value(struct codec_reader *r, struct value *v, unsigned depth)
{
	static const unsigned n_parts[] = { [VALUE_NULL] = 1, [VALUE_BOOL] = 2,  [VALUE_INT] = 3,
					    [VALUE_UINT] = 3, [VALUE_FLOAT] = 3, [VALUE_STRING] = 2,
					    [VALUE_TIME] = 2, [VALUE_LIST] = 2,  [VALUE_MAP] = 2 };
	uint64_t type;
	size_t n;

	if (depth > VALUE_MAX_DEPTH || ++r->n_nodes > CODEC_MAX_NODES)
		return codec_read_bad(r, "a value that is too deep or too large");
	if (!codec_read_count(r, WIRE_ARRAY, 3, 1, &n) || !codec_read_uint(r, VALUE_MAP, &type))
		return false;
	if (n != n_parts[type])
		return codec_read_bad(r, "a value with a wrong number of parts");
	v->type = (enum value_type)type;
	if (v->type == VALUE_LIST)
		return read_value_list(r, v, depth);
	if (v->type == VALUE_MAP)
		return read_value_map(r, v, depth);
	return read_value_scalar(r, v);
}

static bool read_struct(struct codec_reader *r, const struct codec *codec, void *to);

static bool read_list(struct codec_reader *r, const struct codec_field *field,
		      struct codec_list *out)
{
	if (!codec_read_items(r, WIRE_ARRAY, codec_max(field), field->of->n_fields + 1, &out->n))
		return false;
	out->items = pool_array(r->pool, out->n, field->of->size);
	for (size_t i = 0; i < out->n; i++)
		if (!read_struct(r, field->of, (char *)out->items + i * field->of->size))
			return false;
	return true;
}

static bool read_hash(struct codec_reader *r, struct hash *out)
{
	struct str bytes;

	if (!codec_read_bytes(r, WIRE_BIN, HASH_LEN, &bytes))
		return false;
	if (bytes.len != HASH_LEN)
		return codec_read_bad(r, "a hash that is too short");
	memcpy(out->bytes, bytes.ptr, HASH_LEN);
	return true;
}

static bool may_be_nil(const struct codec_field *field)
{
	return field->type == CODEC_OPTIONAL || field->type == CODEC_VALUE ||
	       field->flags & CODEC_NULLABLE;
}

static bool read_pointed(struct codec_reader *r, const struct codec_field *field, void **out)
{
	if (field->type == CODEC_VALUE) {
		*out = pool_alloc(r->pool, sizeof(struct value));
		return read_value(r, *out, 0);
	}
	*out = pool_alloc(r->pool, field->of->size);
	return read_struct(r, field->of, *out);
}

static bool read_field(struct codec_reader *r, const struct codec_field *field, void *to)
{
	void *at = codec_at_mut(field, to);
	uint64_t max = codec_max(field);

	if (may_be_nil(field) && codec_read_at_nil(r)) {
		r->at++;
		return true;
	}
	switch (field->type) {
	case CODEC_BOOL:
		return codec_read_bool(r, at);
	case CODEC_TRISTATE:
		return read_tristate(r, at);
	case CODEC_INT:
	case CODEC_TIME:
		return codec_read_int(r, max, at);
	case CODEC_NATURAL:
		return read_natural(r, max, at);
	case CODEC_UINT:
		return codec_read_uint(r, max, at);
	case CODEC_TEXT:
		return codec_read_bytes(r, WIRE_STR, max, at);
	case CODEC_BYTES:
		return codec_read_bytes(r, WIRE_BIN, max, at);
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
	return codec_read_bad(r, "no such type");
}

static bool read_struct(struct codec_reader *r, const struct codec *codec, void *to)
{
	size_t n;

	r->codec = codec;
	if (!codec_read_count(r, WIRE_ARRAY, UINT32_MAX, 1, &n))
		return false;
	if (n != codec->n_fields)
		return codec_read_bad(r, "another number of fields");
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
	struct codec_reader r = { .at = (const unsigned char *)bytes.ptr,
				  .pool = pool,
				  .codec = codec };

	r.end = r.at + bytes.len;
	memset(to, 0, codec->size);
	if (read_struct(&r, codec, to) && codec_read_left(&r))
		return err_set(err, "malformed: %s: %zu bytes too many", codec->name,
			       codec_read_left(&r));
	if (r.why)
		return err_set(err, "malformed: %s.%s: %s", r.codec->name,
			       r.field ? r.field->name : "", r.why);
	return 0;
}
