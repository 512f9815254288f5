/* codec: one description of a struct, four uses.
 *
 * A table of fields says how a C struct is packed to msgpack, unpacked from it, read from a
 * Kubernetes object (YAML or JSON, the same names) and printed for a person. Pack and unpack cannot
 * drift apart, and a field that is a secret is marked once, here, and never shown by print.
 *
 * Wire form: a struct is an array of its fields in table order, exactly as many as the table has;
 * an absent optional struct or nullable string is nil. Unpacking is strict: nothing missing,
 * nothing extra, every length under its bound, UTF-8 where text is said, no byte left over.
 * Everything unpacked lives in the given pool. */
#ifndef MSG_CODEC_H
#define MSG_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/value.h"

enum codec_type {
	CODEC_BOOL,        /* bool */
	CODEC_TRISTATE,    /* int8_t: -1 absent, 0, 1 */
	CODEC_INT,         /* int64_t, |x| <= max when max > 0 */
	CODEC_UINT,        /* uint64_t, <= max when max > 0 */
	CODEC_NATURAL,     /* int64_t: -1 absent, 0 to max */
	CODEC_TIME,        /* int64_t: seconds since 1970, 0 absent; RFC 3339 in JSON and YAML */
	CODEC_TEXT,        /* struct str, valid UTF-8, <= max bytes */
	CODEC_BYTES,       /* struct str, any bytes; base64 in JSON and YAML (Secret.data) */
	CODEC_INT_OR_TEXT, /* struct msg_int_or_text: Kubernetes' IntOrString */
	CODEC_TEXTS,       /* struct str_list, <= max items */
	CODEC_TEXT_MAP,    /* struct str_map, <= max entries, text to text */
	CODEC_BYTES_MAP,   /* struct str_map, text to bytes */
	CODEC_STRUCT,      /* the struct itself, described by `of` */
	CODEC_OPTIONAL,    /* pointer to a struct described by `of`, NULL when absent */
	CODEC_LIST,        /* struct codec_list of structs described by `of`, <= max items */
	CODEC_VALUE,       /* struct value *, an untyped tree, NULL when absent */
	CODEC_HASH         /* struct hash */
};

enum codec_flag {
	CODEC_REQUIRED = 1, /* from_value: the key must be there */
	CODEC_NULLABLE = 2, /* text: absent (ptr NULL) differs from empty */
	CODEC_HIDDEN = 4,   /* print shows the length only: secrets */
	CODEC_INTERNAL = 8  /* from_value does not look for it: not a Kubernetes field */
};

struct codec;

struct codec_field {
	const char *name; /* Kubernetes' name where it is a Kubernetes field */
	enum codec_type type;
	unsigned flags;
	size_t offset;
	uint64_t max; /* bytes, items or magnitude; 0: the default of the type (codec_wire.h) */
	const struct codec *of;
};

struct codec {
	const char *name; /* of the struct, for errors */
	size_t size;
	const struct codec_field *fields;
	size_t n_fields;
};

struct codec_list {
	void *items;
	size_t n;
};

struct msg_int_or_text {
	bool is_int;
	int64_t number;
	struct str text; /* ptr NULL and !is_int: absent */
};

/* Appends the struct to `out`. */
void codec_pack(const struct codec *codec, const void *from, struct buf *out);
/* Reads exactly one struct from `bytes`. Nothing is kept of a malformed one but pool memory.
 * Errors: "malformed: ..." */
int codec_unpack(const struct codec *codec, struct str bytes, struct pool *pool, void *to,
		 struct err *err);
/* Reads a Kubernetes object. Keys without a field are skipped; a value of another type is an error
 * that names the path ("spec.rules[0].http.paths[1].backend.service.port.number: expected an
 * integer, got string "x""). null is absent. */
int codec_from_value(const struct codec *codec, const struct value *v, struct pool *pool, void *to,
		     struct err *err);
/* One line of JSON; hidden fields print as {"hidden_bytes":N}. */
void codec_print(const struct codec *codec, const void *from, struct buf *out);

#define CODEC_FIELD(s, member, kind, ...)                                                          \
	{                                                                                          \
		.name = #member, .type = (kind), .offset = offsetof(struct s, member), __VA_ARGS__ \
	}
#define CODEC_OF(s, table)                                               \
	{                                                                \
		.name = #s, .size = sizeof(struct s), .fields = (table), \
		.n_fields = sizeof(table) / sizeof((table)[0])           \
	}

#endif
