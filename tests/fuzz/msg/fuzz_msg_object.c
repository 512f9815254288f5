/* fuzz_msg_object: manifests from a hostile tenant: YAML to an object, over the wire, and the same
 * again. */
#include <stdint.h>
#include <stdlib.h>

#include "msg/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void pass_on(enum msg_type type, const void *body, struct pool *pool)
{
	struct buf out, again;
	struct msg m;

	buf_init(&out, BUF_MAX_MESSAGE);
	buf_init(&again, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ type, 1, 0 }, body, &out);
	if (out.full || msg_unpack(buf_view(&out), pool, &m, NULL) < 0)
		abort(); /* what the watcher takes, the resolver takes */
	msg_pack(&(struct msg_head){ type, 1, 0 }, &m.body, &again);
	if (out.len != again.len || memcmp(out.ptr, again.ptr, out.len))
		abort();
	buf_clear(&out);
	buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct msg_secret_value secret;
	struct msg_object object;
	struct pool pool;
	struct value doc;
	struct err err;

	pool_init(&pool);
	if (yaml_parse((struct str){ (const char *)data, len }, &pool, &doc, &err) == 0) {
		if (msg_object_from_value(&doc, &pool, &object, &err) == 0 &&
		    object.key.kind != MSG_KIND_NONE)
			pass_on(MSG_OBJECT_PUT, &object, &pool);
		if (msg_secret_from_value(&doc, &pool, &secret, &err) == 0)
			pass_on(MSG_SECRET_VALUE, &secret, &pool);
	}
	pool_clear(&pool);
	return 0;
}
