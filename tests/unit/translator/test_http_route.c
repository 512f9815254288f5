/* test_http_route: what the rules of an HTTPRoute become, and what is said of those that cannot be. */
#include "trip.h"

#define KIND_HTTP_ROUTE "11"

#define HEAD                                                                                 \
	"owner: {kind: " KIND_HTTP_ROUTE ", namespace: shop, name: web}\n"                   \
	"stamp: {epoch: 7, number: 9}\n"                                                     \
	"gateways:\n"                                                                        \
	"- metadata: {namespace: shop, name: front}\n"                                       \
	"  spec:\n"                                                                          \
	"    gatewayClassName: ours\n"                                                       \
	"    listeners:\n"                                                                   \
	"    - {name: a, port: 443, protocol: HTTPS, hostname: '*.example.com'}\n"           \
	"    - {name: b, port: 8443, protocol: HTTPS, hostname: app.example.com}\n"          \
	"services:\n"                                                                        \
	"- {namespace: shop, name: app, spec: {ports: [{port: 80}]}}\n"                      \
	"- {namespace: shop, name: two, spec: {ports: [{port: 80, appProtocol: "             \
	"kubernetes.io/h2c}]}}\n"                                                            \
	"- {namespace: shop, name: ws, spec: {ports: [{port: 80, appProtocol: "              \
	"kubernetes.io/ws}]}}\n"                                                             \
	"policy_filters:\n"                                                                  \
	"- {metadata: {namespace: shop, name: all}, spec: {ppl: 'allow: {and: [{accept: "    \
	"true}]}'}}\n"                                                                       \
	"- {metadata: {namespace: ops, name: default}, spec: {ppl: 'allow: {and: [{reject: " \
	"true}]}'}}\n"
#define ROUTE(parent)                                               \
	"http_route:\n"                                             \
	"  metadata: {namespace: shop, name: web, generation: 3}\n" \
	"  spec:\n"                                                 \
	"    parentRefs: [{name: front" parent "}]\n"               \
	"    hostnames: [app.example.com]\n"                        \
	"    rules:\n"

struct rule_case {
	const char *rule; /* of spec.rules, with the backend app */
	const char *expected;
};

#define BACKEND ", backendRefs: [{name: app, port: 80}]}\n"

static void run(const struct rule_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf yaml;

		buf_init(&yaml, BUF_MAX_TEXT);
		buf_printf(&yaml, HEAD ROUTE("") "    - {%s" BACKEND, cases[i].rule);
		trip_expect(buf_view(&yaml).ptr, cases[i].expected);
		buf_clear(&yaml);
	}
}
#define RUN(cases) run(cases, sizeof(cases) / sizeof((cases)[0]))

#define PREFIX "matches: [{path: {type: PathPrefix, value: /shop}}], "
#define REQUEST(what) \
	PREFIX "filters: [{type: RequestHeaderModifier, requestHeaderModifier: " what "}]"
#define RESPONSE(what) \
	PREFIX "filters: [{type: ResponseHeaderModifier, responseHeaderModifier: " what "}]"
#define REDIRECT(what) "filters: [{type: RequestRedirect, requestRedirect: " what "}]"
#define REWRITE(what) "filters: [{type: URLRewrite, urlRewrite: " what "}]"
#define TO_PREFIX(r) "{path: {type: ReplacePrefixMatch, replacePrefixMatch: " r "}}"

static void test_headers(void **state)
{
	static const struct rule_case cases[] = {
		/* nobody reads a token out of a template */
		{ REQUEST("{set: [{name: X, value: '${pomerium.jwt}'}]}"),
		  "\"X\":\"$${pomerium.jwt}\"" },
		{ REQUEST("{set: [{name: X, value: a}, {name: x, value: b}]}"),
		  "\"set_request_headers\":{\"X\":\"a\"}" },
		{ REQUEST("{add: [{name: X, value: a}, {name: X, value: $b}]}"),
		  "\"X\":\"${pomerium.request.headers[\\\"X\\\"]},a,$$b\"" },
		{ REQUEST("{set: [{name: X, value: a}], add: [{name: x, value: b}]}"),
		  "{\"X\":\"a,b\"}" },
		{ REQUEST("{set: [{name: 'X\"]', value: a}]}"), "\"body\":\"invalid filter\"" },
		{ REQUEST("{set: [{name: X, value: \"a\\r\\nb\"}]}"),
		  "\"body\":\"invalid filter\"" },
		{ RESPONSE("{set: [{name: X, value: 5%}]}"),
		  "\"set_response_headers\":{\"X\":\"5%%\"}" },
		{ RESPONSE("{add: [{name: X, value: a}]}"),
		  "Dropped Rule 1: responseHeaderModifier has add" },
		{ RESPONSE("{remove: [X]}"), "\"reason\":\"UnsupportedValue\"" },
	};

	(void)state;
	RUN(cases);
}

static void test_paths(void **state)
{
	static const struct rule_case cases[] = {
		{ PREFIX REDIRECT(TO_PREFIX("/new/")), "\"prefix_rewrite\":\"/new\"" },
		{ REDIRECT(TO_PREFIX("/new")), "\"prefix_rewrite\":\"/new/\"" },
		{ PREFIX REDIRECT(TO_PREFIX("/")),
		  "Dropped Rule 1, match 1: a redirect cannot take a prefix" },
		{ PREFIX REDIRECT("{statusCode: 418}"), "!\"from\"" },
		{ PREFIX REDIRECT("{path: {type: Other}}"), "\"body\":\"invalid filter\"" },
		{ PREFIX REWRITE("{hostname: in.example.com}"), "!preserve_host_header" },
		{ PREFIX REWRITE("{path: {type: ReplaceFullPath, replaceFullPath: '/a\\b'}}"),
		  "\"regex_rewrite_pattern\":\"^/.*$\",\"regex_rewrite_substitution\":\"/"
		  "a\\\\\\\\b\"" },
		{ PREFIX REWRITE(TO_PREFIX("/in")),
		  "\"regex_rewrite_pattern\":\"^/shop(/.*)?$\",\"regex_rewrite_substitution\":\"/"
		  "in\\\\1\"" },
		{ PREFIX REWRITE(TO_PREFIX("/")), "\"regex_rewrite_pattern\":\"^/shop/?(.*)$\"" },
		{ "matches: [{path: {type: PathPrefix, value: /a.b}}], " REWRITE(TO_PREFIX("/in")),
		  "^/a\\\\.b(/.*)?$" },
		{ "matches: [{path: {type: Exact, value: /a}}], " REWRITE(TO_PREFIX("/in")),
		  "Dropped Rule 1, match 1: ReplacePrefixMatch needs" },
		{ "matches: [{path: {type: RegularExpression, value: '['}}]",
		  "\"status\":\"False\",\"type\":\"Accepted\"" },
		{ "matches: [{path: {type: RegularExpression, value: '['}}]", "!\"regex\"" },
		{ "matches: [{path: {type: Exact, value: /a}}, {method: GET}]",
		  "\"type\":\"PartiallyInvalid\"" },
		{ "name: mine, matches: [{queryParams: [{name: a, value: b}]}]",
		  "Dropped Rule 1 (mine), match 1: " },
		{ "filters: [{type: RequestRedirect, requestRedirect: {port: 1}}, {type: "
		  "URLRewrite, urlRewrite: {hostname: a}}]",
		  "\"reason\":\"IncompatibleFilters\"" },
	};

	(void)state;
	RUN(cases);
}

static void test_a_broken_rule_does_not_redirect(void **state)
{
	static const struct rule_case cases[] = {
		{ "filters: [{type: RequestRedirect, requestRedirect: {port: 1}}, {type: CORS}]",
		  "!\"redirect\"" },
		{ "filters: [{type: RequestRedirect, requestRedirect: {port: 1}}, {type: CORS}]",
		  "\"status\":500" },
		{ "retry: {attempts: 2}", "retry is not supported" },
		{ "sessionPersistence: {type: Cookie}", "\"status\":500" },
	};

	(void)state;
	RUN(cases);
}

static void test_timeouts(void **state)
{
	static const struct rule_case cases[] = {
		{ "timeouts: {request: 10s, backendRequest: 1m}", "\"timeout\":\"10s\"" },
		{ "timeouts: {request: 0s, backendRequest: 1h2m3s4ms}",
		  "\"timeout\":\"3723.004s\"" },
		{ "timeouts: {request: 0s}", "\"timeout\":\"0s\"" },
		{ "timeouts: {}", "!\"timeout\"" },
		{ "timeouts: {request: 1.5s}", "\"body\":\"invalid filter\"" },
		{ "timeouts: {request: 100000s}", "\"body\":\"invalid filter\"" },
	};

	(void)state;
	RUN(cases);
}

static void test_backends(void **state)
{
	(void)state;
	trip_expect(HEAD ROUTE("") "    - {backendRefs: [{name: two, port: 80}]}\n",
		    "\"h2c://two.shop.svc.cluster.local:80\"");
	trip_expect(HEAD ROUTE("") "    - {backendRefs: [{name: ws, port: 80}]}\n",
		    "\"allow_websockets\":true");
	trip_expect(
		HEAD ROUTE(
			"") "    - {backendRefs: [{name: app, port: 80}, {name: two, port: 80}]}\n",
		"different values of appProtocol");
	trip_expect(HEAD ROUTE("") "    - {backendRefs: [{name: app}]}\n",
		    "invalid refs (BackendNotFound): app");
	trip_expect(HEAD ROUTE("") "    - {}\n",
		    "\"body\":\"no backend specified\",\"status\":404");
	trip_expect(HEAD ROUTE("") "    - {backendRefs: [{name: app, port: 80, namespace: ops}]}\n",
		    "invalid refs (RefNotPermitted): app");
	trip_expect(HEAD ROUTE("") "    - {backendRefs: [{name: app, port: 80, filters: [{type: "
				   "CORS}]}]}\n",
		    "backendRef filters are not supported");
}

static void test_parents(void **state)
{
	(void)state;
	trip_expect(HEAD ROUTE(", port: 8443") "    - {}\n",
		    "\"parentRef\":{\"name\":\"front\",\"port\":8443}");
	trip_expect(HEAD ROUTE(", port: 444") "    - {}\n", "\"reason\":\"NoMatchingParent\"");
	trip_expect(HEAD ROUTE(", sectionName: a, port: 8443") "    - {}\n",
		    "\"reason\":\"NoMatchingParent\"");
	trip_expect(HEAD ROUTE(", namespace: other") "    - {}\n", "{\"parents\":[]}");
	trip_expect(HEAD ROUTE(", kind: Service") "    - {}\n", "{\"parents\":[]}");
}

static void test_the_policy_of_the_class(void **state)
{
	(void)state;
	trip_expect(HEAD "gateway_classes: [{metadata: {name: ours}, spec: {parametersRef: {group: "
			 "gateway.pomerium.io, "
			 "kind: PolicyFilter, namespace: ops, name: default}}}]\n" ROUTE(
				 "") "    - {}\n",
		    "reject: true");
	trip_expect(HEAD "gateway_classes: [{metadata: {name: ours}, spec: {parametersRef: {group: "
			 "gateway.pomerium.io, "
			 "kind: PolicyFilter, namespace: ops, name: default}}}]\n" ROUTE(
				 "") "    - {filters: [{type: ExtensionRef, extensionRef: {group: "
				     "gateway.pomerium.io, kind: PolicyFilter, "
				     "name: all}}]}\n",
		    "!reject: true");
}

static void test_path_elements(void **state)
{
	static const struct rule_case cases[] = {
		{ PREFIX "name: x", "\"path\":\"/shop\"" },
		{ PREFIX "name: x", "\"prefix\":\"/shop/\"" },
		{ "matches: [{path: {type: PathPrefix, value: /}}]", "\"prefix\":\"/\"" },
		{ "matches: [{path: {type: PathPrefix, value: /}}]", "!\"path\":" },
		{ PREFIX REDIRECT(TO_PREFIX("/new")), "\"prefix_rewrite\":\"/new\"" },
		{ PREFIX REDIRECT(TO_PREFIX("/new")), "\"prefix_rewrite\":\"/new/\"" },
		{ PREFIX REDIRECT(TO_PREFIX("/")), "\"prefix_rewrite\":\"/\"" },
	};

	(void)state;
	trip_path_elements = true;
	RUN(cases);
	trip_path_elements = false;
}

static void test_too_many_routes(void **state)
{
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, HEAD ROUTE("") "    - matches:\n");
	for (int i = 0; i < 10001; i++)
		buf_puts(&yaml, "      - {}\n");
	trip_expect(buf_view(&yaml).ptr, "error: more than 10000");
	buf_clear(&yaml);
}

/* Few lines that would be very much: a policy, or endpoints, times matches. */
static void test_too_much(void **state)
{
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml,
		 HEAD "- {metadata: {namespace: shop, name: big}, spec: {ppl: 'allow: {or: [");
	for (int i = 0; i < 1000; i++)
		buf_printf(&yaml, "{email: {is: user-%d@example.com}}, ", i);
	buf_puts(&yaml, "]}'}}\n" ROUTE("") "    - filters: [{type: ExtensionRef, extensionRef: "
					    "{group: gateway.pomerium.io, kind: PolicyFilter, "
					    "name: big}}]\n      matches:\n");
	for (int i = 0; i < 1000; i++)
		buf_puts(&yaml, "      - {}\n");
	trip_expect(buf_view(&yaml).ptr, "error: its 1000 routes with 1000 upstreams would need");
	buf_reset(&yaml);
	buf_puts(&yaml, HEAD ROUTE("") "    - matches:\n");
	for (int i = 0; i < 300; i++)
		buf_printf(&yaml,
			   "      - {path: {type: RegularExpression, value: '/%d(a|b){300}'}}\n",
			   i);
	trip_expect(buf_view(&yaml).ptr, "error: the regular expressions of its 300 routes need");
	buf_clear(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_a_broken_rule_does_not_redirect),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_the_policy_of_the_class),
		cmocka_unit_test(test_path_elements),
		cmocka_unit_test(test_too_many_routes),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
