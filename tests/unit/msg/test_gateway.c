/* test_gateway: objects of the Gateway API in, pruned, and what is absent told from what is empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "msg/gateway.h"
#include "msg/msg.h"

static struct pool pool;
static struct msg_object object;
static struct err err;

static int clear(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

static int read_object(const char *yaml)
{
	struct value *v = pool_alloc(&pool, sizeof(*v));

	err.text[0] = '\0';
	if (yaml_parse(str_from(yaml), &pool, v, &err) < 0)
		fail_msg("%s", err.text);
	return msg_object_from_value(v, &pool, &object, &err);
}

#define API "apiVersion: gateway.networking.k8s.io/v1\n"
#define ROUTE API "kind: HTTPRoute\nmetadata: {name: site, namespace: edge}\n"

static void test_times(void **state)
{
	(void)state;
	assert_int_equal(read_object(API "kind: HTTPRoute\n"
					 "metadata: {name: a, creationTimestamp: "
					 "2026-01-31T12:00:00Z, deletionTimestamp: "
					 "'2026-01-31T13:00:00+01:00'}\n"),
			 0);
	assert_int_equal(object.http_route->metadata.creationTimestamp, 1769860800);
	assert_int_equal(object.http_route->metadata.deletionTimestamp, 1769860800);
	assert_int_equal(read_object(API "kind: HTTPRoute\n"
					 "metadata: {name: a, creationTimestamp: null}\n"),
			 0);
	assert_int_equal(object.http_route->metadata.creationTimestamp, 0);
	assert_int_equal(object.http_route->metadata.deletionTimestamp, 0);
	assert_int_equal(read_object(API "kind: HTTPRoute\n"
					 "metadata: {name: a, creationTimestamp: noon}\n"),
			 -1);
	assert_string_equal(err.text, "metadata.creationTimestamp: expected a time such as "
				      "2026-01-31T12:00:00Z, got string \"noon\"");
}

static void test_a_route(void **state)
{
	const struct msg_http_route_spec *spec;
	const struct msg_http_route_rule *rule;

	(void)state;
	assert_int_equal(
		read_object(
			ROUTE
			"spec:\n"
			"  parentRefs: [{name: front}, {name: b, port: 443, namespace: '', "
			"sectionName: s}]\n"
			"  hostnames: [a.example.com]\n"
			"  rules:\n"
			"  - name: all\n"
			"    matches: [{path: {value: /}}, {method: GET, headers: [{name: x, "
			"value: y}]}]\n"
			"    filters: [{type: RequestRedirect, requestRedirect: {statusCode: "
			"302}}, {type: CORS, cors: {maxAge: 5}}]\n"
			"    backendRefs: [{name: web, port: 80}, {name: no, weight: 0, filters: "
			"[{type: X}]}]\n"
			"    timeouts: {request: 10s}\n"
			"    retry: {}\n"
			"status: {parents: [{controllerName: x}]}\n"),
		0);
	spec = &object.http_route->spec;
	assert_null(spec->parentRefs.items[0].group.ptr);
	assert_int_equal(spec->parentRefs.items[0].port, -1);
	assert_int_equal(spec->parentRefs.items[1].port, 443);
	assert_non_null(spec->parentRefs.items[1].namespace.ptr);
	rule = &spec->rules.items[0];
	assert_true(str_is(rule->name, "all"));
	assert_null(rule->matches.items[0].path->type.ptr);
	assert_null(rule->matches.items[0].method.ptr);
	assert_true(str_is(rule->matches.items[1].method, "GET"));
	assert_int_equal(rule->matches.items[1].headers.n, 1);
	assert_int_equal(rule->filters.items[0].requestRedirect->statusCode, 302);
	assert_int_equal(rule->filters.items[0].requestRedirect->port, -1);
	assert_null(rule->filters.items[1].requestRedirect);
	assert_int_equal(rule->backendRefs.items[0].weight, -1);
	assert_int_equal(rule->backendRefs.items[1].weight, 0);
	assert_int_equal(rule->backendRefs.items[1].port, -1);
	assert_int_equal(rule->backendRefs.items[1].filters.n, 1);
	assert_null(rule->timeouts->backendRequest.ptr);
	assert_non_null(rule->retry);
	assert_null(rule->sessionPersistence);
	assert_non_null(value_get(object.http_route->status, "parents"));
}

static void test_a_gateway(void **state)
{
	const struct msg_listener *listener;

	(void)state;
	assert_int_equal(
		read_object(
			API
			"kind: Gateway\nmetadata: {name: front}\n"
			"spec:\n"
			"  gatewayClassName: pomerium\n"
			"  listeners:\n"
			"  - {name: a, port: 443, protocol: HTTPS, hostname: '*.example.com',\n"
			"     tls: {certificateRefs: [{name: edge, group: ''}]},\n"
			"     allowedRoutes: {kinds: [{kind: HTTPRoute}], namespaces: {from: "
			"Selector, selector: {matchExpressions: [{key: a, operator: In, values: "
			"[b]}]}}}}\n"
			"  - {name: b, port: 80, protocol: HTTP}\n"),
		0);
	listener = &object.gateway->spec.listeners.items[0];
	assert_null(listener->tls->mode.ptr);
	assert_non_null(listener->tls->certificateRefs.items[0].group.ptr);
	assert_null(listener->tls->certificateRefs.items[0].kind.ptr);
	assert_true(str_is(listener->allowedRoutes->namespaces->selector->matchExpressions.items[0]
				   .values.items[0],
			   "b"));
	assert_null(listener[1].hostname.ptr);
	assert_null(listener[1].tls);
	assert_null(listener[1].allowedRoutes);
	assert_null(object.gateway->status);
}

/* Both versions have the same fields. */
static void test_grants_of_both_versions(void **state)
{
	static const char *const versions[] = { "v1", "v1beta1" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct str yaml = pool_printf(
			&pool,
			"apiVersion: gateway.networking.k8s.io/%s\nkind: ReferenceGrant\n"
			"metadata: {name: g}\n"
			"spec: {from: [{group: a, kind: b, namespace: c}], to: [{group: '', kind: "
			"Secret}, {group: '', kind: Secret, name: x}]}\n",
			versions[i]);

		assert_int_equal(read_object(yaml.ptr), 0);
		assert_int_equal(object.key.kind, MSG_KIND_REFERENCE_GRANT);
		assert_null(object.reference_grant->spec.to.items[0].name.ptr);
		assert_true(str_is(object.reference_grant->spec.to.items[1].name, "x"));
	}
	assert_int_equal(read_object("apiVersion: gateway.networking.k8s.io/v1beta1\n"
				     "kind: HTTPRoute\nmetadata: {name: old}\n"),
			 0);
	assert_int_equal(object.key.kind, MSG_KIND_NONE);
}

static void test_what_is_pruned(void **state)
{
	(void)state;
	assert_int_equal(read_object("apiVersion: v1\nkind: ConfigMap\n"
				     "metadata: {name: ca, labels: {a: b}, annotations: {c: d}}\n"
				     "data: {ca.crt: PEM, other: x}\n"),
			 0);
	assert_true(str_is(object.config_map->data.ca_crt, "PEM"));
	assert_int_equal(object.config_map->metadata.labels.n, 0);
	assert_int_equal(read_object("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\n"), 0);
	assert_null(object.config_map->data.ca_crt.ptr);
	assert_int_equal(read_object("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, "
				     "labels: {a: b}, annotations: {c: d}}\n"),
			 0);
	assert_int_equal(object.namespace->metadata.labels.n, 1);
	assert_int_equal(object.namespace->metadata.annotations.n, 0);
}

static void test_sentences(void **state)
{
	static const char *const cases[][2] = {
		{ "{parentRefs: [{name: a, port: -1}]}",
		  "spec.parentRefs[0].port: expected an integer that is not negative, got integer "
		  "\"-1\"" },
		{ "{rules: [{backendRefs: [{name: a, weight: x}]}]}",
		  "spec.rules[0].backendRefs[0].weight: expected an integer, got string \"x\"" },
		{ "{rules: [{filters: [{type: RequestRedirect, requestRedirect: x}]}]}",
		  "spec.rules[0].filters[0].requestRedirect: expected a map, got string \"x\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str yaml = pool_printf(&pool, ROUTE "spec: %s\n", cases[i][0]);

		assert_int_equal(read_object(yaml.ptr), -1);
		assert_string_equal(err.text, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_times, clear),
		cmocka_unit_test_teardown(test_a_route, clear),
		cmocka_unit_test_teardown(test_a_gateway, clear),
		cmocka_unit_test_teardown(test_grants_of_both_versions, clear),
		cmocka_unit_test_teardown(test_what_is_pruned, clear),
		cmocka_unit_test_teardown(test_sentences, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
