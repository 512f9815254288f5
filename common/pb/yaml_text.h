/* yaml_text: lines and strings of YAML, inside common/pb. */
#ifndef PB_YAML_TEXT_H
#define PB_YAML_TEXT_H

#include "pb/reflect.h"

#define YAML_KEY_MAX \
	1000 /* bytes of a key in its quotes: beyond 1024 a reader takes it for no key */

struct yaml_out {
	struct buf *out;
	unsigned depth;
	bool dash; /* the line has begun with "- " */
};

/* A double-quoted string that YAML and JSON both read; characters that YAML does not print are
 * escaped. */
void pb_yaml_string(struct buf *out, struct str text);
/* JSON as YAML: inside its strings, and nowhere else, may be what YAML does not print. */
void pb_yaml_add_json(struct buf *out, struct str json);
/* A message as protobuf-JSON on the same line. */
void pb_yaml_json(struct buf *out, const ProtobufCMessage *m);
/* Begins a line with "key:"; the caller goes on with a blank and a value, or with a new line. */
void pb_yaml_key(struct yaml_out *y, const char *key);
/* The same for a key of the user's; false if it is too long for one. */
bool pb_yaml_user_key(struct yaml_out *y, struct str key);
/* Begins a line with "- "; a key may follow on it. */
void pb_yaml_dash(struct yaml_out *y);
void pb_yaml_end(struct yaml_out *y);

#endif
