/* value: a tree of untyped data, from YAML or JSON.
 *
 * Scalars are typed as go-yaml v3 types them when it decodes into an untyped value (YAML 1.2 core
 * schema with its exceptions): `yes` and `on` are strings, 0x1F, 0o17 and 017 are integers, 1e3 is
 * a float, a date is VALUE_TIME. Lives in a pool. Depth, node count and alias expansion are bounded
 * by the parser. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/str.h"

enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,    /* fits int64 */
	VALUE_UINT,   /* above INT64_MAX, fits uint64 */
	VALUE_FLOAT,  /* +-Inf and NaN included */
	VALUE_STRING, /* valid UTF-8; may hold NUL (YAML "\0"); !!binary may hold any byte: see
			 `binary` */
	VALUE_TIME,   /* a YAML timestamp that was not quoted; text in `string` as written */
	VALUE_LIST,
	VALUE_MAP
};

struct value_entry;

struct value {
	enum value_type type;
	bool binary;           /* a string from !!binary */
	uint32_t line, column; /* 1-based, of the source; 0 if unknown */
	struct str text; /* of a scalar: as written in the source (numbers keep their spelling) */
	union {
		bool boolean;
		int64_t integer;
		uint64_t uinteger;
		double number;
		struct str string;
		struct {
			struct value *items;
			size_t n;
		} list;
		struct {
			struct value_entry *entries; /* in the order of the source, keys unique */
			size_t n;
		} map;
	};
};

struct value_entry {
	struct value key; /* VALUE_STRING in JSON; any scalar in YAML */
	struct value value;
};

#define VALUE_MAX_DEPTH 100
#define VALUE_MAX_NODES 2000000 /* of one document, after aliases */

/* The value under a string key, or NULL: no such key, or not a map. v may be NULL. */
const struct value *value_get(const struct value *v, const char *key);
/* The same where only a text will do; absent for any other type. */
struct str value_text(const struct value *v, const char *key);
const char *value_type_name(enum value_type type); /* "string", "integer", ... for sentences */
bool value_equal(const struct value *a, const struct value *b); /* maps in any order */
/* Two equal names among n; false if all differ. Fast for many and for hostile ones. */
bool value_find_twice(const struct str *names, size_t n, size_t *first, size_t *second);

/* The moment a VALUE_TIME names, in go-yaml's four forms (2024-01-31, with T, t or a blank and a
 * time of day). */
struct value_time {
	int year, month, day, hour, minute, second;
	uint32_t nanos;
	int offset; /* seconds east of UTC */
};
bool value_time_parse(struct str text, struct value_time *out);
int64_t value_time_seconds(const struct value_time *t); /* since 1970, UTC */

/* YAML (libyaml), one document after the other. Errors name line and column and say what is wrong
 * in go-yaml's terms where it helps ("did not find expected key"). Duplicate keys, unknown anchors,
 * tabs as indentation, invalid UTF-8, depth above VALUE_MAX_DEPTH, alias bombs: all errors. Merge
 * keys (<<) are applied as go-yaml v3 does. libyaml's own ways stay where it only accepts more or
 * says more: "\/" and "\ " are escapes, a question mark may stand inside a plain
 * scalar in [] and {}, a colon before , ] or } there is an error and no part of the scalar, and of
 * what follows the first document only the first token is looked at. */
struct yaml_documents {
	struct value *items;
	size_t n;
	size_t n_good; /* on error: documents before the broken one */
	uint32_t error_line;
};
int yaml_parse_all(struct str text, struct pool *pool, struct yaml_documents *out, struct err *err);
/* The same for large files: each document is handed over and then wiped from the pool, so memory
 * follows the largest one. */
struct yaml_each {
	void *self;
	void (*on)(void *self, const struct value *document);
	uint32_t error_line; /* on error */
};
int yaml_parse_each(struct str text, struct pool *pool, struct yaml_each *each, struct err *err);
/* The first document only, as yaml.Unmarshal reads it; an empty text is VALUE_NULL. */
int yaml_parse(struct str text, struct pool *pool, struct value *out, struct err *err);

/* JSON (RFC 8259), strict, whole text; integers keep int64/uint64, others become floats; text keeps
 * the spelling. */
int json_parse(struct str text, struct pool *pool, struct value *out, struct err *err);
/* Compact JSON with keys in byte order, as Go's encoding/json writes a map[string]any after go-yaml
 * (floats as Go prints them: 1e+21, 0.000001; no HTML escapes if html is false). -1 for what JSON
 * cannot hold (NaN, Inf, keys that are no strings, maps keyed by null ...). */
int value_to_json(const struct value *v, bool html, struct buf *out, struct err *err);
/* A float as encoding/json prints it (shortest form that reads back; exponent below 1e-6 and from
 * 1e21). */
void value_print_float(struct buf *out, double number);

#endif
