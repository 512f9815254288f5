/* json_known: values fitted to the messages that have a JSON form of their own.
 *
 *   in     a value of any type
 *   out    a Duration, Timestamp, FieldMask, Struct, Value, ListValue, wrapper or Any,
 *          or a sentence
 *   owns   nothing
 *   never  takes a null: but for Value, the caller has dealt with it */
#include "pb/json_read.h"

#include "base/mem.h"
#include "pb/duration.h"
#include "pb/reflect.h"

/* Go's form first where annotations are read: "0" and "1m30s" are no protobuf-JSON. */
static bool parse_duration(const struct pb_spot *spot, struct str text, int64_t *seconds,
			   int32_t *nanos)
{
	int64_t ns;

	if (!spot->loose || pb_parse_go_duration(text, &ns, NULL) < 0)
		return pb_parse_json_duration(text, seconds, nanos);
	*seconds = ns / 1000000000;
	*nanos = (int32_t)(ns % 1000000000);
	return true;
}

static int read_time(const struct pb_spot *spot, const struct value *v,
		     const struct pb_shape *shape, ProtobufCMessage *m, struct err *err)
{
	struct pb_field first = pb_field_at(shape, 0), second = pb_field_at(shape, 1);
	int64_t seconds;
	int32_t nanos;
	struct str text;

	if (shape->known == PB_DURATION) {
		if (!pb_value_text(v, spot->pool, &text) ||
		    !parse_duration(spot, text, &seconds, &nanos))
			return pb_spot_err(
				spot, v,
				spot->loose ? "a duration such as 30s or 1h30m"
					    : "a duration in seconds such as \"30s\" or \"1.5s\"",
				err);
	} else if (!pb_value_text(v, spot->pool, &text) ||
		   !pb_parse_timestamp(text, &seconds, &nanos)) {
		return pb_spot_err(spot, v, "a time such as 2006-01-02T15:04:05Z", err);
	}
	*(int64_t *)pb_put(m, shape, &first) = seconds;
	*(int32_t *)pb_put(m, shape, &second) = nanos;
	return 0;
}

/* "fooBar" to "foo_bar"; false if it is no name. */
static bool snake_case(struct str camel, struct buf *out)
{
	for (size_t i = 0; i < camel.len; i++) {
		char c = camel.ptr[i];
		bool upper = c >= 'A' && c <= 'Z';

		if (!upper && !(c >= 'a' && c <= 'z') && !(i > 0 && c >= '0' && c <= '9') &&
		    c != '.')
			return false;
		if (upper)
			buf_putc(out, '_');
		buf_putc(out, (char)(upper ? c - 'A' + 'a' : c));
	}
	return camel.len > 0;
}

static int read_field_mask(const struct pb_spot *spot, const struct value *v,
			   const struct pb_shape *shape, ProtobufCMessage *m, struct err *err)
{
	struct pb_field paths = pb_field_at(shape, 0);
	struct str rest, path;
	struct buf name;
	bool more = true, ok;

	ok = pb_value_text(v, spot->pool, &rest);
	rest = ok ? str_trim(rest) : rest;
	if (ok && rest.len == 0)
		return 0;
	buf_init(&name, BUF_MAX_TEXT);
	while (ok && more) {
		path = rest;
		more = str_cut(rest, ',', &path, &rest);
		buf_reset(&name);
		ok = snake_case(path, &name) && !name.full;
		if (ok)
			*(ProtobufCBinaryData *)pb_append(spot->pool, m, &paths) =
				pb_bytes(pool_bytes(spot->pool, name.ptr, name.len));
	}
	buf_clear(&name);
	return ok ? 0 : pb_spot_err(spot, v, "names of fields in camelCase, joined by commas", err);
}

static int read_value(const struct pb_spot *spot, const struct value *v,
		      const struct pb_shape *shape, ProtobufCMessage *m, struct err *err)
{
	static const struct {
		enum value_type type;
		const char *field;
	} kinds[] = {
		{ VALUE_NULL, "null_value" },    { VALUE_BOOL, "bool_value" },
		{ VALUE_INT, "number_value" },   { VALUE_UINT, "number_value" },
		{ VALUE_FLOAT, "number_value" }, { VALUE_STRING, "string_value" },
		{ VALUE_TIME, "string_value" },  { VALUE_LIST, "list_value" },
		{ VALUE_MAP, "struct_value" },
	};
	struct pb_field field;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type != v->type ||
		    !pb_field_named(shape, str_from(kinds[i].field), &field))
			continue;
		if (field.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			return pb_read_message(spot, v,
					       pb_put_message(spot->pool, m, shape, &field), err);
		return pb_read_scalar(spot, v, &field, pb_put(m, shape, &field), err);
	}
	return pb_spot_err(spot, v, "a value", err);
}

/* The members of an Any but for "@type", as the value of its message. */
static int read_any_content(const struct pb_spot *spot, const struct value *v,
			    ProtobufCMessage *content, struct err *err)
{
	struct value rest = *v;
	const struct value *own = value_get(v, "value");

	if (pb_shape_of(content->descriptor)->known != PB_PLAIN)
		return own == NULL
			       ? pb_spot_err(spot, v, "a map with the keys @type and value", err)
			       : pb_read_message(spot, own, content, err);
	rest.map.entries = pool_array(spot->pool, v->map.n, sizeof(*rest.map.entries));
	rest.map.n = 0;
	for (size_t i = 0; i < v->map.n; i++)
		if (!(v->map.entries[i].key.type == VALUE_STRING &&
		      str_is(v->map.entries[i].key.string, "@type")))
			rest.map.entries[rest.map.n++] = v->map.entries[i];
	return pb_read_message(spot, &rest, content, err);
}

static int read_any(const struct pb_spot *spot, const struct value *v, const struct pb_shape *shape,
		    ProtobufCMessage *m, struct err *err)
{
	struct pb_field url = pb_field_at(shape, 0), bytes = pb_field_at(shape, 1);
	const struct value *type = value_get(v, "@type");
	struct str text = STR_NONE, head, name;
	const struct pb_shape *inner = NULL;
	ProtobufCMessage *content;
	struct buf packed;

	if (v->type == VALUE_MAP && v->map.n == 0)
		return 0;
	if (type != NULL && type->type == VALUE_STRING)
		text = pool_str(spot->pool, type->string);
	name = text;
	str_cut(text, '/', &head, &name);
	inner = text.len > 0 ? pb_shape_by_name(name) : NULL;
	if (inner == NULL)
		return pb_spot_err(spot, type == NULL ? v : type,
				   "a map whose @type names a known message", err);
	content = pb_new(spot->pool, inner->type);
	if (read_any_content(spot, v, content, err) < 0)
		return -1;
	buf_init(&packed, BUF_MAX_MESSAGE);
	pb_pack(content, &packed);
	*(ProtobufCBinaryData *)pb_put(m, shape, &url) = pb_bytes(text);
	*(ProtobufCBinaryData *)pb_put(m, shape, &bytes) =
		pb_bytes(pool_bytes(spot->pool, packed.len > 0 ? packed.ptr : "", packed.len));
	buf_clear(&packed);
	return 0;
}

int pb_read_known(const struct pb_spot *spot, const struct value *v, ProtobufCMessage *m,
		  struct err *err)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);
	struct pb_field only = pb_field_at(shape, 0);

	switch (shape->known) {
	case PB_DURATION:
	case PB_TIMESTAMP:
		return read_time(spot, v, shape, m, err);
	case PB_FIELD_MASK:
		return read_field_mask(spot, v, shape, m, err);
	case PB_ANY:
		return read_any(spot, v, shape, m, err);
	case PB_VALUE:
		return read_value(spot, v, shape, m, err);
	case PB_WRAPPER:
		return pb_read_scalar(spot, v, &only, pb_put(m, shape, &only), err);
	default:
		return pb_read_repeated(spot, v, &only, m, err);
	}
}
