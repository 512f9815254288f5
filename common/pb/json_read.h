/* json_read: values fitted to messages, inside common/pb. */
#ifndef PB_JSON_READ_H
#define PB_JSON_READ_H

#include "pb/json_spot.h"
#include "pb/traits.h"

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
