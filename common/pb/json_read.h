/* json_read: values fitted to messages, inside common/pb.
 *
 * A spot is where in a message the reading stands: sentences name it. It lives on the stack of the
 * reader. */
#ifndef PB_JSON_READ_H
#define PB_JSON_READ_H

#include "pb/traits.h"

struct pb_spot {
	struct pool *pool;
	/* As the reference prepares annotations: Go durations, any scalar as a text of a map. Off
	 * below a name in camelCase. */
	bool loose;
	const struct pb_spot *up; /* NULL at the root */
	struct str name;          /* of a field or a map's key */
	long index;               /* in a list; -1 for a name */
	bool key;
};

struct pb_spot pb_spot_field(const struct pb_spot *up, struct str name);
struct pb_spot pb_spot_key(const struct pb_spot *up, struct str key);
struct pb_spot pb_spot_item(const struct pb_spot *up, size_t index);
/* "<spot> must be <right>, not <value>". Always -1. */
int pb_spot_err(const struct pb_spot *spot, const struct value *v, const char *right,
		struct err *err);
/* The path of a spot: "health_checks[0].timeout"; empty at the root. */
void pb_spot_print(const struct pb_spot *spot, struct buf *out);

int pb_read_message(const struct pb_spot *spot, const struct value *v, ProtobufCMessage *m,
		    struct err *err);
/* A map or list field of m, extended. */
int pb_read_repeated(const struct pb_spot *spot, const struct value *v,
		     const struct pb_field *field, ProtobufCMessage *m, struct err *err);
/* One scalar to where `at` points. */
int pb_read_scalar(const struct pb_spot *spot, const struct value *v, const struct pb_field *field,
		   void *at, struct err *err);
/* A message with a JSON form of its own (shape->known is not PB_PLAIN). */
int pb_read_known(const struct pb_spot *spot, const struct value *v, ProtobufCMessage *m,
		  struct err *err);

/* The text of a string or a time as JSON would carry it: valid UTF-8. False for other values. */
bool pb_value_text(const struct value *v, struct pool *pool, struct str *out);
/* As Go's fmt.Sprint writes what go-yaml decoded. */
struct str pb_value_sprint(const struct value *v, struct pool *pool);
/* A JSON number that stands in a string; false if it is not one or too large for a double. */
bool pb_text_number(struct str text, struct value *out);

#endif
