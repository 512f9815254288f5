/* json_read: protobuf-JSON, or what YAML made of an annotation, to a message.
 *
 * As Go's protojson: proto or JSON names, null leaves a field alone, a single message is replaced,
 * unknown and repeated names are refused, as are two members of one oneof.
 *
 *   in     a tree of values, hostile
 *   out    fields of a message in a pool, or a sentence that names the field and what would be
 *          right
 *   owns   nothing
 *   never  keeps a reference into the tree */
#include "pb/json_read.h"

#include "base/mem.h"
#include "pb/reflect.h"

static int spot_unknown(const struct pb_spot *spot, const struct pb_shape *shape, struct err *err)
{
	struct buf path, names;

	buf_init(&path, ERR_MAX);
	buf_init(&names, ERR_MAX / 2);
	pb_spot_print(spot->up, &path);
	for (size_t i = 0; i < shape->type->n_fields; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "",
			   shape->type->fields[shape->type->fields_sorted_by_name[i]].name);
	err_set(err, "unknown field %s%s" STR_FMT ": there %s" STR_FMT "%s", err_quote(spot->name),
		path.len > 0 ? " in " : "", STR_ARG(buf_view(&path)),
		shape->type->n_fields == 0 ? "are no fields" : "may be ", STR_ARG(buf_view(&names)),
		names.full ? " ..." : "");
	buf_clear(&names);
	buf_clear(&path);
	return -1;
}

static int spot_twice(const struct pb_spot *spot, const char *what, const char *name,
		      struct err *err)
{
	struct buf path;

	buf_init(&path, ERR_MAX);
	pb_spot_print(spot, &path);
	err_set(err, STR_FMT " is given, but %s %s is given already: give one of them",
		STR_ARG(buf_view(&path)), what, name);
	buf_clear(&path);
	return -1;
}

/* The keys of a map must be strings: JSON has no others. */
static int map_key(const struct pb_spot *spot, const struct value *key, struct str *out,
		   struct err *err)
{
	struct buf path;

	if (key->type == VALUE_STRING && pb_value_text(key, spot->pool, out))
		return 0;
	buf_init(&path, ERR_MAX);
	pb_spot_print(spot, &path);
	err_set(err, "the keys of %s" STR_FMT " must be strings, not the %s %s: put it in quotes",
		path.len == 0 ? "the value" : "", STR_ARG(buf_view(&path)),
		value_type_name(key->type), err_quote(key->text));
	buf_clear(&path);
	return -1;
}

static int read_entry(const struct pb_spot *spot, const struct value *v,
		      const struct pb_field *value, ProtobufCMessage *entry, struct err *err)
{
	struct value text = { .type = VALUE_STRING };

	if (value->desc->type == PROTOBUF_C_TYPE_MESSAGE)
		return pb_read_message(spot, v, *(ProtobufCMessage **)pb_slot(entry, value), err);
	if (spot->loose && (value->trait->flags & PB_TEXT)) {
		text.string = pb_value_sprint(v, spot->pool);
		v = &text;
	}
	return pb_read_scalar(spot, v, value, pb_slot(entry, value), err);
}

/* Entries are appended; pb_map_sort drops those that were replaced. */
static int read_map(const struct pb_spot *spot, const struct value *v, const struct pb_field *field,
		    ProtobufCMessage *m, struct err *err)
{
	const struct pb_shape *shape = field->trait->sub;
	struct pb_field key = pb_field_at(shape, 0), value = pb_field_at(shape, 1);

	if (v->type != VALUE_MAP)
		return pb_spot_err(spot, v, "a map", err);
	for (size_t i = 0; i < v->map.n; i++) {
		ProtobufCMessage *entry = pb_new(spot->pool, shape->type);
		struct pb_spot inner;
		struct str name;

		if (map_key(spot, &v->map.entries[i].key, &name, err) < 0)
			return -1;
		inner = pb_spot_key(spot, name);
		*(ProtobufCBinaryData *)pb_put(entry, shape, &key) = pb_bytes(name);
		if (value.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			pb_put_message(spot->pool, entry, shape, &value);
		else
			pb_put(entry, shape, &value);
		if (read_entry(&inner, &v->map.entries[i].value, &value, entry, err) < 0)
			return -1;
		*(ProtobufCMessage **)pb_append(spot->pool, m, field) = entry;
	}
	pb_map_sort(spot->pool, m, field);
	return 0;
}

static int read_list(const struct pb_spot *spot, const struct value *v,
		     const struct pb_field *field, ProtobufCMessage *m, struct err *err)
{
	if (v->type != VALUE_LIST)
		return pb_spot_err(spot, v, "a list", err);
	for (size_t i = 0; i < v->list.n; i++) {
		struct pb_spot inner = pb_spot_item(spot, i);
		void *at = pb_append(spot->pool, m, field);
		int rc;

		if (field->desc->type == PROTOBUF_C_TYPE_MESSAGE) {
			*(ProtobufCMessage **)at = pb_new(spot->pool, field->desc->descriptor);
			rc = pb_read_message(&inner, &v->list.items[i], *(ProtobufCMessage **)at,
					     err);
		} else {
			rc = pb_read_scalar(&inner, &v->list.items[i], field, at, err);
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

int pb_read_repeated(const struct pb_spot *spot, const struct value *v,
		     const struct pb_field *field, ProtobufCMessage *m, struct err *err)
{
	return field->trait->flags & PB_MAP ? read_map(spot, v, field, m, err)
					    : read_list(spot, v, field, m, err);
}

/* null means something only to google.protobuf.Value and NullValue. */
static bool takes_null(const struct pb_field *field)
{
	if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
		return false;
	if (field->desc->type == PROTOBUF_C_TYPE_MESSAGE)
		return field->trait->sub->known == PB_VALUE;
	return field->desc->type == PROTOBUF_C_TYPE_ENUM &&
	       strcmp(((const ProtobufCEnumDescriptor *)field->desc->descriptor)->name,
		      "google.protobuf.NullValue") == 0;
}

static int read_field(const struct pb_spot *spot, const struct value *v,
		      const struct pb_field *field, ProtobufCMessage *m, struct err *err)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);
	ProtobufCMessage *sub;

	if (v->type == VALUE_NULL && !takes_null(field))
		return 0;
	if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
		return pb_read_repeated(spot, v, field, m, err);
	if (field->desc->type != PROTOBUF_C_TYPE_MESSAGE)
		return pb_read_scalar(spot, v, field, pb_put(m, shape, field), err);
	sub = pb_new(spot->pool, field->desc->descriptor);
	if (pb_read_message(spot, v, sub, err) < 0)
		return -1;
	*(ProtobufCMessage **)pb_put(m, shape, field) = sub;
	return 0;
}

/* What a message has been given so far, to refuse doubles. */
struct seen {
	unsigned char *fields; /* one flag a field */
};

static int seen_add(struct seen *seen, const struct pb_shape *shape, const struct pb_field *field,
		    const struct value *v, const struct pb_spot *spot, struct err *err)
{
	size_t at = (size_t)(field->desc - shape->type->fields);

	if (seen->fields[at])
		return spot_twice(spot, "the same field as", field->desc->name, err);
	seen->fields[at] = 1;
	if (field->trait->oneof == NULL || (v->type == VALUE_NULL && !takes_null(field)))
		return 0;
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field other = pb_field_at(shape, i);

		if (seen->fields[i] == 2 && strcmp(other.trait->oneof, field->trait->oneof) == 0)
			return spot_twice(spot, "of the same group", other.desc->name, err);
	}
	seen->fields[at] = 2;
	return 0;
}

static int read_fields(const struct pb_spot *spot, const struct value *v, ProtobufCMessage *m,
		       struct err *err)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);
	struct seen seen = { mem_alloc(shape->type->n_fields + 1) };
	int rc = -1;

	for (size_t i = 0; i < v->map.n; i++) {
		struct pb_field field;
		struct pb_spot inner;
		struct str name;

		if (map_key(spot, &v->map.entries[i].key, &name, err) < 0)
			goto out;
		inner = pb_spot_field(spot, name);
		if (!pb_field_json(shape, name, &field)) {
			spot_unknown(&inner, shape, err);
			goto out;
		}
		inner.loose = spot->loose && str_is(name, field.desc->name);
		if (seen_add(&seen, shape, &field, &v->map.entries[i].value, &inner, err) < 0 ||
		    read_field(&inner, &v->map.entries[i].value, &field, m, err) < 0)
			goto out;
	}
	rc = 0;
out:
	mem_free(seen.fields);
	return rc;
}

int pb_read_message(const struct pb_spot *spot, const struct value *v, ProtobufCMessage *m,
		    struct err *err)
{
	if (pb_shape_of(m->descriptor)->known != PB_PLAIN)
		return pb_read_known(spot, v, m, err);
	if (v->type != VALUE_MAP)
		return pb_spot_err(spot, v, "a map", err);
	return read_fields(spot, v, m, err);
}

int pb_from_value(const struct value *v, struct pool *pool, ProtobufCMessage *m, struct err *err)
{
	struct pb_spot root = { .pool = pool, .index = -1 };

	return pb_read_message(&root, v, m, err);
}

int pb_field_from_value(const struct value *v, const char *name, struct pool *pool,
			ProtobufCMessage *m, struct err *err)
{
	struct pb_spot root = { .pool = pool, .loose = true, .index = -1 };
	struct pb_spot spot = pb_spot_field(&root, str_from(name));
	struct pb_field field;

	if (!pb_field_named(pb_shape_of(m->descriptor), spot.name, &field))
		return spot_unknown(&spot, pb_shape_of(m->descriptor), err);
	return read_field(&spot, v, &field, m, err);
}
