/* test_json_print: messages made by hand as canonical protobuf-JSON. */
#include "rig.h"

static void test_order_and_presence(void **state)
{
	Pomerium__Config__Route *route;
	struct pool pool;
	(void)state;

	pool_init(&pool);
	route = PB_NEW(&pool, pomerium__config__route);
	assert_string_equal(rig_json(&route->base, &pool), "{}");
	PB_SET_TEXT(route, from, STR("https://a.example.com"));
	PB_SET_TEXT(route, prefix, STR(""));
	PB_SET_TEXT(route, description, STR(""));
	PB_SET(route, allow_spdy, 0);
	PB_SET(route, pass_identity_headers, 0);
	PB_SET(route, regex_priority_order, -5);
	PB_SET(route, load_balancing_policy, 5);
	PB_PUSH(&pool, route, to, pb_bytes(STR("http://b")));
	route->redirect = PB_NEW(&pool, pomerium__config__route_redirect);
	assert_string_equal(rig_json(&route->base, &pool),
			    "{\"description\":\"\",\"from\":\"https://a.example.com\","
			    "\"load_balancing_policy\":\"LOAD_BALANCING_POLICY_LEAST_REQUEST\","
			    "\"pass_identity_headers\":false,\"redirect\":{},"
			    "\"regex_priority_order\":\"-5\",\"to\":[\"http://b\"]}");
	pool_clear(&pool);
}

static void test_indent(void **state)
{
	struct pool pool;
	struct buf out;
	ProtobufCMessage *m;
	(void)state;

	pool_init(&pool);
	buf_init(&out, 1000);
	m = rig_message(
		&pomerium__config__config__descriptor,
		"{\"routes\":[{\"to\":[\"a\",\"b\"],\"mcp\":{\"client\":{}}}],\"settings\":{}}",
		&pool);
	pb_to_json(m, 2, &out);
	assert_string_equal(
		out.ptr,
		"{\n  \"routes\": [\n    {\n      \"mcp\": {\n        \"client\": {}\n"
		"      },\n      \"to\": [\n        \"a\",\n        \"b\"\n      ]\n    }\n"
		"  ],\n  \"settings\": {}\n}");
	buf_clear(&out);
	pool_clear(&pool);
}

/* What parsing never makes, but a wire or a hand may. */
static void test_oddities(void **state)
{
	Pomerium__Config__Route *route;
	Pomerium__Config__Route__AllowedIdpClaimsEntry *claim;
	Pomerium__Config__Settings *settings;
	Google__Protobuf__Value *value;
	Databroker__Record *record;
	struct pool pool;
	(void)state;

	pool_init(&pool);
	route = PB_NEW(&pool, pomerium__config__route);
	claim = PB_NEW(&pool, pomerium__config__route__allowed_idp_claims_entry);
	PB_PUSH(&pool, route, allowed_idp_claims, claim);
	route->timeout = PB_NEW(&pool, google__protobuf__duration);
	PB_SET(route, bearer_token_format, (Pomerium__Config__BearerTokenFormat)77);
	assert_string_equal(
		rig_json(&route->base, &pool),
		"{\"allowed_idp_claims\":{\"\":[]},\"bearer_token_format\":77,\"timeout\":\"0s\"}");
	settings = PB_NEW(&pool, pomerium__config__settings);
	PB_SET(settings, otel_traces_sampler_arg, (double)1e300 * 1e300);
	assert_string_equal(rig_json(&settings->base, &pool),
			    "{\"otel_traces_sampler_arg\":\"Infinity\"}");
	value = PB_NEW(&pool, google__protobuf__value);
	assert_string_equal(rig_json(&value->base, &pool), "null");
	record = PB_NEW(&pool, databroker__record);
	record->data = PB_NEW(&pool, google__protobuf__any);
	assert_string_equal(rig_json(&record->base, &pool), "{\"data\":{}}");
	PB_SET_TEXT(record->data, type_url, STR("type.googleapis.com/pomerium.config.Config"));
	PB_SET_TEXT(record->data, value, STR("\x01"));
	assert_string_equal(rig_json(&record->base, &pool),
			    "{\"data\":{\"@type\":\"type.googleapis.com/"
			    "pomerium.config.Config\",\"value\":\"AQ==\"}}");
	pool_clear(&pool);
}

/* An Any in an Any in an Any: printed to a depth, then as bytes. */
static void test_nested_any(void **state)
{
	struct pool pool;
	struct str bytes = STR("");
	Google__Protobuf__Any *any = NULL;
	(void)state;

	pool_init(&pool);
	for (int i = 0; i < 2000; i++) {
		any = PB_NEW(&pool, google__protobuf__any);
		PB_SET_TEXT(any, type_url, STR("x/google.protobuf.Any"));
		PB_SET_TEXT(any, value, bytes);
		bytes = rig_packed(&any->base, &pool);
	}
	assert_non_null(strstr(rig_json(&any->base, &pool), "\"value\":\""));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_presence),
		cmocka_unit_test(test_indent),
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_nested_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
