/* test_endpoints: slices and Endpoints merged by port; tables of YAML and what comes out as
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/bundle/endpoints.h"

#define SLICE(type, endpoints, ports)                                                      \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s, " \
	"namespace: n}, "                                                                  \
	"addressType: " type ", endpoints: [" endpoints "], ports: [" ports "]}\n"
#define ENDPOINTS(subsets)                                                                    \
	"---\n{apiVersion: v1, kind: Endpoints, metadata: {name: s, namespace: n}, subsets: " \
	"[" subsets "]}\n"
#define HTTP "{name: http, port: 80, protocol: TCP}"

struct endpoints_case {
	const char *title, *input, *expected;
};

static const struct endpoints_case cases[] = {
	{ "one", SLICE("IPv4", "{addresses: [10.0.0.1], conditions: {ready: true}}", HTTP),
	  "http/80/TCP=10.0.0.1;" },
	{ "nil ready means ready",
	  SLICE("IPv4", "{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {}}", HTTP),
	  "http/80/TCP=10.0.0.1,10.0.0.2;" },
	{ "not ready", SLICE("IPv4", "{addresses: [10.0.0.1], conditions: {ready: false}}", HTTP),
	  "" },
	{ "sorted, none twice",
	  SLICE("IPv4", "{addresses: [10.0.0.2]}, {addresses: [10.0.0.1]}", HTTP)
		  SLICE("IPv4", "{addresses: [10.0.0.2]}, {addresses: [10.0.0.10]}", HTTP),
	  "http/80/TCP=10.0.0.1,10.0.0.10,10.0.0.2;" },
	{ "both families",
	  SLICE("IPv4", "{addresses: [10.0.0.2]}", HTTP)
		  SLICE("IPv6", "{addresses: ['2001:db8::1']}", HTTP),
	  "http/80/TCP=10.0.0.2,2001:db8::1;" },
	{ "names are of no use", SLICE("FQDN", "{addresses: [a.example]}", HTTP), "" },
	{ "ports apart",
	  SLICE("IPv4", "{addresses: [10.0.0.1]}",
		"{name: b, port: 80}, {name: a, port: 81}, {name: a, port: 80}")
		  SLICE("IPv4", "{addresses: [10.0.0.2]}",
			"{name: a, port: 80, protocol: UDP}, {name: b, port: 80}"),
	  "a/80/TCP=10.0.0.1;a/80/UDP=10.0.0.2;a/81/TCP=10.0.0.1;b/80/TCP=10.0.0.1,10.0.0.2;" },
	{ "no protocol is TCP",
	  SLICE("IPv4", "{addresses: [10.0.0.1]}", "{port: 80}, {port: 80, protocol: TCP}"),
	  "/80/TCP=10.0.0.1;" },
	{ "no ports", SLICE("IPv4", "{addresses: [10.0.0.1]}", ""), "" },
	{ "port without a number", SLICE("IPv4", "{addresses: [10.0.0.1]}", "{name: a}"), "" },
	{ "no endpoints", SLICE("IPv4", "", HTTP), "" },
	{ "subsets",
	  ENDPOINTS("{addresses: [{ip: 10.0.0.2}, {ip: 10.0.0.1}], ports: [" HTTP "]}, "
		    "{addresses: [{ip: 10.0.0.3}], ports: [" HTTP
		    ", {port: 81}]}, {addresses: [{ip: 10.0.0.4}]}"),
	  "/81/TCP=10.0.0.3;http/80/TCP=10.0.0.1,10.0.0.2,10.0.0.3;" },
	{ "subset of nobody ready",
	  ENDPOINTS("{notReadyAddresses: [{ip: 10.0.0.2}], ports: [" HTTP "]}"), "" },
};

static void add_documents(const char *yaml, struct endpoints *endpoints)
{
	struct yaml_documents docs = { 0 };
	struct msg_object object;
	struct err err = { "" };

	if (yaml_parse_all(str_from(yaml), endpoints->pool, &docs, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < docs.n; i++) {
		memset(&object, 0, sizeof(object));
		if (msg_object_from_value(&docs.items[i], endpoints->pool, &object, &err) < 0)
			fail_msg("%s", err.text);
		if (object.endpoint_slice)
			resolver_endpoints_add_slice(endpoints, object.endpoint_slice);
		else
			resolver_endpoints_add_endpoints(endpoints, object.endpoints);
	}
}

static void print(const struct msg_bundle_endpoint_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_bundle_endpoint *e = &list->items[i];

		buf_printf(out, STR_FMT "/%lld/" STR_FMT "=", STR_ARG(e->port_name),
			   (long long)e->port, STR_ARG(e->protocol));
		for (size_t j = 0; j < e->addresses.n; j++)
			buf_printf(out, "%s" STR_FMT, j ? "," : "", STR_ARG(e->addresses.items[j]));
		buf_putc(out, ';');
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msg_bundle_endpoint_list list;
		struct pool pool;
		struct endpoints endpoints = { .pool = &pool };
		struct buf got;

		pool_init(&pool);
		buf_init(&got, BUF_MAX_TEXT);
		add_documents(cases[i].input, &endpoints);
		list = resolver_endpoints_finish(&endpoints);
		print(&list, &got);
		if (strcmp(got.len ? got.ptr : "", cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].title, got.len ? got.ptr : "(nothing)");
		buf_clear(&got);
		pool_clear(&pool);
	}
}

/* More than Kubernetes itself allows: bounded in memory and time. */
static void test_bounds(void **state)
{
	enum { MANY = 5000 };
	struct pool pool;
	struct endpoints endpoints = { .pool = &pool };
	struct msg_endpoint_slice slice = { .addressType = STR("IPv4") };
	struct msg_bundle_endpoint_list list;
	size_t n = 0;

	(void)state;
	pool_init(&pool);
	slice.ports.items = pool_array(&pool, MANY, sizeof(*slice.ports.items));
	slice.endpoints.items = pool_array(&pool, MANY, sizeof(*slice.endpoints.items));
	slice.ports.n = slice.endpoints.n = MANY;
	for (size_t i = 0; i < MANY; i++) {
		struct str *address = pool_alloc(&pool, sizeof(*address));

		*address = pool_printf(&pool, "10.0.%zu.%zu", i / 250, i % 250);
		slice.ports.items[i].port = (int64_t)i + 1;
		slice.endpoints.items[i].conditions.ready = 1;
		slice.endpoints.items[i].addresses = (struct str_list){ address, 1 };
	}
	for (int round = 0; round < 30; round++) {
		for (size_t i = 0; i < MANY; i++)
			slice.ports.items[i].port += MANY;
		resolver_endpoints_add_slice(&endpoints, &slice);
	}
	list = resolver_endpoints_finish(&endpoints);
	for (size_t i = 0; i < list.n; i++)
		n += list.items[i].addresses.n;
	assert_true(list.n <= 1000 && n <= 100000);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table),
					    cmocka_unit_test(test_bounds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
