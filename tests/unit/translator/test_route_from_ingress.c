/* test_route_from_ingress: rules, paths, the default backend, ids and order. */
#include "trip.h"

#define PATHS(flags, paths)                                                        \
	TRIP_HEAD "    annotations: {" flags "}\n"                                 \
		  "  spec: {rules: [{host: app.example.com, http: {paths: [" paths \
		  "]}}]}\n" TRIP_SERVICE
#define TO "backend: {service: {name: app, port: {number: 80}}}"
#define NAMED "backend: {service: {name: app, port: {name: http}}}"

static void test_paths(void **state)
{
	(void)state;
	trip_expect(PATHS("", "{path: /a, pathType: Exact, " TO "}"), "\"path\":\"/a\"");
	trip_expect(PATHS("", "{path: /a, pathType: Prefix, " TO "}"), "\"prefix\":\"/a\"");
	trip_expect(PATHS("", "{path: ^/a, pathType: ImplementationSpecific, " TO "}"),
		    "\"prefix\":\"^/a\"");
	trip_expect(PATHS("ingress.pomerium.io/path_regex: 'TRUE'",
			  "{path: ^/a, pathType: ImplementationSpecific, " TO "}"),
		    "\"regex\":\"^/a\"");
	trip_expect(PATHS("ingress.pomerium.io/path_regex: 'true'",
			  "{path: ^(, pathType: ImplementationSpecific, " TO "}"),
		    "error: is not a regular expression of RE2");
	trip_expect(PATHS("", "{path: /a, " TO "}"), "error: pathType is missing");
	trip_expect(PATHS("", "{path: /a, pathType: Glob, " TO "}"), "error: got \"Glob\"");
	trip_expect(
		PATHS("", "{path: /a, pathType: Exact, backend: {resource: {kind: K, name: n}}}"),
		"error: resource backends are not supported");
	trip_expect(PATHS("", ""), "!routes");
}

static void test_twins(void **state)
{
	static const char both[] = PATHS("", "{path: /a, pathType: Prefix, " TO
					     "}, {path: /a, pathType: Exact, " TO "}");

	(void)state;
	trip_expect(both, "\\\"p\\\":\\\"/"
			  "a\\\",\\\"t\\\":\\\"Exact\\\"}\",\"name\":\"shop-web-app-example-com-"
			  "a\",\"path\"");
	trip_expect(
		both,
		"\\\"p\\\":\\\"/"
		"a\\\"}\",\"name\":\"shop-web-app-example-com-a\",\"policies\":[{}],\"prefix\"");
	trip_expect(PATHS("", "{path: /a, pathType: Prefix, " TO
			      "}, {path: /a, pathType: Prefix, " NAMED "}"),
		    "error: path \"/a\" of host \"app.example.com\" is listed twice");
	trip_expect(PATHS("", "{path: /a, pathType: Exact, " TO
			      "}, {path: /a, pathType: Prefix, " TO "}, "
			      "{path: /a, pathType: Exact, " TO "}"),
		    "error: is listed twice with path type \"Exact\"");
	trip_expect(PATHS("", "{path: /a, pathType: ImplementationSpecific, " TO
			      "}, {path: /a, pathType: Prefix, " TO "}"),
		    "error: is listed twice");
	trip_expect(PATHS("ingress.pomerium.io/tcp_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " TO
			  "}, {pathType: ImplementationSpecific, "
			  "backend: {service: {name: app, port: {number: 81}}}}"),
		    "error: a host can have one, whatever the port");
}

static void test_order(void **state)
{
	struct trip trip;
	const char *paths[] = { "\"path\":\"/b\"", "\"path\":\"/a\"", "\"prefix\":\"/c\"",
				"\"prefix\":\"/\"" };
	const char *at;

	(void)state;
	trip_start(&trip, PATHS("", "{path: /, pathType: Prefix, " TO
				    "}, {path: /a, pathType: Exact, " TO "}, "
				    "{path: /c, pathType: Prefix, " TO
				    "}, {path: /b, pathType: Exact, " TO "}"));
	at = trip_json(&trip);
	for (size_t i = 0; i < 4; i++) {
		at = strstr(at, paths[i]);
		assert_non_null(at);
	}
	trip_end(&trip);
}

static void test_hosts(void **state)
{
	(void)state;
	trip_expect(
		TRIP_HEAD "  spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, " TO
			  "}]}}]}\n" TRIP_SERVICE,
		"error: set the annotation ingress.pomerium.io/subtle_allow_empty_host to true");
	trip_expect(TRIP_HEAD
		    "    annotations: {ingress.pomerium.io/subtle_allow_empty_host: 'true'}\n"
		    "  spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, " TO
		    "}]}}]}\n" TRIP_SERVICE,
		    "\"from\":\"https://*\"");
	trip_expect(TRIP_HEAD "  spec: {rules: [{host: a.example.com}]}\n" TRIP_SERVICE,
		    "error: host \"a.example.com\" has no http");
	trip_expect(TRIP_HEAD
		    "  spec: {rules: [{host: 'a b', http: {paths: [{path: /, pathType: Prefix, " TO
		    "}]}}]}\n" TRIP_SERVICE,
		    "error: has a character that no host has");
	trip_expect(TRIP_HEAD
		    "  spec: {rules: [{host: 'a/b', http: {paths: [{path: /, pathType: Prefix, " TO
		    "}]}}]}\n" TRIP_SERVICE,
		    "error: a%2Fb");
	trip_expect(TRIP_HEAD "  spec: {rules: [{host: \"b\\u00fccher.example\", http: {paths: "
			      "[{path: /, pathType: Prefix, " TO "}]}}]}\n" TRIP_SERVICE,
		    "\"from\":\"https://b%C3%BCcher.example\"");
}

static void test_default_backend(void **state)
{
	(void)state;
	trip_expect(TRIP_HEAD "  spec: {tls: [{hosts: [d.example.com]}], defaultBackend: {service: "
			      "{name: app, port: {name: http}}}}\n" TRIP_SERVICE,
		    "\"from\":\"https://d.example.com\"");
	trip_expect(TRIP_HEAD "  spec: {defaultBackend: {service: {name: app, port: {name: "
			      "http}}}}\n" TRIP_SERVICE,
		    "error: spec.tls, which should have one entry, but has 0");
	trip_expect(TRIP_HEAD "  spec: {tls: [{hosts: [a, b]}], defaultBackend: {service: {name: "
			      "app, port: {name: http}}}}\n" TRIP_SERVICE,
		    "error: spec.tls[0].hosts, which should have one host, but has 2");
	trip_expect(TRIP_HEAD "  spec: {tls: [{hosts: [a]}], defaultBackend: {resource: {kind: K, "
			      "name: n}}}\n" TRIP_SERVICE,
		    "error: resource backends are not supported");
	trip_expect(TRIP_HEAD
		    "  spec: {tls: [{hosts: [app.example.com]}], defaultBackend: {service: {name: "
		    "app, port: {name: http}}}, "
		    "rules: [{host: app.example.com, http: {paths: [{path: /, pathType: Prefix, " TO
		    "}]}}]}\n" TRIP_SERVICE,
		    "error: is listed twice");
}

static void test_tunnels(void **state)
{
	(void)state;
	trip_expect(PATHS("ingress.pomerium.io/tcp_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " NAMED "}"),
		    "\"from\":\"tcp+https://app.example.com:80\"");
	trip_expect(PATHS("ingress.pomerium.io/udp_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " TO "}"),
		    "\"to\":[\"udp://10.0.0.1:8080\"]");
	trip_expect(PATHS("ingress.pomerium.io/ssh_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " TO "}"),
		    "\"from\":\"ssh://app.example.com\"");
	trip_expect(PATHS("ingress.pomerium.io/tcp_upstream: 'true'",
			  "{path: /, pathType: Prefix, " TO "}"),
		    "error: TCP routes need the path type ImplementationSpecific, got \"Prefix\"");
	trip_expect(PATHS("ingress.pomerium.io/udp_upstream: 'true'",
			  "{path: /x, pathType: ImplementationSpecific, " TO "}"),
		    "error: UDP routes have no path, got \"/x\"");
	trip_expect(PATHS("ingress.pomerium.io/udp_upstream: 'true', "
			  "ingress.pomerium.io/tcp_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " TO "}"),
		    "error: tcp_upstream and udp_upstream cannot both be true");
	trip_expect(PATHS("ingress.pomerium.io/ssh_upstream: 'true', "
			  "ingress.pomerium.io/tcp_upstream: 'true'",
			  "{pathType: ImplementationSpecific, " TO "}"),
		    "\"to\":[\"ssh://10.0.0.1:8080\"]");
}

/* What the publisher reports travels with the CONFIG. */
static void test_meta(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(&trip, PATHS("", "{path: /, pathType: Prefix, " TO "}"));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.stamp.epoch, 7);
	assert_int_equal(trip.config.stamp.number, 9);
	assert_true(msg_key_equal(&trip.config.owner, &trip.bundle.owner));
	trip_end(&trip);
}

static void test_too_many(void **state)
{
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, TRIP_HEAD "  spec: {rules: [{host: app.example.com, http: {paths: [");
	for (int i = 0; i < 10001; i++)
		buf_printf(&yaml, "{path: /%d, pathType: Exact, " TO "},\n      ", i);
	buf_puts(&yaml, "]}}]}\n" TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "error: more than 10000 paths");
	buf_clear(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_default_backend),
		cmocka_unit_test(test_tunnels),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
