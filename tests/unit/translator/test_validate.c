/* test_validate: what Pomerium or Envoy refuses, and that docs/validation.md lists each rule. */
#include "trip.h"

#include "rules/rules.h"
#include "translator/validate/validate.h"

struct rule_case {
	const char *annotation, *value, *expected;
};

#define TEN_LETTERS_OFTEN "(\\pL{10}){100}"
#define FIVE_TIMES \
	TEN_LETTERS_OFTEN TEN_LETTERS_OFTEN TEN_LETTERS_OFTEN TEN_LETTERS_OFTEN TEN_LETTERS_OFTEN
#define MANY_LETTERS FIVE_TIMES FIVE_TIMES TEN_LETTERS_OFTEN

static void test_rules(void **state)
{
	static const struct rule_case cases[] = {
		{ "timeout", "-1s",
		  "error: annotation ingress.pomerium.io/timeout: a duration may not be negative" },
		{ "timeout", "-1ns", "error: may not be negative" },
		{ "timeout", "0s", "\"timeout\":\"0s\"" },
		{ "idle_timeout", "-5m", "error: idle_timeout: a duration may not be negative" },
		{ "healthy_panic_threshold", "100", "\"healthy_panic_threshold\":100" },
		{ "healthy_panic_threshold", "101", "error: between 0 and 100, got 101" },
		{ "healthy_panic_threshold", "-1", "error: between 0 and 100, got -1" },
		{ "depends_on", "[a, b, c, d, e]", "\"depends_on\"" },
		{ "depends_on", "[a, b, c, d, e, f]", "error: may name 5 hosts, but names 6" },
		{ "depends_on", "[a, 'https://b/c']", "\"depends_on\"" },
		{ "depends_on", "[a, b/c]",
		  "error: depends_on: item 2: should be a host or a URL with a scheme" },
		{ "bearer_token_format", "BEARER_TOKEN_FORMAT_JWT",
		  "error: needs identity_providers" },
		{ "regex_rewrite_pattern", "a(b",
		  "error: \"a(b\" is not a regular expression of RE2" },
		{ "regex_rewrite_pattern", "a(b)", "\"regex_rewrite_pattern\":\"a(b)\"" },
		{ "regex_rewrite_substitution", "/\\\\1", "\"regex_rewrite_substitution\"" },
		{ "regex_rewrite_substitution", "/\\\\x", "\"regex_rewrite_substitution\"" },
		{ "regex_rewrite_substitution", "/\\x", "error: backslash without a digit" },
		{ "host_path_regex_rewrite_pattern", "^/(?=x)",
		  "error: is not a regular expression of RE2" },
		{ "host_rewrite", "\"a\\nb\"",
		  "error: holds a NUL, a carriage return or a line feed" },
		{ "host_rewrite_header", "\"\"", "\"host_rewrite_header\":\"\"" },
		{ "host_rewrite_header", "\"a\\0\"", "error: host_rewrite_header: " },
		{ "prefix_rewrite", "\"/\\r\"", "error: prefix_rewrite: " },
		{ "set_request_headers", "{X-A: \"a\\nb\"}",
		  "error: header \"X-A\": \"a\\nb\" holds" },
		{ "set_request_headers", "{\"X\\nA\": a}",
		  "error: the header name \"X\\nA\" holds" },
		{ "set_request_headers", "{\"\": a}", "error: a header should have a name" },
		{ "set_request_headers", "{Host: a, \"X-Gr\\u00f6\\u00dfe\": b}",
		  "\"Host\":\"a\"" },
		{ "set_response_headers", "{Host: a}",
		  "error: the header \"Host\" cannot be changed here" },
		{ "set_response_headers", "{X: 100%}", "error: write %% for one" },
		{ "set_response_headers", "{X: '100%%', Y: '%REQ(x?y):10%', Z: '%START_TIME%'}",
		  "\"set_response_headers\"" },
		{ "set_response_headers", "{X: '%(%'}", "error: write %% for one" },
		{ "set_response_headers", "{X: '%REQ(x'}", "error: write %% for one" },
		{ "set_response_headers", "{X: '%UNKNOWN%'}",
		  "error: the command %UNKNOWN%: Envoy knows none of this name" },
		{ "set_response_headers", "{X: '%REQ%'}", "error: %REQ%: it wants an argument" },
		{ "set_response_headers", "{X: '%PROTOCOL(x)%'}", "error: it takes no argument" },
		{ "set_response_headers", "{X: '%PROTOCOL:5%'}", "error: it takes no length" },
		{ "set_response_headers", "{X: '%REQ(a?b?c)%'}", "error: the name of a header" },
		{ "set_response_headers", "{X: '%START_TIME(%n)%'}", "error: without %n" },
		{ "set_response_headers", "{X: '20%20'}", "error: write %% for one" },
		{ "set_response_headers", "{X: '%CEL(x)%'}", "error: %CEL%: it reads what" },
		{ "set_response_headers", "{X: '%ENVIRONMENT(HOME)%'}", "error: it reads what" },
		{ "set_response_headers", "{X: '%REQ(Cookie)%'}", "error: it reads credentials" },
		{ "set_response_headers", "{X: '%REQ(x?authorization)%'}",
		  "error: it reads credentials" },
		{ "set_response_headers", "{X: '%REQ(X-Pomerium-Jwt-Assertion)%'}",
		  "error: it reads credentials" },
		{ "allow_upgrades", "[WebSocket]", "error: should be written websocket" },
		{ "allow_upgrades", "[foo, websocket, Foo]", "error: item 3: \"foo\" and \"Foo\"" },
		{ "allow_upgrades", "[websocket, foo, foo, CONNECT]", "\"allow_upgrades\"" },
		{ "regex_rewrite_pattern", "'\\x{100}'", "error: above \\xFF" },
		{ "regex_rewrite_pattern", "'[a-\\x{100}]'", "error: above \\xFF" },
		{ "regex_rewrite_pattern", "'\\400'", "error: above \\xFF" },
		{ "regex_rewrite_pattern", "'\\x{ff}\\377\\Q\\x{100}\\E'", "\"regex_rewrite" },
		{ "regex_rewrite_pattern", "'\\pL{1000}'", "\"regex_rewrite_pattern\"" },
		{ "regex_rewrite_pattern", "'(?:[abcdefgh]{40}){25}(?:a{25}[bc]{15}){25}'",
		  "\"regex_rewrite_pattern\"" },
		{ "regex_rewrite_pattern", "'" MANY_LETTERS "'", "error: is too large for Envoy" },
		{ "regex_rewrite_pattern", "'[--[:]" MANY_LETTERS "[a:]'",
		  "error: is too large for Envoy" },
		{ "regex_rewrite_pattern", "'[[:a]" MANY_LETTERS "'",
		  "error: is too large for Envoy" },
		{ "timeout", "9223372036s", "error: less than 292 years" },
		{ "idle_timeout", "8760h", "\"idle_timeout\"" },
		{ "outlier_detection", "{max_ejection_time: 10s}",
		  "error: should not be less than base_ejection_time" },
		{ "outlier_detection", "{max_ejection_time: 10s, base_ejection_time: 10s}",
		  "\"outlier_detection\"" },
		{ "outlier_detection", "{max_ejection_time: 40s, base_ejection_time: 41s}",
		  "error: should not be less than base_ejection_time" },
		{ "outlier_detection", "{base_ejection_time: 400s}", "\"outlier_detection\"" },
		{ "remove_request_headers", "[':path']",
		  "error: item 1: the header \":path\" cannot be changed here" },
		{ "remove_request_headers", "['']", "error: a header should have a name" },
		{ "rewrite_response_headers", "[{header: \"a\\0\", value: x}]",
		  "error: rewrite_response_headers" },
		{ "allow_any_authenticated_user", "true", "\"allow_any_authenticated_user\":true" },
		{ "least_request_lb_config", "{choice_count: 1}",
		  "error: least_request_lb_config: should be at least 2, got 1" },
		{ "ring_hash_lb_config", "{minimum_ring_size: 8388609}",
		  "error: ring_hash_lb_config: should be at most" },
		{ "maglev_lb_config", "{table_size: 65537}", "\"table_size\":\"65537\"" },
		{ "tls_server_name", "a.example.com", "\"tls_server_name\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "ingress.pomerium.io/%s", cases[i].annotation);
		trip_annotation(name, cases[i].value, "", cases[i].expected);
	}
}

static void test_health(void **state)
{
	static const char *const cases[][2] = {
		{ "[{timeout: 1s, interval: 1s, tcp_health_check: {}}]", "\"health_checks\"" },
		{ "[{}]", "\"health_checks\":[{}]" },
		{ "[{timeout: 1s, interval: 1s, tcp_health_check: {}}, {timeout: 0s, interval: 1s, "
		  "tcp_health_check: {}}]",
		  "error: item 2: the duration should be longer than 0s" },
		{ "[{timeout: 1s, interval: 1s, no_traffic_interval: 0s, tcp_health_check: {}}]",
		  "error: longer than 0s" },
		{ "[{timeout: 1s, interval: 1s, alt_port: 70000, tcp_health_check: {}}]",
		  "error: between 0 and 65535, got 70000" },
		{ "[{timeout: 1s, interval: 1s, http_health_check: {}}]",
		  "error: path should be given" },
		{ "[{timeout: 1s, interval: 1s, http_health_check: {path: /, expected_statuses: "
		  "[{start: 200, end: 200}]}}]",
		  "error: within 100 and 600" },
		{ "[{timeout: 1s, interval: 1s, http_health_check: {path: /, expected_statuses: "
		  "[{start: 200, end: 201}]}}]",
		  "\"expected_statuses\"" },
		{ "[{timeout: 1s, interval: 1s, tcp_health_check: {send: {text: zz}}}]",
		  "error: bytes in hexadecimal" },
		{ "[{timeout: 1s, interval: 1s, tcp_health_check: {receive: [{text: aa}, {text: "
		  "a}]}}]",
		  "error: item 2: the text should be bytes in hexadecimal" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		trip_annotation("ingress.pomerium.io/health_checks", cases[i][0], "", cases[i][1]);
	trip_annotation("ingress.pomerium.io/outlier_detection", "{max_ejection_percent: 101}", "",
			"error: outlier_detection: max_ejection_percent: a percentage should be "
			"between 0 and 100, got 101");
	trip_annotation("ingress.pomerium.io/outlier_detection", "{interval: 0s}", "",
			"error: longer than 0s");
}

#define WITH(annotations) TRIP_HEAD "    annotations: {" annotations "}\n" TRIP_RULE TRIP_SERVICE

static void test_together(void **state)
{
	struct trip trip;

	(void)state;
	trip_expect(WITH("ingress.pomerium.io/allow_public_unauthenticated_access: 'true', "
			 "ingress.pomerium.io/allow_any_authenticated_user: 'true'"),
		    "error: cannot both be true");
	trip_expect(WITH("ingress.pomerium.io/prefix_rewrite: /a, "
			 "ingress.pomerium.io/regex_rewrite_pattern: b"),
		    "error: prefix_rewrite and regex_rewrite_pattern cannot both be given");
	trip_start(&trip, WITH("ingress.pomerium.io/allow_public_unauthenticated_access: 'true', "
			       "ingress.pomerium.io/allowed_users: '[a]'"));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.diagnostics.n, 1);
	assert_non_null(strstr(trip.config.diagnostics.items[0].sentence.ptr, "has no effect"));
	trip_end(&trip);
	trip_start(&trip, WITH("ingress.pomerium.io/host_rewrite: a, "
			       "ingress.pomerium.io/preserve_host_header: 'true'"));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.diagnostics.n, 1);
	trip_end(&trip);
}

static void test_missing(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(
		&trip,
		WITH("ingress.pomerium.io/health_checks: '[{timeout: 1s, healthy_threshold: 1}]'"));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.diagnostics.n, 3);
	assert_non_null(strstr(trip.config.diagnostics.items[0].sentence.ptr, "interval"));
	assert_non_null(
		strstr(trip.config.diagnostics.items[1].sentence.ptr, "unhealthy_threshold"));
	assert_non_null(
		strstr(trip.config.diagnostics.items[2].sentence.ptr, "one of http_health_check"));
	trip_end(&trip);
}

/* Each row has a rule, and the page says which fields that rule reads. */
static void test_table(void **state)
{
	char path[128];

	(void)state;
	for (const struct validate_rule *row = translator_validate_rules; row->path; row++) {
		const struct rule *rule = rules_find(row->code);

		assert_non_null(rule);
		(void)snprintf(path, sizeof(path), "`%s`", row->path);
		if (*row->path && !strstr(rule->value, path))
			fail_msg("rule SLU%u should name %s", row->code, path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),    cmocka_unit_test(test_health),
		cmocka_unit_test(test_together), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
