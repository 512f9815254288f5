/* path: one place in a message, named by text, set to bytes.
 *
 *   in     "settings.certificates[0].key_bytes", "set_request_headers[X-Key]"; bytes, often a
 *          secret
 *   out    the message with that field set, or a sentence that names the path (never the bytes)
 *   owns   nothing
 *   never  sets anything but strings and bytes, or makes a list grow by more than one */
#include "pb/reflect.h"

#include "pb/traits.h"

/* One step of a path: a field's name, with what follows it in brackets. */
struct step {
	struct str name;
	struct str index; /* absent without brackets */
};

static int path_err(struct str path, const char *why, struct err *err)
{
	return err_set(err, "the path %s cannot be set: %s", err_quote(path), why);
}

/* Cuts the first step off. A key may hold anything: the bracket that ends a step stands before a
 * dot or the end. */
static bool next_step(struct str *path, struct step *step)
{
	size_t i = 0, from;

	while (i < path->len && path->ptr[i] != '.' && path->ptr[i] != '[')
		i++;
	step->name = str_slice(*path, 0, i);
	step->index = STR_NONE;
	if (i < path->len && path->ptr[i] == '[') {
		from = ++i;
		while (i < path->len &&
		       !(path->ptr[i] == ']' && (i + 1 == path->len || path->ptr[i + 1] == '.')))
			i++;
		if (i == path->len)
			return false;
		step->index = str_slice(*path, from, i++);
	}
	if (i < path->len && (path->ptr[i] != '.' || i + 1 == path->len))
		return false;
	*path = i < path->len ? str_slice(*path, i + 1, path->len) : str_slice(*path, i, i);
	return step->name.len > 0;
}

/* The entry under a key, made if absent. */
static ProtobufCMessage *map_entry(struct pool *pool, ProtobufCMessage *m,
				   const struct pb_field *field, struct str key)
{
	const struct pb_shape *shape = field->trait->sub;
	struct pb_field key_field = pb_field_at(shape, 0);
	ProtobufCMessage *entry;

	for (size_t i = pb_count(m, field); i > 0; i--) {
		entry = *(ProtobufCMessage **)pb_item(m, field, i - 1);
		if (str_eq(pb_map_key(entry, shape), key))
			return entry;
	}
	entry = pb_new(pool, shape->type);
	*(ProtobufCBinaryData *)pb_put(entry, shape, &key_field) = pb_bytes(pool_str(pool, key));
	*(ProtobufCMessage **)pb_append(pool, m, field) = entry;
	return entry;
}

/* The place of a list's item, the list grown by one if it is the next; NULL if there is none. */
static void *list_item(struct pool *pool, ProtobufCMessage *m, const struct pb_field *field,
		       struct str index)
{
	size_t n = pb_count(m, field);
	long long at;

	if (!str_to_int(index, &at) || at < 0 || (unsigned long long)at > n)
		return NULL;
	if ((size_t)at < n)
		return pb_item(m, field, (size_t)at);
	pb_append(pool, m, field);
	if (field->desc->type == PROTOBUF_C_TYPE_MESSAGE)
		*(ProtobufCMessage **)pb_item(m, field, n) = pb_new(pool, field->desc->descriptor);
	return pb_item(m, field, n);
}

static bool is_message(const struct pb_field *field)
{
	return field->desc->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Follows one step. *m becomes the message it leads to, or NULL with *at the place of a scalar. */
static const char *take_step(const struct step *step, struct pool *pool, ProtobufCMessage **m,
			     struct pb_field *field, void **at)
{
	const struct pb_shape *shape = pb_shape_of((*m)->descriptor);

	if (!pb_field_named(shape, step->name, field))
		return "there is no such field";
	if (field->trait->flags & PB_MAP) {
		if (step->index.ptr == NULL)
			return "a map needs a key in brackets";
		*m = map_entry(pool, *m, field, step->index);
		shape = field->trait->sub;
		*field = pb_field_at(shape, 1);
		*at = is_message(field) ? pb_slot(*m, field) : pb_put(*m, shape, field);
		if (is_message(field))
			pb_put_message(pool, *m, shape, field);
	} else if (field->desc->label == PROTOBUF_C_LABEL_REPEATED) {
		*at = list_item(pool, *m, field, step->index);
		if (*at == NULL)
			return "a list needs the number of one of its items, or of the next, in "
			       "brackets";
	} else if (step->index.ptr != NULL) {
		return "the field is neither a list nor a map";
	} else if (is_message(field)) {
		pb_put_message(pool, *m, shape, field);
		*at = pb_slot(*m, field);
	} else {
		*at = pb_put(*m, shape, field);
	}
	*m = is_message(field) ? *(ProtobufCMessage **)*at : NULL;
	return NULL;
}

int pb_set_path(ProtobufCMessage *m, struct str path, struct str bytes, struct pool *pool,
		struct err *err)
{
	struct str rest = path;
	struct step step;
	struct pb_field field;
	const char *why;
	void *at = NULL;

	do {
		if (!next_step(&rest, &step))
			return path_err(path,
					"it must be names joined by dots, with [n] or [key] after "
					"a list or map",
					err);
		why = take_step(&step, pool, &m, &field, &at);
		if (why != NULL)
			return path_err(path, why, err);
	} while (rest.len > 0 && m != NULL);
	if (rest.len > 0)
		return path_err(path, "it goes on after a field that is no message", err);
	if (m != NULL || field.desc->type != PROTOBUF_C_TYPE_BYTES)
		return path_err(path, "the field holds neither a string nor bytes", err);
	if ((field.trait->flags & PB_TEXT) && !str_is_utf8(bytes))
		return path_err(path, "the value is not UTF-8 text", err);
	*(ProtobufCBinaryData *)at =
		pb_bytes(pool_bytes(pool, bytes.len > 0 ? bytes.ptr : "", bytes.len));
	return 0;
}
