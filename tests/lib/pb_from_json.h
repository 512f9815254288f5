/* pb_from_json: a message from protobuf-JSON text, for tests of all kinds. */
#ifndef TESTS_LIB_PB_FROM_JSON_H
#define TESTS_LIB_PB_FROM_JSON_H

#include "pb/reflect.h"

static inline int pb_from_json(struct str json, struct pool *pool, ProtobufCMessage *m,
			       struct err *err)
{
	struct value v;

	return json_parse(json, pool, &v, err) ? -1 : pb_from_value(&v, pool, m, err);
}

#endif
