/* fuzz_msg: frames from a hostile peer. What is taken packs again to the same bytes, and can be
 * printed. */
#include <stdint.h>
#include <stdlib.h>

#include "msg/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Memory may grow with the frame, not with what the frame claims. */
static void check_memory(const struct pool *pool, size_t len)
{
	if (pool->used > 4096 + 64 * len)
		abort();
}

static void check_same(const struct msg *m, struct str frame)
{
	struct buf out;

	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ m->type, m->seq, m->seen_ns }, &m->body, &out);
	if (out.full || out.len != frame.len || memcmp(out.ptr, frame.ptr, frame.len))
		abort();
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct str frame = { (const char *)data, len };
	struct pool pool;
	struct buf line;
	struct err err;
	struct msg m;

	pool_init(&pool);
	(void)msg_hello_protocol(frame);
	if (msg_unpack(frame, &pool, &m, &err) == 0) {
		check_same(&m, frame);
		buf_init(&line, BUF_MAX_MESSAGE * 2);
		msg_print(&m, &line);
		buf_clear(&line);
	}
	check_memory(&pool, len);
	pool_clear(&pool);
	return 0;
}
