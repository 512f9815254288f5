/* codec_print: struct to one line of JSON, by its table, for taps and people.
 *
 *   in     a struct
 *   out    JSON appended to a buf
 *   owns   nothing
 *   never  shows a byte of a hidden field: its length only */
#include "msg/codec_wire.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/hash.h"

static void print_hidden(struct str s, struct buf *out)
{
	buf_printf(out, "{\"hidden_bytes\":%zu}", s.len);
}

static void print_bytes(const struct codec_field *field, struct str s, struct buf *out)
{
	if (field->flags & CODEC_HIDDEN) {
		print_hidden(s, out);
	} else if (field->type == CODEC_BYTES || field->type == CODEC_BYTES_MAP) {
		buf_putc(out, '"');
		buf_base64(out, s);
		buf_putc(out, '"');
	} else {
		buf_json(out, s);
	}
}

static void print_texts(const struct codec_field *field, const struct str_list *list,
			struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_putc(out, ',');
		print_bytes(field, list->items[i], out);
	}
	buf_putc(out, ']');
}

static void print_map(const struct codec_field *field, const struct str_map *map, struct buf *out)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < map->n; i++) {
		if (i)
			buf_putc(out, ',');
		buf_json(out, map->items[i].key);
		buf_putc(out, ':');
		print_bytes(field, map->items[i].value, out);
	}
	buf_putc(out, '}');
}

static void print_hash(const struct hash *hash, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < HASH_LEN; i++)
		buf_printf(out, "%02x", hash->bytes[i]);
	buf_putc(out, '"');
}

/* YAML can say what JSON cannot (NaN, keys that are no strings). */
static void print_value(const struct value *v, struct buf *out)
{
	struct buf json;

	buf_init(&json, BUF_MAX_MESSAGE);
	if (value_to_json(v, false, &json, NULL) == 0 && !json.full)
		buf_str(out, buf_view(&json));
	else
		buf_puts(out, "{\"not_json\":true}");
	buf_clear(&json);
}

static void print_list(const struct codec_field *field, const struct codec_list *list,
		       struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_putc(out, ',');
		codec_print(field->of, (const char *)list->items + i * field->of->size, out);
	}
	buf_putc(out, ']');
}

static void print_int_or_text(const struct codec_field *field, const struct msg_int_or_text *v,
			      struct buf *out)
{
	if (v->is_int)
		buf_printf(out, "%" PRId64, v->number);
	else
		print_bytes(field, v->text, out);
}

static void print_time(int64_t seconds, struct buf *out)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(seconds, -1, text);
	buf_printf(out, "\"%s\"", text);
}

static void print_field(const struct codec_field *field, const void *at, struct buf *out)
{
	switch (field->type) {
	case CODEC_BOOL:
		buf_puts(out, *(const bool *)at ? "true" : "false");
		break;
	case CODEC_TRISTATE:
		buf_puts(out, *(const int8_t *)at ? "true" : "false");
		break;
	case CODEC_INT:
	case CODEC_NATURAL:
		buf_printf(out, "%" PRId64, *(const int64_t *)at);
		break;
	case CODEC_UINT:
		buf_printf(out, "%" PRIu64, *(const uint64_t *)at);
		break;
	case CODEC_TIME:
		print_time(*(const int64_t *)at, out);
		break;
	case CODEC_TEXT:
	case CODEC_BYTES:
		print_bytes(field, *(const struct str *)at, out);
		break;
	case CODEC_INT_OR_TEXT:
		print_int_or_text(field, at, out);
		break;
	case CODEC_TEXTS:
		print_texts(field, at, out);
		break;
	case CODEC_TEXT_MAP:
	case CODEC_BYTES_MAP:
		print_map(field, at, out);
		break;
	case CODEC_STRUCT:
		codec_print(field->of, at, out);
		break;
	case CODEC_OPTIONAL:
		codec_print(field->of, *(const void *const *)at, out);
		break;
	case CODEC_LIST:
		print_list(field, at, out);
		break;
	case CODEC_VALUE:
		print_value(*(const struct value *const *)at, out);
		break;
	case CODEC_HASH:
		print_hash(at, out);
		break;
	}
}

/* Absent fields are left out, as Kubernetes does it. */
static bool is_absent(const struct codec_field *field, const void *at)
{
	switch (field->type) {
	case CODEC_OPTIONAL:
	case CODEC_VALUE:
		return !*(const void *const *)at;
	case CODEC_TRISTATE:
		return *(const int8_t *)at < 0;
	case CODEC_NATURAL:
		return *(const int64_t *)at < 0;
	case CODEC_TIME:
		return !*(const int64_t *)at;
	case CODEC_TEXT:
	case CODEC_BYTES:
		return !((const struct str *)at)->ptr;
	case CODEC_INT_OR_TEXT:
		return !((const struct msg_int_or_text *)at)->is_int &&
		       !((const struct msg_int_or_text *)at)->text.ptr;
	default:
		return false;
	}
}

void codec_print(const struct codec *codec, const void *from, struct buf *out)
{
	bool first = true;

	buf_putc(out, '{');
	for (size_t i = 0; i < codec->n_fields; i++) {
		const struct codec_field *field = &codec->fields[i];

		if (is_absent(field, codec_at(field, from)))
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		buf_json(out, str_from(field->name));
		buf_putc(out, ':');
		print_field(field, codec_at(field, from), out);
	}
	buf_putc(out, '}');
}
