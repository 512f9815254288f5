/* test_wire: the wire form: canonical out, strict and bounded in. */
#include "rig.h"

#define ROUTE &pomerium__config__route__descriptor

/* JSON that comes back after packing and unpacking. */
static const struct {
	pb_type *type;
	const char *json;
} trips[] = {
	{ ROUTE, "{}" },
	{ ROUTE, "{\"description\":\"\",\"from\":\"https://"
		 "a\",\"pass_identity_headers\":false,\"to\":[\"b\",\"\"]}" },
	{ ROUTE,
	  "{\"load_balancing_weights\":[0,1,300,4294967295],\"regex_priority_order\":\"-1\"}" },
	{ ROUTE, "{\"healthy_panic_threshold\":-2,\"mcp\":{\"client\":{}},\"redirect\":{\"port_"
		 "redirect\":0}}" },
	{ ROUTE, "{\"bearer_token_format\":99,\"timeout\":\"-1.500s\"}" },
	{ ROUTE, "{\"allowed_idp_claims\":{\"\":[],\"g\":[1.5,null,\"x\",true,[[]],{\"k\":{}}]}}" },
	{ &pomerium__config__settings__descriptor,
	  "{\"otel_traces_sampler_arg\":0.25,\"runtime_flags\":{\"a\":false,\"b\":true}}" },
	{ &pomerium__config__settings__certificate__descriptor,
	  "{\"cert_bytes\":\"AP8=\",\"id\":\"x\"}" },
};

static void test_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trips) / sizeof(trips[0]); i++) {
		struct pool pool;
		struct err err;
		struct str bytes;
		ProtobufCMessage *m;

		pool_init(&pool);
		bytes = rig_packed(rig_message(trips[i].type, trips[i].json, &pool), &pool);
		m = pb_unpack(trips[i].type, bytes, &pool, &err);
		if (m == NULL)
			fail_msg("%s: %s", trips[i].json, err.text);
		assert_string_equal(rig_json(m, &pool), trips[i].json);
		assert_true(str_eq(rig_packed(m, &pool), bytes));
		pool_clear(&pool);
	}
}

/* Equal configurations are equal bytes, however they were made. */
static void test_canonical(void **state)
{
	static const char *const keys[] = { "z", "a", "m", "a" };
	static const char want[] = "\xb2\x01\x06\x0a\x01"
				   "a\x12\x01"
				   "3\xb2\x01\x06\x0a\x01"
				   "m\x12\x01"
				   "2\xb2\x01\x06\x0a\x01"
				   "z\x12\x01"
				   "0";
	Pomerium__Config__Route *route;
	struct pool pool;
	(void)state;

	pool_init(&pool);
	route = PB_NEW(&pool, pomerium__config__route);
	PB_SET_TEXT(route, from, STR(""));
	PB_SET(route, allow_spdy, 0);
	for (size_t i = 0; i < 4; i++) {
		Pomerium__Config__Route__SetRequestHeadersEntry *entry =
			PB_NEW(&pool, pomerium__config__route__set_request_headers_entry);

		PB_SET_TEXT(entry, key, str_from(keys[i]));
		PB_SET_TEXT(entry, value, pool_printf(&pool, "%zu", i));
		PB_PUSH(&pool, route, set_request_headers, entry);
	}
	assert_true(
		str_eq(rig_packed(&route->base, &pool), (struct str){ want, sizeof(want) - 1 }));
	pool_clear(&pool);
}

static const struct {
	struct str bytes;
	const char *json; /* or "!" and a part of the sentence */
} reads[] = {
	{ { "\x12\x01"
	    "a\x12\x01"
	    "b",
	    6 },
	  "{\"from\":\"b\"}" },
	{ { "\x62\x02\x08\x05\x62\x02\x10\x07", 8 }, "{\"timeout\":\"5.000000007s\"}" },
	{ { "\xad\x02\x01\x02\x03\x04", 6 }, "{}" }, /* another wire type: skipped */
	{ { "\xa8\x02\x07\xaa\x02\x02\x08\x09", 8 }, "{\"load_balancing_weights\":[7,8,9]}" },
	{ { "\xb2\x01\x03\x0a\x01k", 6 }, "{\"set_request_headers\":{\"k\":\"\"}}" },
	{ { "\xb2\x01\x00", 3 }, "{\"set_request_headers\":{\"\":\"\"}}" },
	{ { "\xc2\x04\x02\x0a\x00\xc2\x04\x02\x12\x00", 10 }, "{\"mcp\":{\"client\":{}}}" },
	{ { "\xba\x3e\x03\x61\x62\x63", 6 }, "{}" }, /* field 999 */
	{ { "\xbb\x3e\x08\x01\xbc\x3e", 6 }, "{}" }, /* field 999, a group */
	{ { "\xbb\x3e\xbb\x3e\xbc\x3e\xbc\x3e", 8 }, "{}" },
	{ { "\xbb\x3e\x08\x01\xc4\x3e", 6 }, "!cut or malformed" }, /* ends another group */
	{ { "\xbb\x3e\x08\x01", 4 }, "!cut or malformed" },
	{ { "\xbc\x3e", 2 }, "!cut or malformed" },
	{ { "\x12\x02"
	    "a",
	    3 },
	  "!at its field from: its length passes the end" },
	{ { "\x12\x01\xff", 3 }, "!at its field from: the text is not valid UTF-8" },
	{ { "\x12\x03\xed\xa0\x80", 5 }, "!not valid UTF-8" },
	{ { "\x12", 1 }, "!its length" },
	{ { "\x80", 1 }, "!a field number is cut" },
	{ { "\x00\x00", 2 }, "!a field number is out of range" },
	{ { "\x80\x80\x80\x80\x10\x00", 6 }, "!out of range" },
	{ { "\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
	  "{\"allow_public_unauthenticated_access\":true}" },
	{ { "\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11 }, "!cut or too long" },
	{ { "\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, "!cut or too long" },
};

static void test_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct err err = { "" };
		struct pool pool;
		ProtobufCMessage *m;
		const char *got;

		pool_init(&pool);
		m = pb_unpack(ROUTE, reads[i].bytes, &pool, &err);
		got = m == NULL ? err.text : rig_json(m, &pool);
		if (reads[i].json[0] == '!' ? m != NULL || strstr(got, reads[i].json + 1) == NULL
					    : m == NULL || strcmp(got, reads[i].json) != 0)
			fail_msg("read %zu gave %s, not %s", i, got, reads[i].json);
		pool_clear(&pool);
	}
}

/* google.protobuf.Value lists in lists, each two bytes and a length. */
static void test_depth(void **state)
{
	struct pool pool;
	struct err err;
	struct buf bytes, inner;
	(void)state;

	pool_init(&pool);
	buf_init(&bytes, BUF_MAX_TEXT);
	buf_init(&inner, BUF_MAX_TEXT);
	buf_str(&bytes, STR("\x08\x00"));
	for (int i = 0; i < 400; i++) {
		Google__Protobuf__Any *sized = PB_NEW(&pool, google__protobuf__any);

		buf_reset(&inner);
		buf_str(&inner, buf_view(&bytes));
		PB_SET_TEXT(sized, value, pool_str(&pool, buf_view(&inner)));
		buf_reset(&bytes);
		pb_pack(&sized->base, &bytes);
		bytes.ptr[0] =
			i % 2 ? 0x32 : 0x0a; /* list_value of a Value, values of a ListValue */
	}
	assert_null(pb_unpack(&google__protobuf__value__descriptor, buf_view(&bytes), &pool, &err));
	assert_non_null(strstr(err.text, "nested too deeply"));
	buf_clear(&inner);
	buf_clear(&bytes);
	pool_clear(&pool);
}

/* Two bytes on the wire are thousands in memory: the second million of routes is refused. */
static void test_memory(void **state)
{
	const size_t n = 1u << 20;
	char *bytes = malloc(2 * n);
	struct pool pool;
	struct err err;
	(void)state;

	for (size_t i = 0; i < n; i++)
		memcpy(bytes + 2 * i, "\x12\x00", 2);
	pool_init(&pool);
	assert_null(pb_unpack(&pomerium__config__config__descriptor, (struct str){ bytes, 2 * n },
			      &pool, &err));
	assert_non_null(strstr(err.text, "too many empty messages"));
	assert_true(pool.used < 300u << 20);
	pool_clear(&pool);
	free(bytes);
}

/* Pieces in any order make the bytes of the whole; absent: they share a field. */
static struct str merged(const char *const *json, size_t n, struct pool *pool)
{
	struct str pieces[8], out = STR_NONE;
	struct buf bytes;

	for (size_t i = 0; i < n; i++)
		pieces[i] = rig_packed(rig_message(ROUTE, json[i], pool), pool);
	buf_init(&bytes, BUF_MAX_TEXT);
	if (pb_merge(pieces, n, &bytes))
		out = pool_bytes(pool, bytes.len ? bytes.ptr : "", bytes.len);
	else
		assert_int_equal(bytes.len, 0);
	buf_clear(&bytes);
	return out;
}

static void test_merge(void **state)
{
	static const char *const pieces[] = {
		"{\"set_request_headers\":{\"b\":\"1\",\"a\":\"\"},\"timeout\":\"3s\"}",
		"{}",
		"{\"to\":[\"http://b\",\"http://a\"],\"load_balancing_weights\":[1,300]}",
		"{\"from\":\"https://a\",\"prefix\":\"/\",\"id\":\"x\",\"name\":\"n\"}",
	};
	static const char whole[] =
		"{\"set_request_headers\":{\"b\":\"1\",\"a\":\"\"},\"timeout\":\"3s\",\"to\":["
		"\"http://b\",\"http://a\"],\"load_balancing_weights\":[1,300],\"from\":\"https://"
		"a\",\"prefix\":\"/\",\"id\":\"x\",\"name\":\"n\"}";
	static const char *const shared[] = { "{\"to\":[\"http://b\"]}", "{\"name\":\"n\"}",
					      "{\"to\":[\"http://a\"]}" };
	struct pool pool;
	struct str bytes;
	struct buf out;

	(void)state;
	pool_init(&pool);
	bytes = rig_packed(rig_message(ROUTE, whole, &pool), &pool);
	assert_true(str_eq(merged(pieces, 4, &pool), bytes));
	assert_null(merged(shared, 3, &pool).ptr);
	assert_non_null(merged(shared, 2, &pool).ptr);
	buf_init(&out, BUF_MAX_TEXT);
	assert_true(pb_merge(&bytes, 1, &out)); /* what is in order stays as it is */
	assert_true(str_eq(buf_view(&out), bytes));
	for (size_t len = 1; len < bytes.len; len++) {
		const struct str cut = pool_bytes(&pool, bytes.ptr, len);

		buf_reset(&out);
		assert_true(!pb_merge(&cut, 1, &out) || str_eq(buf_view(&out), cut));
	}
	buf_clear(&out);
	pool_clear(&pool);
}

/* Each of them another field. */
static void test_merge_of_very_many_fields(void **state)
{
	struct buf piece, out;
	struct str bytes;

	(void)state;
	buf_init(&piece, BUF_MAX_TEXT);
	buf_init(&out, BUF_MAX_TEXT);
	for (unsigned i = 0; i < 1000; i++) {
		buf_putc(&piece, (char)(i % 2 ? 0x08 : 0x10));
		buf_putc(&piece, 1);
	}
	bytes = buf_view(&piece);
	assert_false(pb_merge(&bytes, 1, &out));
	assert_int_equal(out.len, 0);
	buf_clear(&piece);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trips),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_of_very_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
