/* json_print: a message as canonical protobuf-JSON.
 *
 *   in     a message in memory
 *   out    JSON appended to a buf: proto names, keys in byte order, no defaults of implicit fields
 *   owns   nothing
 *   never  fails: what protobuf-JSON cannot hold (an Any of an unknown type) is shown as it is */
#include "pb/reflect.h"

#include <inttypes.h>
#include <math.h>
#include "base/mem.h"
#include "pb/duration.h"
#include "pb/traits.h"

struct printer {
	struct buf *out;
	int indent;
	unsigned depth;
};

static void print_message(struct printer *p, const ProtobufCMessage *m,
			  const struct pb_shape *shape);

static void newline(struct printer *p)
{
	static const char blanks[] =
		"                                                                ";
	size_t n = (size_t)p->indent * p->depth;

	if (p->indent == 0)
		return;
	buf_putc(p->out, '\n');
	for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
		buf_add(p->out, blanks, sizeof(blanks) - 1);
	buf_add(p->out, blanks, n);
}

/* Brackets around items: open, then item before each, then close. */
static void open_bracket(struct printer *p, char c)
{
	buf_putc(p->out, c);
	p->depth++;
}

static void item(struct printer *p, bool first)
{
	if (!first)
		buf_putc(p->out, ',');
	newline(p);
}

static void close_bracket(struct printer *p, char c, bool empty)
{
	p->depth--;
	if (!empty)
		newline(p);
	buf_putc(p->out, c);
}

static void key(struct printer *p, struct str name)
{
	buf_json(p->out, name);
	buf_add(p->out, ": ", p->indent > 0 ? 2 : 1);
}

static void print_double(struct printer *p, double number)
{
	if (isnan(number))
		buf_puts(p->out, "\"NaN\"");
	else if (isinf(number))
		buf_puts(p->out, number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		value_print_float(p->out, number);
}

static void print_bytes(struct printer *p, const struct pb_field *field, struct str bytes)
{
	if (bytes.len == 0)
		bytes = STR("");
	if (field->trait->flags & PB_TEXT) {
		buf_json(p->out, bytes);
		return;
	}
	buf_putc(p->out, '"');
	buf_base64(p->out, bytes);
	buf_putc(p->out, '"');
}

static void print_enum(struct printer *p, const struct pb_field *field, int number)
{
	const ProtobufCEnumDescriptor *type = field->desc->descriptor;
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);

	if (strcmp(type->name, "google.protobuf.NullValue") == 0)
		buf_puts(p->out, "null");
	else if (value == NULL)
		buf_printf(p->out, "%d", number);
	else
		buf_json(p->out, str_from(value->name));
}

static void print_value(struct printer *p, const struct pb_field *field, const void *at)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		print_message(p, *(ProtobufCMessage *const *)at, field->trait->sub);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		print_bytes(p, field, pb_str(*(const ProtobufCBinaryData *)at));
		break;
	case PROTOBUF_C_TYPE_ENUM:
		print_enum(p, field, *(const int *)at);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(p->out, *(const protobuf_c_boolean *)at ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		print_double(p, *(const double *)at);
		break;
	case PROTOBUF_C_TYPE_INT64:
		buf_printf(p->out, "\"%" PRId64 "\"", *(const int64_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT64:
		buf_printf(p->out, "\"%" PRIu64 "\"", *(const uint64_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		buf_printf(p->out, "%" PRIu32, *(const uint32_t *)at);
		break;
	default:
		buf_printf(p->out, "%" PRId32, *(const int32_t *)at);
	}
}

static void print_map(struct printer *p, const ProtobufCMessage *m, const struct pb_field *field)
{
	struct pb_field value = pb_field_at(field->trait->sub, 1);
	size_t n;
	ProtobufCMessage **entries = pb_map_entries(m, field, &n);

	open_bracket(p, '{');
	for (size_t i = 0; i < n; i++) {
		item(p, i == 0);
		key(p, pb_map_key(entries[i], field->trait->sub));
		if (value.desc->type == PROTOBUF_C_TYPE_MESSAGE && !pb_is_set(entries[i], &value))
			buf_puts(p->out, value.trait->sub->known == PB_LIST ? "[]" : "{}");
		else
			print_value(p, &value, pb_slot(entries[i], &value));
	}
	close_bracket(p, '}', n == 0);
	mem_free(entries);
}

static void print_list(struct printer *p, const ProtobufCMessage *m, const struct pb_field *field)
{
	size_t n = pb_count(m, field);

	open_bracket(p, '[');
	for (size_t i = 0; i < n; i++) {
		item(p, i == 0);
		print_value(p, field, pb_item(m, field, i));
	}
	close_bracket(p, ']', n == 0);
}

static void print_field(struct printer *p, const ProtobufCMessage *m, const struct pb_field *field)
{
	if (field->trait->flags & PB_MAP)
		print_map(p, m, field);
	else if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
		print_list(p, m, field);
	else
		print_value(p, field, pb_slot(m, field));
}

/* The members of an object; true if none were printed. */
static bool print_fields(struct printer *p, const ProtobufCMessage *m, const struct pb_shape *shape,
			 bool first)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field field = pb_field_at(shape, shape->type->fields_sorted_by_name[i]);

		if (!pb_is_set(m, &field))
			continue;
		item(p, first);
		first = false;
		key(p, str_from(field.desc->name));
		print_field(p, m, &field);
	}
	return first;
}

/* The content of an Any of a known type; NULL otherwise. */
static ProtobufCMessage *any_content(struct printer *p, struct str url, struct str bytes,
				     struct pool *pool)
{
	struct str head, name = url;
	const struct pb_shape *shape;

	str_cut(url, '/', &head, &name);
	shape = p->depth < PB_MAX_DEPTH ? pb_shape_by_name(name) : NULL;
	return shape == NULL ? NULL : pb_unpack(shape->type, bytes, pool, NULL);
}

static void print_any(struct printer *p, const ProtobufCMessage *m, const struct pb_shape *shape)
{
	struct pb_field url_field = pb_field_at(shape, 0), value_field = pb_field_at(shape, 1);
	struct str url = pb_str(*(ProtobufCBinaryData *)pb_slot(m, &url_field));
	struct str bytes = pb_str(*(ProtobufCBinaryData *)pb_slot(m, &value_field));
	ProtobufCMessage *content;
	struct pool pool;

	if (url.len == 0) {
		buf_puts(p->out, "{}");
		return;
	}
	pool_init(&pool);
	content = any_content(p, url, bytes, &pool);
	shape = content == NULL ? NULL : pb_shape_of(content->descriptor);
	open_bracket(p, '{');
	item(p, true);
	key(p, STR("@type"));
	buf_json(p->out, url);
	if (shape != NULL && shape->known == PB_PLAIN) {
		print_fields(p, content, shape, false);
	} else {
		item(p, false);
		key(p, STR("value"));
		if (shape != NULL)
			print_message(p, content, shape);
		else
			print_bytes(p, &value_field, bytes);
	}
	close_bracket(p, '}', false);
	pool_clear(&pool);
}

static void print_field_mask(struct printer *p, const ProtobufCMessage *m,
			     const struct pb_shape *shape)
{
	struct pb_field paths = pb_field_at(shape, 0);

	buf_putc(p->out, '"');
	for (size_t i = 0; i < pb_count(m, &paths); i++) {
		struct str path = pb_str(*(ProtobufCBinaryData *)pb_item(m, &paths, i));

		if (i > 0)
			buf_putc(p->out, ',');
		for (size_t k = 0; k < path.len; k++) {
			bool upper = path.ptr[k] == '_' && k + 1 < path.len &&
				     path.ptr[k + 1] >= 'a' && path.ptr[k + 1] <= 'z';

			k += upper;
			buf_putc(p->out, (char)(path.ptr[k] - (upper ? 'a' - 'A' : 0)));
		}
	}
	buf_putc(p->out, '"');
}

/* Duration and Timestamp: a string made of seconds and nanos. */
static void print_time(struct printer *p, const ProtobufCMessage *m, const struct pb_shape *shape)
{
	struct pb_field first = pb_field_at(shape, 0), second = pb_field_at(shape, 1);
	int64_t seconds = pb_is_set(m, &first) ? *(int64_t *)pb_slot(m, &first) : 0;
	int32_t nanos = pb_is_set(m, &second) ? *(int32_t *)pb_slot(m, &second) : 0;

	buf_putc(p->out, '"');
	if (shape->known == PB_DURATION)
		pb_print_duration(p->out, seconds, nanos);
	else
		pb_print_timestamp(p->out, seconds, nanos);
	buf_putc(p->out, '"');
}

/* google.protobuf.Value: whichever field of its oneof is set. */
static void print_kind(struct printer *p, const ProtobufCMessage *m, const struct pb_shape *shape)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field field = pb_field_at(shape, i);

		if (pb_is_set(m, &field)) {
			print_field(p, m, &field);
			return;
		}
	}
	buf_puts(p->out, "null");
}

static void print_message(struct printer *p, const ProtobufCMessage *m,
			  const struct pb_shape *shape)
{
	struct pb_field only;
	bool empty;

	switch (shape->known) {
	case PB_DURATION:
	case PB_TIMESTAMP:
		print_time(p, m, shape);
		return;
	case PB_ANY:
		print_any(p, m, shape);
		return;
	case PB_FIELD_MASK:
		print_field_mask(p, m, shape);
		return;
	case PB_VALUE:
		print_kind(p, m, shape);
		return;
	case PB_STRUCT:
	case PB_LIST:
	case PB_WRAPPER:
		only = pb_field_at(shape, 0);
		print_field(p, m, &only);
		return;
	case PB_PLAIN:
		break;
	}
	open_bracket(p, '{');
	empty = print_fields(p, m, shape, true);
	close_bracket(p, '}', empty);
}

void pb_to_json(const ProtobufCMessage *m, int indent, struct buf *out)
{
	struct printer p = { .out = out, .indent = indent < 0 ? 0 : indent };

	print_message(&p, m, pb_shape_of(m->descriptor));
}
