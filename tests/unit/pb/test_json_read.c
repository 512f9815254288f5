/* test_json_read: what protojson accepts and refuses, from JSON and from the YAML of
 * annotations. */
#include "rig.h"

struct fit {
	pb_type *type;
	const char *in;
	const char *out; /* JSON, or "!" and a part of the sentence */
};

static void check(const struct fit *fit, int rc, const ProtobufCMessage *m, const struct err *err,
		  struct pool *pool)
{
	const char *got = rc < 0 ? err->text : rig_json(m, pool);

	if (fit->out[0] == '!' ? rc == 0 || strstr(got, fit->out + 1) == NULL
			       : rc < 0 || strcmp(got, fit->out) != 0)
		fail_msg("%s\ngave %s\nnot  %s", fit->in, got, fit->out);
}

#define ROUTE &pomerium__config__route__descriptor
#define HEALTH &pomerium__config__health_check__descriptor
#define BREAKER &pomerium__config__circuit_breaker_thresholds__descriptor
#define SETTINGS &pomerium__config__settings__descriptor
#define CERT &pomerium__config__settings__certificate__descriptor
#define STRUCT &google__protobuf__struct__descriptor

static const struct fit json_fits[] = {
	/* names */
	{ BREAKER, "{\"maxConnections\":12}", "{\"max_connections\":12}" },
	{ BREAKER, "{\"max_connections\":12}", "{\"max_connections\":12}" },
	{ BREAKER, "{\"max_connections\":1,\"maxConnections\":2}", "!given already" },
	{ BREAKER, "{\"MaxConnections\":1}",
	  "!unknown field \"MaxConnections\": there may be max_conn" },
	{ BREAKER, "{\"max_connections\":null,\"maxConnections\":2}", "!given already" },
	{ BREAKER, "[]", "!the value must be a map, not a list" },
	{ &pomerium__config__outlier_detection__descriptor, "{\"consecutive5xx\":3}",
	  "{\"consecutive_5xx\":3}" },
	/* whole numbers */
	{ BREAKER, "{\"max_connections\":64.0}", "{\"max_connections\":64}" },
	{ BREAKER, "{\"max_connections\":6.4e1}", "{\"max_connections\":64}" },
	{ BREAKER, "{\"max_connections\":\"64\"}", "{\"max_connections\":64}" },
	{ BREAKER, "{\"max_connections\":\"6.4e1\"}", "{\"max_connections\":64}" },
	{ BREAKER, "{\"max_connections\":\" 64\"}", "!from 0 to 4294967295" },
	{ BREAKER, "{\"max_connections\":\"64%\"}", "!not the string \"64%\"" },
	{ BREAKER, "{\"max_connections\":\"064\"}", "!from 0 to 4294967295" },
	{ BREAKER, "{\"max_connections\":\"\"}", "!from 0 to 4294967295" },
	{ BREAKER, "{\"max_connections\":1.5}", "!max_connections must be a whole number from 0" },
	{ BREAKER, "{\"max_connections\":-1}", "!not the integer \"-1\"" },
	{ BREAKER, "{\"max_connections\":4294967295}", "{\"max_connections\":4294967295}" },
	{ BREAKER, "{\"max_connections\":4294967296}", "!not the integer \"4294967296\"" },
	{ BREAKER, "{\"max_connections\":1e400}", "!" },
	{ BREAKER, "{\"max_connections\":true}", "!not the boolean" },
	{ ROUTE, "{\"healthyPanicThreshold\":-2147483648}",
	  "{\"healthy_panic_threshold\":-2147483648}" },
	{ ROUTE, "{\"healthyPanicThreshold\":2147483648}", "!from -2147483648 to 2147483647" },
	{ ROUTE, "{\"regex_priority_order\":\"-9223372036854775808\"}",
	  "{\"regex_priority_order\":\"-9223372036854775808\"}" },
	{ ROUTE, "{\"regex_priority_order\":9223372036854775808}", "!64 bits" },
	{ ROUTE, "{\"loadBalancingWeights\":[1,\"2\",3e0]}",
	  "{\"load_balancing_weights\":[1,2,3]}" },
	/* other scalars */
	{ ROUTE, "{\"allow_spdy\":\"true\"}",
	  "!allow_spdy must be true or false, not the string \"true\"" },
	{ ROUTE, "{\"allow_spdy\":1}", "!true or false, not the integer" },
	{ ROUTE, "{\"allow_spdy\":false,\"pass_identity_headers\":false}",
	  "{\"pass_identity_headers\":false}" },
	{ ROUTE, "{\"name\":7}",
	  "!name must be a string (put it in quotes), not the integer \"7\"" },
	{ ROUTE, "{\"name\":\"a\\u0000b\",\"from\":\"\"}", "{\"name\":\"a\\u0000b\"}" },
	{ SETTINGS, "{\"otel_traces_sampler_arg\":\"0.25\"}",
	  "{\"otel_traces_sampler_arg\":0.25}" },
	{ SETTINGS, "{\"otel_traces_sampler_arg\":\"-Infinity\"}",
	  "{\"otel_traces_sampler_arg\":\"-Infinity\"}" },
	{ SETTINGS, "{\"otel_traces_sampler_arg\":\"inf\"}", "!must be a number" },
	{ CERT, "{\"cert_bytes\":\"+/8=\"}", "{\"cert_bytes\":\"+/8=\"}" },
	{ CERT, "{\"cert_bytes\":\"-_8\"}", "{\"cert_bytes\":\"+/8=\"}" },
	{ CERT, "{\"cert_bytes\":\"-/8=\"}", "!must be base64" },
	{ CERT, "{\"cert_bytes\":\"aGVs\\nbG8=\"}", "{\"cert_bytes\":\"aGVsbG8=\"}" },
	{ CERT, "{\"cert_bytes\":\"a\"}", "!must be base64" },
	{ CERT, "{\"cert_bytes\":4}", "!a string of base64" },
	/* enums */
	{ ROUTE, "{\"bearer_token_format\":\"BEARER_TOKEN_FORMAT_JWT\"}",
	  "{\"bearer_token_format\":\"BEARER_TOKEN_FORMAT_JWT\"}" },
	{ ROUTE, "{\"bearer_token_format\":4}",
	  "{\"bearer_token_format\":\"BEARER_TOKEN_FORMAT_JWT\"}" },
	{ ROUTE, "{\"bearer_token_format\":99}", "{\"bearer_token_format\":99}" },
	{ ROUTE, "{\"bearer_token_format\":2.0}",
	  "{\"bearer_token_format\":\"BEARER_TOKEN_FORMAT_IDP_ACCESS_TOKEN\"}" },
	{ ROUTE, "{\"bearer_token_format\":\"2\"}",
	  "!must be one of BEARER_TOKEN_FORMAT_UNKNOWN, " },
	{ ROUTE, "{\"bearer_token_format\":4294967296}", "!must be one of" },
	/* null */
	{ ROUTE, "{\"name\":null,\"timeout\":null,\"to\":null,\"set_request_headers\":null}",
	  "{}" },
	{ ROUTE, "{\"to\":[null]}", "!to[0] must be a string" },
	{ ROUTE, "{\"policies\":[null]}", "!policies[0] must be a map, not null" },
	{ ROUTE, "{\"set_request_headers\":{\"a\":null}}",
	  "!set_request_headers[\"a\"] must be a string" },
	/* lists and maps */
	{ ROUTE, "{\"to\":\"a\"}", "!to must be a list, not the string \"a\"" },
	{ ROUTE, "{\"set_request_headers\":[]}", "!set_request_headers must be a map, not a list" },
	{ ROUTE, "{\"set_request_headers\":{\"b\":\"2\",\"a\":\"1\"}}",
	  "{\"set_request_headers\":{\"a\":\"1\",\"b\":\"2\"}}" },
	{ ROUTE, "{\"set_request_headers\":{\"a\":1}}",
	  "!set_request_headers[\"a\"] must be a string" },
	{ SETTINGS, "{\"runtime_flags\":{\"a\":true,\"b\":false}}",
	  "{\"runtime_flags\":{\"a\":true,\"b\":false}}" },
	{ ROUTE, "{\"policies\":[{\"rego\":[\"x\"],\"sourcePpl\":\"y\"},{}]}",
	  "{\"policies\":[{\"rego\":[\"x\"],\"source_ppl\":\"y\"},{}]}" },
	{ ROUTE, "{\"policies\":[{\"allow\":1}]}",
	  "!unknown field \"allow\" in policies[0]: there may be" },
	/* oneofs */
	{ ROUTE, "{\"mcp\":{\"server\":{},\"client\":{}}}",
	  "!mcp.client is given, but of the same group server" },
	{ ROUTE, "{\"mcp\":{\"server\":null,\"client\":{}}}", "{\"mcp\":{\"client\":{}}}" },
	{ ROUTE, "{\"mcp\":{\"client\":{\"x\":1}}}",
	  "!unknown field \"x\" in mcp.client: there are no fields" },
	/* messages with a form of their own */
	{ ROUTE, "{\"timeout\":\"1.5s\"}", "{\"timeout\":\"1.500s\"}" },
	{ ROUTE, "{\"timeout\":\"1m\"}", "!timeout must be a duration in seconds" },
	{ ROUTE, "{\"timeout\":30}", "!not the integer \"30\"" },
	{ ROUTE, "{\"timeout\":{\"seconds\":5}}", "!not a map" },
	{ HEALTH, "{\"reuse_connection\":false,\"alt_port\":\"8080\",\"timeout\":\"0s\"}",
	  "{\"alt_port\":8080,\"reuse_connection\":false,\"timeout\":\"0s\"}" },
	{ HEALTH, "{\"alt_port\":-1}", "!alt_port must be a whole number from 0" },
	{ ROUTE, "{\"created_at\":\"2024-02-29T12:00:00.5+02:00\"}",
	  "{\"created_at\":\"2024-02-29T10:00:00.500Z\"}" },
	{ ROUTE, "{\"created_at\":\"yesterday\"}", "!a time such as 2006-01-02T15:04:05Z" },
	{ STRUCT, "{\"b\":[1,\"x\",null,{\"k\":1.5}],\"a\":true}",
	  "{\"a\":true,\"b\":[1,\"x\",null,{\"k\":1.5}]}" },
	{ STRUCT, "{\"n\":9007199254740993,\"u\":18446744073709551615}",
	  "{\"n\":9007199254740992,\"u\":18446744073709552000}" },
	{ STRUCT, "7", "!the value must be a map, not the integer \"7\"" },
	{ ROUTE, "{\"allowed_idp_claims\":{\"g\":\"a\"}}",
	  "!allowed_idp_claims[\"g\"] must be a list" },
	{ &google__protobuf__field_mask__descriptor, "\"fooBar,baz.quxQuux\"",
	  "\"fooBar,baz.quxQuux\"" },
	{ &google__protobuf__field_mask__descriptor, "\"foo_bar\"",
	  "!names of fields in camelCase" },
	{ &google__protobuf__value__descriptor, "null", "null" },
	{ &google__protobuf__bool_value__descriptor, "true", "true" },
	{ &databroker__record__descriptor,
	  "{\"data\":{\"@type\":\"type.googleapis.com/pomerium.config.Config\",\"name\":\"n\"}}",
	  "{\"data\":{\"@type\":\"type.googleapis.com/pomerium.config.Config\",\"name\":\"n\"}}" },
	{ &databroker__record__descriptor,
	  "{\"data\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"3s\"}}",
	  "{\"data\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"3s\"}}" },
	{ &databroker__record__descriptor, "{\"data\":{\"@type\":\"x/none\"}}",
	  "!@type names a known message" },
	{ &databroker__typed_options__descriptor, "{\"typeURL\":\"u\"}", "{\"typeURL\":\"u\"}" },
	/* envoy's part of older Pomerium */
	{ ROUTE,
	  "{\"envoy_opts\":{\"lb_policy\":\"MAGLEV\",\"maglev_lb_config\":{\"table_size\":"
	  "\"65537\"}}}",
	  "{\"envoy_opts\":{\"lb_policy\":\"MAGLEV\",\"maglev_lb_config\":{\"table_size\":"
	  "\"65537\"}}}" },
	/* no JSON at all */
	{ ROUTE, "{", "!" },
	{ ROUTE, "", "!" },
};

static void test_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(json_fits) / sizeof(json_fits[0]); i++) {
		struct err err = { "" };
		struct pool pool;
		ProtobufCMessage *m;
		int rc;

		pool_init(&pool);
		m = pb_new(&pool, json_fits[i].type);
		rc = pb_from_json(str_from(json_fits[i].in), &pool, m, &err);
		check(&json_fits[i], rc, m, &err, &pool);
		pool_clear(&pool);
	}
}

/* An annotation's name and its text; fields of Route. */
static const struct {
	const char *field;
	struct fit fit;
} annotation_fits[] = {
	{ "timeout", { ROUTE, "1h30m15s", "{\"timeout\":\"5415s\"}" } },
	{ "timeout", { ROUTE, "\"0\"", "{\"timeout\":\"0s\"}" } },
	{ "timeout", { ROUTE, "0.000000001s", "{\"timeout\":\"0.000000001s\"}" } },
	{ "timeout", { ROUTE, "315576000000s", "{\"timeout\":\"315576000000s\"}" } },
	{ "timeout",
	  { ROUTE, "0", "!timeout must be a duration such as 30s or 1h30m, not the integer" } },
	{ "timeout", { ROUTE, "", "{}" } },
	{ "timeout", { ROUTE, "2d", "!not the string \"2d\"" } },
	{ "health_checks",
	  { ROUTE, "[{timeout: 1m, initial_jitter: 100ms}]",
	    "{\"health_checks\":[{\"initial_jitter\":\"0.100s\",\"timeout\":\"60s\"}]}" } },
	{ "health_checks",
	  { ROUTE, "[{initialJitter: 100ms}]", "!health_checks[0].initialJitter must be" } },
	{ "health_checks",
	  { ROUTE, "[{initialJitter: 1s}]", "{\"health_checks\":[{\"initial_jitter\":\"1s\"}]}" } },
	{ "health_checks", { ROUTE, "{timeout: 1s}", "!health_checks must be a list, not a map" } },
	{ "outlier_detection",
	  { ROUTE, "{consecutive_5xx: null, interval: 5m}",
	    "{\"outlier_detection\":{\"interval\":\"300s\"}}" } },
	{ "set_request_headers",
	  { ROUTE,
	    "{A: 7, B: 1.50, C: 1e3, D: true, E: ~, F: yes, G: 0x1f, H: [a, 1], I: {k: v, b: 2}}",
	    "{\"set_request_headers\":{\"A\":\"7\",\"B\":\"1.5\",\"C\":\"1000\",\"D\":\"true\","
	    "\"E\":\"<nil>\","
	    "\"F\":\"yes\",\"G\":\"31\",\"H\":\"[a 1]\",\"I\":\"map[b:2 k:v]\"}}" } },
	{ "set_request_headers",
	  { ROUTE, "{true: x}", "!the keys of set_request_headers must be strings" } },
	{ "set_request_headers",
	  { ROUTE, "{a: !!binary aGk=, b: !!binary /w==}",
	    "{\"set_request_headers\":{\"a\":\"hi\",\"b\":\"\xef\xbf\xbd\"}}" } },
	{ "description", { ROUTE, "2024-01-31", "{\"description\":\"2024-01-31T00:00:00Z\"}" } },
	{ "description", { ROUTE, "2024", "!description must be a string" } },
	{ "description", { ROUTE, "!!str 2024", "{\"description\":\"2024\"}" } },
	{ "allow_spdy", { ROUTE, "True", "{\"allow_spdy\":true}" } },
	{ "allow_spdy",
	  { ROUTE, "yes", "!allow_spdy must be true or false, not the string \"yes\"" } },
	{ "healthy_panic_threshold", { ROUTE, "5e1", "{\"healthy_panic_threshold\":50}" } },
	{ "healthy_panic_threshold", { ROUTE, ".inf", "!must be a whole number" } },
	{ "healthy_panic_threshold", { ROUTE, ".nan", "!must be a whole number" } },
	{ "allowed_idp_claims",
	  { ROUTE, "{since: [2020-01-01], id: [9007199254740993]}",
	    "{\"allowed_idp_claims\":{\"id\":[9007199254740992],\"since\":[\"2020-01-01T00:00:"
	    "00Z\"]}}" } },
	{ "allowed_idp_claims",
	  { ROUTE, "{a: [.inf]}", "!allowed_idp_claims[\"a\"][0] must be a number" } },
	{ "no_such_field", { ROUTE, "1", "!unknown field \"no_such_field\"" } },
	{ "allowSpdy", { ROUTE, "true", "!unknown field \"allowSpdy\"" } },
};

static void test_annotations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(annotation_fits) / sizeof(annotation_fits[0]); i++) {
		const struct fit *fit = &annotation_fits[i].fit;
		struct err err = { "" };
		struct pool pool;
		struct value v;
		ProtobufCMessage *m;
		int rc;

		pool_init(&pool);
		m = pb_new(&pool, fit->type);
		assert_int_equal(yaml_parse(str_from(fit->in), &pool, &v, &err), 0);
		rc = pb_field_from_value(&v, annotation_fits[i].field, &pool, m, &err);
		check(fit, rc, m, &err, &pool);
		pool_clear(&pool);
	}
}

/* What is there already: single fields and entries are replaced, lists and maps extended. */
static void test_merge(void **state)
{
	struct pool pool;
	struct err err;
	ProtobufCMessage *m;
	(void)state;

	pool_init(&pool);
	m = rig_message(ROUTE,
			"{\"to\":[\"a\"],\"set_request_headers\":{\"x\":\"1\",\"y\":\"1\"},"
			"\"timeout\":\"1.5s\","
			"\"mcp\":{\"client\":{}}}",
			&pool);
	assert_int_equal(
		pb_from_json(STR("{\"to\":[\"b\"],\"setRequestHeaders\":{\"y\":\"2\",\"a\":\"3\"},"
				 "\"timeout\":\"2s\",\"mcp\":{\"server\":{}}}"),
			     &pool, m, &err),
		0);
	assert_string_equal(rig_json(m, &pool), "{\"mcp\":{\"server\":{}},\"set_request_headers\":{"
						"\"a\":\"3\",\"x\":\"1\",\"y\":\"2\"},"
						"\"timeout\":\"2s\",\"to\":[\"a\",\"b\"]}");
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
