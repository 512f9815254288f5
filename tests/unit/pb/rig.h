/* rig: what the tests of common/pb share: messages from JSON, and back. */
#ifndef TESTS_PB_RIG_H
#define TESTS_PB_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "pb/databroker.pb-c.h"
#include "pb/envoy.pb-c.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "tests/lib/pb_from_json.h"

/* A message from JSON that is known to be good. */
static inline ProtobufCMessage *rig_message(pb_type *type, const char *json, struct pool *pool)
{
	ProtobufCMessage *m = pb_new(pool, type);
	struct err err;

	if (pb_from_json(str_from(json), pool, m, &err) < 0)
		fail_msg("%s: %s", json, err.text);
	return m;
}

static inline const char *rig_json(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf json;
	struct str text;

	buf_init(&json, BUF_MAX_TEXT);
	pb_to_json(m, 0, &json);
	assert_false(json.full);
	text = pool_str(pool, buf_view(&json));
	buf_clear(&json);
	return text.ptr;
}

static inline struct str rig_packed(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf bytes;
	struct str copy;

	buf_init(&bytes, BUF_MAX_TEXT);
	pb_pack(m, &bytes);
	copy = pool_bytes(pool, bytes.len > 0 ? bytes.ptr : "", bytes.len);
	buf_clear(&bytes);
	return copy;
}

#endif
