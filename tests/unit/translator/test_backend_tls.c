/* test_backend_tls: which BackendTLSPolicy a backend has, and what may stand in one. */
#include "trip.h"

#define KIND_HTTP_ROUTE "11"

#define HEAD                                                                                       \
	"owner: {kind: " KIND_HTTP_ROUTE ", namespace: shop, name: web}\n"                         \
	"stamp: {epoch: 7, number: 9}\n"                                                           \
	"gateways:\n"                                                                              \
	"- metadata: {namespace: shop, name: front}\n"                                             \
	"  spec: {gatewayClassName: ours, listeners: [{name: a, port: 443, protocol: HTTPS}]}\n"   \
	"services:\n"                                                                              \
	"- {namespace: shop, name: app, spec: {ports: [{port: 80, name: a}, {port: 81, name: b}, " \
	"{port: 82}]}}\n"                                                                          \
	"http_route:\n"                                                                            \
	"  metadata: {namespace: shop, name: web}\n"                                               \
	"  spec:\n"                                                                                \
	"    parentRefs: [{name: front}]\n"                                                        \
	"    hostnames: [app.example.com]\n"
#define RULE(port) "    rules: [{backendRefs: [{name: app, port: " port "}]}]\n"
#define POLICY(name, since, target, host)                             \
	"- {metadata: {namespace: shop, name: " name                  \
	", creationTimestamp: '2026-01-01T00:00:0" since              \
	"Z'}, spec: {targetRefs: [{group: '', kind: Service, " target \
	"}], validation: {hostname: '" host "', wellKnownCACertificates: System}}}\n"
#define OF_ALL "name: app"
#define OF_A "name: app, sectionName: a"

#define SNI(name) "\"tls_upstream_server_name\":\"" name "\""

static void test_which_one(void **state)
{
	static const struct {
		const char *port, *policies, *expected;
	} cases[] = {
		{ RULE("80"), POLICY("p", "1", OF_ALL, "p.x"), SNI("p.x") },
		{ RULE("80"), POLICY("p", "1", OF_ALL, "p.x") POLICY("q", "2", OF_A, "q.x"),
		  SNI("q.x") },
		{ RULE("81"), POLICY("p", "2", OF_ALL, "p.x") POLICY("q", "1", OF_A, "q.x"),
		  SNI("p.x") },
		{ RULE("82"), POLICY("q", "1", OF_A, "q.x"), "\"http://app.shop" },
		{ RULE("83"), POLICY("p", "1", OF_ALL, "p.x"), SNI("p.x") },
		{ RULE("80"), POLICY("p", "2", OF_ALL, "p.x") POLICY("q", "1", OF_ALL, "q.x"),
		  SNI("q.x") },
		{ RULE("80"), POLICY("q", "1", OF_ALL, "q.x") POLICY("p", "1", OF_ALL, "p.x"),
		  SNI("p.x") },
		{ RULE("80"), POLICY("q", "1", "name: other", "q.x"), "\"http://app.shop" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf yaml;

		buf_init(&yaml, BUF_MAX_TEXT);
		buf_printf(&yaml, HEAD "%sbackend_tls_policies:\n%s", cases[i].port,
			   cases[i].policies);
		trip_expect(buf_view(&yaml).ptr, cases[i].expected);
		buf_clear(&yaml);
	}
}

static void test_hostnames(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "a", true },       { "a.example.com", true },
		{ "1.a-b.c", true }, { "10.0.0.1", true },
		{ "", false },       { ".a", false },
		{ "a.", false },     { "a..b", false },
		{ "-a", false },     { "a-", false },
		{ "a.-b", false },   { "a-.b", false },
		{ "A", false },      { "*.a", false },
		{ "a b", false },    { "a:1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf yaml;

		buf_init(&yaml, BUF_MAX_TEXT);
		buf_printf(&yaml,
			   HEAD RULE("80") "backend_tls_policies:\n" POLICY("p", "1", OF_ALL, "%s"),
			   cases[i].name);
		trip_expect(buf_view(&yaml).ptr,
			    cases[i].good ? "\"https://app.shop" : "\"invalid backend\"");
		buf_clear(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_one),
		cmocka_unit_test(test_hostnames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
