/* traits: what the protobuf descriptors do not say about messages and fields, inside common/pb.
 *
 * A shape is a message's descriptor with one trait a field (in the descriptor's order) and the way
 * from a field to the shape of its message, so that a walk over a message looks nothing up. */
#ifndef PB_TRAITS_H
#define PB_TRAITS_H

#include "pb/reflect.h"

/* How protobuf-JSON writes a message. */
enum pb_known {
	PB_PLAIN,
	PB_ANY,
	PB_DURATION,
	PB_TIMESTAMP,
	PB_FIELD_MASK,
	PB_STRUCT,
	PB_VALUE,
	PB_LIST,
	PB_WRAPPER
};

#define PB_TEXT 1u     /* bytes that are text: UTF-8 */
#define PB_IMPLICIT 2u /* never stored with its default value */
#define PB_MAP 4u      /* a list of entries with the fields key and value */

struct pb_shape;

struct pb_trait {
	const char *json;  /* the camelCase name */
	const char *yaml;  /* the key in config.yaml; "": says nothing there; NULL: cannot be said
			      there */
	const char *oneof; /* NULL outside of a oneof */
	const struct pb_shape *sub; /* of a message field */
	unsigned flags;
};

struct pb_shape {
	pb_type *type;
	const struct pb_trait *traits; /* in the order of type->fields */
	const unsigned short *by_json; /* their indices, sorted by JSON name */
	enum pb_known known;
};

struct pb_field {
	const ProtobufCFieldDescriptor *desc;
	const struct pb_trait *trait;
};

#define PB_MAX_DEPTH 100 /* messages in messages, on the wire and in JSON */

const struct pb_shape *pb_shape_of(pb_type *type);
const struct pb_shape *pb_shape_by_name(struct str name); /* a full name; NULL if there is none */
struct pb_field pb_field_at(const struct pb_shape *shape, size_t i);
/* False: no such field. Proto names only, or JSON names too. */
bool pb_field_named(const struct pb_shape *shape, struct str name, struct pb_field *out);
bool pb_field_json(const struct pb_shape *shape, struct str name, struct pb_field *out);

/* Fields of a message in memory. */
void *pb_slot(const ProtobufCMessage *m, const struct pb_field *field);
size_t pb_count(const ProtobufCMessage *m, const struct pb_field *field); /* of a repeated field */
void *pb_item(const ProtobufCMessage *m, const struct pb_field *field, size_t i);
/* Whether the field is to be stored: a list not empty, an implicit field not of default value. */
bool pb_is_set(const ProtobufCMessage *m, const struct pb_field *field);
/* Where to write the value of a single scalar: marks it as set, unsets the rest of its oneof. */
void *pb_put(ProtobufCMessage *m, const struct pb_shape *shape, const struct pb_field *field);
/* The field's message, made if absent. */
ProtobufCMessage *pb_put_message(struct pool *pool, ProtobufCMessage *m,
				 const struct pb_shape *shape, const struct pb_field *field);
/* A new zeroed item at the end of a repeated field. */
void *pb_append(struct pool *pool, ProtobufCMessage *m, const struct pb_field *field);

/* The entries of a map field sorted by key, of equal keys the last; the array is the caller's
 * (mem_free). */
ProtobufCMessage **pb_map_entries(const ProtobufCMessage *m, const struct pb_field *field,
				  size_t *n);
/* Brings a map field to that order, keeps the last of equal keys, and gives entries without key or
 * value empty ones. */
void pb_map_sort(struct pool *pool, ProtobufCMessage *m, const struct pb_field *field);
struct str pb_map_key(const ProtobufCMessage *entry, const struct pb_shape *shape);

#endif
