/* reflect: messages in memory, by their descriptors.
 *
 *   in     a message and a field
 *   out    where the field's value is, whether it is set, the sorted entries of a map
 *   owns   nothing: messages live in a pool
 *   never  frees, or learns what a message means */
#include "pb/reflect.h"

#include "base/mem.h"
#include "pb/traits.h"

ProtobufCMessage *pb_new(struct pool *pool, pb_type *type)
{
	ProtobufCMessage *m = pool_alloc(pool, type->sizeof_message);

	protobuf_c_message_init(type, m);
	return m;
}

ProtobufCBinaryData pb_bytes(struct str s)
{
	return (ProtobufCBinaryData){ s.len, (uint8_t *)(uintptr_t)s.ptr };
}

struct str pb_str(ProtobufCBinaryData data)
{
	return (struct str){ (const char *)data.data, data.len };
}

/* The capacity follows from n: at least 4, always a power of two. */
void *pb_grow(struct pool *pool, void *items, size_t n, size_t size)
{
	size_t cap = n < 4 ? 4 : 2 * n;
	void *grown;

	if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
		return items;
	grown = pool_array(pool, cap, size);
	if (n > 0)
		memcpy(grown, items, n * size);
	return grown;
}

void *pb_slot(const ProtobufCMessage *m, const struct pb_field *field)
{
	return (char *)(uintptr_t)m + field->desc->offset;
}

static void *quantifier(const ProtobufCMessage *m, const struct pb_field *field)
{
	return (char *)(uintptr_t)m + field->desc->quantifier_offset;
}

size_t pb_count(const ProtobufCMessage *m, const struct pb_field *field)
{
	return *(size_t *)quantifier(m, field);
}

static size_t item_size(const struct pb_field *field)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(ProtobufCMessage *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	default:
		return 4; /* int32, uint32, enums, and protobuf_c_boolean, which is an int */
	}
}

void *pb_item(const ProtobufCMessage *m, const struct pb_field *field, size_t i)
{
	return *(char **)pb_slot(m, field) + i * item_size(field);
}

static bool is_default(const ProtobufCMessage *m, const struct pb_field *field)
{
	static const char zeros[8];

	if (field->desc->type == PROTOBUF_C_TYPE_BYTES)
		return ((ProtobufCBinaryData *)pb_slot(m, field))->len == 0;
	return memcmp(pb_slot(m, field), zeros, item_size(field)) == 0;
}

bool pb_is_set(const ProtobufCMessage *m, const struct pb_field *field)
{
	if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
		return pb_count(m, field) > 0;
	if (field->desc->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void **)pb_slot(m, field) != NULL;
	if (!*(protobuf_c_boolean *)quantifier(m, field))
		return false;
	return !(field->trait->flags & PB_IMPLICIT) || !is_default(m, field);
}

static void unset(ProtobufCMessage *m, const struct pb_field *field)
{
	if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
		*(size_t *)quantifier(m, field) = 0;
	else if (field->desc->type == PROTOBUF_C_TYPE_MESSAGE)
		*(void **)pb_slot(m, field) = NULL;
	else
		*(protobuf_c_boolean *)quantifier(m, field) = 0;
}

static void unset_oneof(ProtobufCMessage *m, const struct pb_shape *shape,
			const struct pb_field *field)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct pb_field other = pb_field_at(shape, i);

		if (other.trait->oneof != NULL && other.desc != field->desc &&
		    strcmp(other.trait->oneof, field->trait->oneof) == 0)
			unset(m, &other);
	}
}

void *pb_put(ProtobufCMessage *m, const struct pb_shape *shape, const struct pb_field *field)
{
	if (field->trait->oneof != NULL)
		unset_oneof(m, shape, field);
	if (field->desc->type != PROTOBUF_C_TYPE_MESSAGE)
		*(protobuf_c_boolean *)quantifier(m, field) = 1;
	return pb_slot(m, field);
}

ProtobufCMessage *pb_put_message(struct pool *pool, ProtobufCMessage *m,
				 const struct pb_shape *shape, const struct pb_field *field)
{
	ProtobufCMessage **slot = pb_put(m, shape, field);

	if (*slot == NULL)
		*slot = pb_new(pool, field->desc->descriptor);
	return *slot;
}

void *pb_append(struct pool *pool, ProtobufCMessage *m, const struct pb_field *field)
{
	size_t *n = quantifier(m, field);
	void **items = pb_slot(m, field);

	*items = pb_grow(pool, *items, *n, item_size(field));
	(*n)++;
	return pb_item(m, field, *n - 1);
}

struct str pb_map_key(const ProtobufCMessage *entry, const struct pb_shape *shape)
{
	struct pb_field key = pb_field_at(shape, 0);

	return pb_str(*(ProtobufCBinaryData *)pb_slot(entry, &key));
}

struct map_item {
	struct str key;
	size_t at;
	ProtobufCMessage *entry;
};

static int map_item_cmp(const void *a, const void *b)
{
	const struct map_item *x = a, *y = b;
	int order = str_cmp(x->key, y->key);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

ProtobufCMessage **pb_map_entries(const ProtobufCMessage *m, const struct pb_field *field,
				  size_t *n)
{
	size_t count = pb_count(m, field);
	struct map_item *items = mem_alloc((count + 1) * sizeof(*items));
	ProtobufCMessage **entries = mem_alloc((count + 1) * sizeof(ProtobufCMessage *));

	for (size_t i = 0; i < count; i++) {
		ProtobufCMessage *entry = *(ProtobufCMessage **)pb_item(m, field, i);

		items[i] = (struct map_item){ pb_map_key(entry, field->trait->sub), i, entry };
	}
	qsort(items, count, sizeof(*items), map_item_cmp);
	*n = 0;
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && str_eq(items[i].key, items[i + 1].key))
			continue;
		entries[(*n)++] = items[i].entry;
	}
	mem_free(items);
	return entries;
}

void pb_map_sort(struct pool *pool, ProtobufCMessage *m, const struct pb_field *field)
{
	struct pb_field key = pb_field_at(field->trait->sub, 0),
			value = pb_field_at(field->trait->sub, 1);
	size_t n;
	ProtobufCMessage **entries;

	if (pb_count(m, field) == 0)
		return;
	entries = pb_map_entries(m, field, &n);
	unset(m, field);
	for (size_t i = 0; i < n; i++) {
		pb_put(entries[i], field->trait->sub, &key);
		if (value.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			pb_put_message(pool, entries[i], field->trait->sub, &value);
		else
			pb_put(entries[i], field->trait->sub, &value);
		*(ProtobufCMessage **)pb_append(pool, m, field) = entries[i];
	}
	mem_free(entries);
}
