/* fuzz_pb_json: text to a Config, to JSON and back, to the wire and back, to config.yaml and our
 * YAML parser. */
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "tests/lib/pb_from_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
	if (!ok)
		__builtin_trap();
}

/* Two messages that print and pack alike; only minus zero may lose its sign on the way. */
static void check_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	struct buf one, two;

	buf_init(&one, BUF_MAX_FILE);
	buf_init(&two, BUF_MAX_FILE);
	pb_to_json(a, 0, &one);
	pb_to_json(b, 0, &two);
	require(one.full || two.full || str_eq(buf_view(&one), buf_view(&two)) ||
		strstr(one.ptr, "-0") != NULL);
	buf_clear(&one);
	buf_clear(&two);
}

static void check_json(const ProtobufCMessage *m, struct pool *pool)
{
	ProtobufCMessage *back = pb_new(pool, m->descriptor);
	struct buf json;
	struct err err;

	buf_init(&json, BUF_MAX_FILE);
	pb_to_json(m, 2, &json);
	require(json.full || pb_from_json(buf_view(&json), pool, back, &err) == 0);
	check_same(m, back);
	buf_clear(&json);
}

static void check_wire(const ProtobufCMessage *m, struct pool *pool)
{
	ProtobufCMessage *back;
	struct buf bytes;
	struct err err;

	buf_init(&bytes, BUF_MAX_FILE);
	pb_pack(m, &bytes);
	back = pb_unpack(m->descriptor, buf_view(&bytes), pool, &err);
	require(back != NULL);
	check_same(m, back);
	buf_clear(&bytes);
}

static void check_yaml(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf yaml;
	struct value v;
	struct err err;

	buf_init(&yaml, BUF_MAX_FILE);
	if (pb_to_pomerium_yaml(m, &yaml, &err) == 0)
		require(yaml_parse(buf_view(&yaml), pool, &v, &err) == 0);
	buf_clear(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	ProtobufCMessage *m;
	struct pool pool;
	struct value v;
	struct err err;

	pool_init(&pool);
	m = pb_new(&pool, &pomerium__config__config__descriptor);
	if (size > 0 && pb_from_json(text, &pool, m, &err) == 0) {
		check_json(m, &pool);
		check_wire(m, &pool);
		check_yaml(m, &pool);
	}
	m = pb_new(&pool, &pomerium__config__config__descriptor);
	if (size > 0 && yaml_parse(text, &pool, &v, &err) == 0) {
		pb_field_from_value(&v, "routes", &pool, m, &err);
		pb_field_from_value(&v, "settings", &pool, m, &err);
	}
	pool_clear(&pool);
	return 0;
}
