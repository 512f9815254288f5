/* fuzz_pb_wire: bytes to a Config; what decodes packs to the same bytes again and again, and
 * prints. */
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ProtobufCMessage *m, struct pool *pool)
{
	ProtobufCMessage *back;
	struct buf one, two;
	struct err err;

	buf_init(&one, BUF_MAX_FILE);
	buf_init(&two, BUF_MAX_FILE);
	pb_pack(m, &one);
	back = pb_unpack(m->descriptor, buf_view(&one), pool, &err);
	if (back == NULL)
		__builtin_trap();
	pb_pack(back, &two);
	if (!str_eq(buf_view(&one), buf_view(&two)))
		__builtin_trap();
	buf_reset(&two);
	pb_to_json(m, 0, &two);
	buf_reset(&two);
	pb_to_pomerium_yaml(m, &two, &err);
	buf_clear(&one);
	buf_clear(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ProtobufCMessage *m;
	struct pool pool;
	struct err err;

	pool_init(&pool);
	m = pb_unpack(&pomerium__config__config__descriptor,
		      (struct str){ (const char *)data, size }, &pool, &err);
	if (m != NULL)
		check(m, &pool);
	pool_clear(&pool);
	return 0;
}
