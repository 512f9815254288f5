/* codec_wire: what the four uses of a table share. Only for codec_*.c.
 *
 * The wire is msgpack in its shortest form only, so that equal structs are equal bytes and a frame
 * that was taken can be packed again to itself. An untyped value is an array: its type, then for
 *
 *   a scalar   its value (!!binary is bin instead of str), for numbers also the text as written
 *   a list     [item, item ...]
 *   a map      [key, value, key, value ...]
 */
#ifndef MSG_CODEC_WIRE_H
#define MSG_CODEC_WIRE_H

#include "msg/codec.h"

/* Defaults of codec_field.max. 65536 items: what fits into etcd's limit of 1.5 MiB an object is
 * less (the shortest path of an Ingress takes 24 bytes there), so nothing that an API server can
 * hold is refused. Kubernetes allows 256 KiB for all annotations and 1 MiB for all of a Secret. */
#define CODEC_MAX_TEXT 65536u
#define CODEC_MAX_BYTES (2u << 20)
#define CODEC_MAX_ITEMS 65536u
#define CODEC_MAX_MAP_TEXT (256u << 10) /* one value */
#define CODEC_MAX_MAP_BYTES (2u << 20)  /* one value */
#define CODEC_MAX_NODES 65536u          /* of an untyped value */
#define CODEC_MAX_TIME 253402300799     /* the end of the year 9999 */
/* Of all lists and maps of one message: bounds what a small frame can claim. */
#define CODEC_MAX_ALL_ITEMS (256u << 10)
/* All text of one Kubernetes object. */
#define CODEC_MAX_OBJECT_TEXT (4u << 20)

uint64_t codec_max(const struct codec_field *field);

static inline const void *codec_at(const struct codec_field *field, const void *from)
{
	return (const char *)from + field->offset;
}

static inline void *codec_at_mut(const struct codec_field *field, void *to)
{
	return (char *)to + field->offset;
}

#endif
