/* test_annotations: what each annotation makes of a route. */
#include "trip.h"

struct annotation_case {
	const char *name, *value, *expected;
};

static void run(const struct annotation_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "ingress.pomerium.io/%s", cases[i].name);
		trip_annotation(name, cases[i].value, "", cases[i].expected);
	}
}
#define RUN(cases) run(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_fields(void **state)
{
	static const struct annotation_case cases[] = {
		{ "timeout", "1m30s", "\"timeout\":\"90s\"" },
		{ "timeout", "30",
		  "error: annotation ingress.pomerium.io/timeout: timeout must be a duration" },
		{ "allow_websockets", "True", "\"allow_websockets\":true" },
		{ "allow_websockets", "yes",
		  "error: allow_websockets must be true or false, not the string \"yes\"" },
		{ "pass_identity_headers", "false", "\"pass_identity_headers\":false" },
		{ "description", "a # b", "\"description\":\"a\"" },
		{ "description", "'", "error: annotation ingress.pomerium.io/description" },
		{ "set_request_headers", "{X-A: 1, X-B: null}",
		  "\"set_request_headers\":{\"X-A\":\"1\",\"X-B\":\"<nil>\"}" },
		{ "set_request_headers", "{X-A: {b: [1, 2.50]}}", "\"X-A\":\"map[b:[1 2.5]]\"" },
		{ "name", "Shop front", "\"name\":\"Shop front\"" },
		{ "name", "\"\"", "\"name\":\"shop-web-app-example-com\"" },
		{ "allowed_users", "[a@b.c]", "\"policies\":[{\"allowed_users\":[\"a@b.c\"]}]" },
		{ "allowed_users", "a@b.c", "error: allowed_users must be a list" },
		{ "policy", "allow: {and: [{accept: true}]}",
		  "\"source_ppl\":\"allow: {and: [{accept: true}]}\"" },
		{ "policy", "allow: {maybe: []}",
		  "error: annotation ingress.pomerium.io/policy: " },
		{ "upstream_tunnel", "false", "\"upstream_tunnel\":{}" },
		{ "upstream_tunnel_ssh_policy", "nonsense", "error: upstream_tunnel_ssh_policy" },
		{ "health_checks",
		  "[{timeout: 1s, interval: 1s, tcp_health_check: {}, unknown: 1}]",
		  "error: unknown field \"unknown\"" },
	};

	(void)state;
	RUN(cases);
}

static void test_short_forms(void **state)
{
	static const struct annotation_case cases[] = {
		{ "load_balancing_policy", "ring_hash", "LOAD_BALANCING_POLICY_RING_HASH" },
		{ "load_balancing_policy", "Load_Balancing_Policy_Maglev",
		  "LOAD_BALANCING_POLICY_MAGLEV" },
		{ "load_balancing_policy", "\"\"", "LOAD_BALANCING_POLICY_UNSPECIFIED" },
		{ "load_balancing_policy", "best", "error: load_balancing_policy must be one of" },
		{ "lb_policy", "LEAST_REQUEST",
		  "\"load_balancing_policy\":\"LOAD_BALANCING_POLICY_LEAST_REQUEST\"" },
		{ "bearer_token_format", "idp_access_token",
		  "BEARER_TOKEN_FORMAT_IDP_ACCESS_TOKEN" },
		{ "bearer_token_format", "\"\"", "BEARER_TOKEN_FORMAT_UNKNOWN" },
		{ "bearer_token_format", "unknown", "error: bearer_token_format" },
		{ "bearer_token_format", "Default", "error: bearer_token_format" },
		{ "allow_upgrades", "[websocket]",
		  "\"allow_upgrades\":{\"values\":[\"websocket\"]}" },
		{ "idp_access_token_allowed_audiences", "[]",
		  "\"idp_access_token_allowed_audiences\":{}" },
	};

	(void)state;
	RUN(cases);
}

static void test_names(void **state)
{
	static const struct annotation_case cases[] = {
		{ "tiemout", "1s", "error: did you mean ingress.pomerium.io/timeout?" },
		{ "Timeout", "1s", "error: did you mean ingress.pomerium.io/timeout?" },
		{ "set-request-headers", "{}",
		  "error: did you mean ingress.pomerium.io/set_request_headers?" },
		{ "quite_something_else_here", "",
		  "error: \"ingress.pomerium.io/quite_something_else_here\" is unknown" },
		{ "", "", "error: is unknown" },
		{ "allowed_groups", "[]", "error: no longer supported" },
	};

	(void)state;
	RUN(cases);
	trip_annotation("ingress.pomerium.io.example.com/timeout", "no duration", "", "!timeout");
	trip_annotation("ingress.pomerium.io", "no slash", "", "\"id\"");
	trip_annotation("example.com/timeout", "no duration", "", "!timeout");
}

static void test_both_policies(void **state)
{
	(void)state;
	trip_expect(TRIP_HEAD
		    "    annotations: {ingress.pomerium.io/lb_policy: random, "
		    "ingress.pomerium.io/load_balancing_policy: random}\n" TRIP_RULE TRIP_SERVICE,
		    "error: mean the same");
}

static void test_cluster(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(&trip, TRIP_HEAD
		   "    annotations: {ingress.pomerium.io/lb_policy: ring_hash, "
		   "ingress.pomerium.io/ring_hash_lb_config: '{minimum_ring_size: 64}'}\n" TRIP_RULE
			   TRIP_SERVICE);
	assert_int_equal(trip.rc, 0);
	assert_non_null(
		strstr(trip_json(&trip),
		       "\"envoy_opts\":{\"lb_policy\":\"RING_HASH\",\"ring_hash_lb_config\":"
		       "{\"minimum_ring_size\":\"64\"}}"));
	assert_int_equal(trip.config.diagnostics.n, 1);
	assert_non_null(
		strstr(trip.config.diagnostics.items[0].sentence.ptr, "ring_hash_lb_config"));
	trip_end(&trip);
}

static void test_mcp(void **state)
{
	static const struct annotation_case cases[] = {
		{ "mcp_client", "", "\"mcp\":{\"client\":{}}" },
		{ "mcp_client", "true", "\"mcp\":{\"client\":{}}" },
		{ "mcp_client", "https://mcp.example.com", "\"mcp\":{\"client\":{}}" },
		{ "mcp_client", "http://mcp.example.com",
		  "error: mcp_client: should be true, empty or an https URL" },
		{ "mcp_server", "true", "\"mcp\":{\"server\":{}}" },
		{ "mcp_server", "True",
		  "error: mcp_server: should be true or empty, got \"True\"" },
		{ "mcp_server_path", "/api", "\"server\":{\"path\":\"/api\"}" },
		{ "mcp_server_max_request_bytes", "4294967295",
		  "\"max_request_bytes\":4294967295" },
		{ "mcp_server_max_request_bytes", "4294967296", "error: up to 4294967295" },
		{ "mcp_server_max_request_bytes", "-1", "error: should be a number of bytes" },
		{ "mcp_server_upstream_oauth2_scopes", " a , b,", "\"scopes\":[\"a\",\"b\",\"\"]" },
		{ "mcp_server_upstream_oauth2_token_url", "https://t",
		  "\"oauth2_endpoint\":{\"token_url\":\"https://t\"}" },
		{ "mcp_server_upstream_oauth2_auth_style", "in_header",
		  "OAUTH2_AUTH_STYLE_IN_HEADER" },
		{ "mcp_server_upstream_oauth2_auth_style", "other",
		  "error: in_params or in_header" },
		{ "mcp_server_upstream_oauth2_authorization_url_params",
		  "{a: 0x1F, b: 1e3, c: null, d: 2020-01-01}",
		  "{\"a\":\"0x1F\",\"b\":\"1e3\",\"c\":\"\",\"d\":\"2020-01-01\"}" },
		{ "mcp_server_upstream_oauth2_authorization_url_params", "{a: [1]}",
		  "error: should be a map of texts" },
		{ "mcp_server_authorization_server_url", "http://as.example.com",
		  "error: mcp_server_authorization_server_url: should be an https URL" },
	};

	(void)state;
	RUN(cases);
	trip_expect(TRIP_HEAD "    annotations: {ingress.pomerium.io/mcp_client: '', "
			      "ingress.pomerium.io/mcp_server_path: ''}\n" TRIP_RULE TRIP_SERVICE,
		    "error: either a server or a client");
}

#define SOLVER TRIP_HEAD "    labels: {acme.cert-manager.io/http01-solver: '%s'}\n"
#define CHALLENGE(path, type)                                                                 \
	"{path: " path ", pathType: " type ", backend: {service: {name: app, port: {number: " \
	"80}}}}"
#define TOKEN "/.well-known/acme-challenge/a-B_9"

static void expect_solver(const char *label, const char *paths, bool is_one)
{
	struct buf yaml;

	buf_init(&yaml, BUF_MAX_TEXT);
	buf_printf(&yaml, SOLVER, label);
	buf_puts(&yaml,
		 "    annotations: {ingress.pomerium.io/timeout: 7s}\n"
		 "  spec:\n    rules:\n    - host: app.example.com\n      http:\n        paths: [");
	buf_puts(&yaml, paths);
	buf_puts(&yaml, "]\n" TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, is_one ? "\"allow_public_unauthenticated_access\":true"
						: "!allow_public_unauthenticated_access");
	trip_expect(buf_view(&yaml).ptr,
		    is_one ? "\"preserve_host_header\":true" : "!preserve_host_header");
	trip_expect(buf_view(&yaml).ptr, is_one ? "!policies" : "\"policies\"");
	trip_expect(buf_view(&yaml).ptr, is_one ? "!timeout" : "\"timeout\":\"7s\"");
	buf_clear(&yaml);
}

/* By label and shape: what is public needs both. */
static void test_solver(void **state)
{
	(void)state;
	expect_solver("True", CHALLENGE(TOKEN, "ImplementationSpecific"), true);
	expect_solver("true", CHALLENGE(TOKEN, "Exact") ", " CHALLENGE(TOKEN "b", "Exact"), true);
	expect_solver("false", CHALLENGE(TOKEN, "Exact"), false);
	expect_solver("true", CHALLENGE(TOKEN, "Prefix"), false);
	expect_solver("true", CHALLENGE("/", "Exact"), false);
	expect_solver("true", CHALLENGE("/.well-known/acme-challenge/", "Exact"), false);
	expect_solver("true", CHALLENGE(TOKEN "/x", "Exact"), false);
	expect_solver("true", CHALLENGE(TOKEN, "Exact") ", " CHALLENGE("/x", "Exact"), false);
}

static void test_flags(void **state)
{
	static const char *const good[] = { "true", "True", "TRUE" };
	static const char *const none[] = { "false", "False", "FALSE", "", "null", "~" };
	static const char *const bad[] = { "yes", "on", "1", "tRue", "'true'", "[true]", "t" };
	static const char name[] = "ingress.pomerium.io/secure_upstream";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		trip_annotation(name, good[i], "", "\"to\":[\"https://");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		trip_annotation(name, none[i], "", "\"to\":[\"http://");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		trip_annotation(name, bad[i], "", "error: should be true or false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),  cmocka_unit_test(test_short_forms),
		cmocka_unit_test(test_names),   cmocka_unit_test(test_both_policies),
		cmocka_unit_test(test_cluster), cmocka_unit_test(test_mcp),
		cmocka_unit_test(test_solver),  cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
