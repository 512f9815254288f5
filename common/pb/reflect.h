/* reflect: protobuf messages by their descriptors.
 *
 * pomerium.proto and databroker.proto are made from wire-schema.tsv (scripts/make-proto) in proto2
 * syntax, which protobuf-c can read and which has the same wire form. Strings are described as
 * `bytes`, since text from users may hold NUL; pb_traits.inc, made from the same table, tells which
 * bytes are text and which fields have explicit presence (others are never stored or printed with
 * their default value).
 *
 * All messages live in a pool: build them with PB_NEW, never call the generated free functions. */
#ifndef PB_REFLECT_H
#define PB_REFLECT_H

#include <protobuf-c/protobuf-c.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/value.h"

typedef const ProtobufCMessageDescriptor pb_type;

/* A new, initialised message: Pomerium__Config__Route *r = PB_NEW(pool, pomerium__config__route) */
#define PB_NEW(pool, name) ((void *)pb_new(pool, &name##__descriptor))
ProtobufCMessage *pb_new(struct pool *pool, pb_type *type);

/* Scalars. Text is borrowed: it must live as long as the message. Implicit-presence text that is
 * empty is unset. */
#define PB_SET_TEXT(m, field, str)          \
	do {                                \
		(m)->field = pb_bytes(str); \
		(m)->has_##field = 1;       \
	} while (0)
#define PB_SET(m, field, v)           \
	do {                          \
		(m)->field = (v);     \
		(m)->has_##field = 1; \
	} while (0)
ProtobufCBinaryData pb_bytes(struct str s);
struct str pb_str(ProtobufCBinaryData data);
/* Appends to a repeated field: PB_PUSH(pool, route, to, pb_bytes(url)). The field is empty or was
 * filled by pb_ functions: their arrays have a capacity that follows from n. */
#define PB_PUSH(pool, m, field, v)                                                           \
	do {                                                                                 \
		(m)->field = pb_grow(pool, (m)->field, (m)->n_##field, sizeof(*(m)->field)); \
		(m)->field[(m)->n_##field++] = (v);                                          \
	} while (0)
void *pb_grow(struct pool *pool, void *items, size_t n, size_t size);

/* Wire form. Packing sorts map entries by key and leaves out implicit defaults, so equal
 * configurations are equal bytes. */
void pb_pack(const ProtobufCMessage *m, struct buf *out);
/* The same in the pool; never absent. No other copy stays: it may hold secrets. */
struct str pb_pack_to_pool(const ProtobufCMessage *m, struct pool *pool);
/* Appends a message that comes in pieces, as pb_pack would write it if it has packed the pieces.
 * False, and nothing: two of them have one field, so that it must be decoded. */
bool pb_merge(const struct str *pieces, size_t n_pieces, struct buf *out);
/* Appends a field of bytes, text or a packed message. */
void pb_put_bytes(pb_type *type, const char *field, struct str bytes, struct buf *out);
/* NULL and a sentence if it does not decode (depth and size bounded; text that is not UTF-8 is
 * refused). Data is copied to the pool. */
ProtobufCMessage *pb_unpack(pb_type *type, struct str bytes, struct pool *pool, struct err *err);

/* Canonical protobuf-JSON with proto field names, keys sorted, durations as "30s", 64-bit integers
 * as strings, bytes as base64, wrappers and Struct in their JSON form, enums by name. indent 0: one
 * line. */
void pb_to_json(const ProtobufCMessage *m, int indent, struct buf *out);
/* protobuf-JSON in, as Go's protojson reads it: proto or camelCase names, enums by name or number,
 * numbers as strings, null leaves a field unset, unknown or repeated names are errors, oneof
 * conflicts are errors, ranges are checked, strings must be UTF-8. Errors name the field path, the
 * value and what would be right. `v` is merged into `m`: fields already set are replaced (lists and
 * maps extended). */
int pb_from_value(const struct value *v, struct pool *pool, ProtobufCMessage *m, struct err *err);
/* One field of `m`, given by proto name, from a value that was an annotation: as above, and as the
 * reference prepares annotations: Go's durations, any value as a text of a map of texts; both only
 * below names that are spelled as in the proto. */
int pb_field_from_value(const struct value *v, const char *field, struct pool *pool,
			ProtobufCMessage *m, struct err *err);
/* Go's time.ParseDuration ("1h30m", "1.5s", "0"), into google.protobuf.Duration's range; for
 * settings. Nanoseconds. */
int pb_parse_go_duration(struct str text, int64_t *ns, struct err *err);
/* protojson's form ("30s", "1.500s"). */
void pb_print_duration(struct buf *out, int64_t seconds, int32_t nanos);

/* A place in a message, for splices: proto names joined by dots, [n] for a list, [key] for a map:
 * "tls_client_key", "set_request_headers[X-Key]", "settings.certificates[0].key_bytes". Sets it to
 * `bytes`; missing messages on the way are made, a map entry is added or replaced, a list may grow
 * by one. -1: no such field. */
int pb_set_path(ProtobufCMessage *m, struct str path, struct str bytes, struct pool *pool,
		struct err *err);

/* Pomerium's own config.yaml of a whole Config (keys in config-yaml-keys.tsv): routes, settings,
 * certificates. Deterministic. A single certificate is written in `certificate` and
 * `certificate_key`. Several go to the list `certificates`, where newer Pomerium reads names of
 * files only: cert_bytes and key_bytes that begin with a slash are written as such a name. */
int pb_to_pomerium_yaml(const ProtobufCMessage *config, struct buf *out, struct err *err);

#endif
