/* test_upstream_from_service: ports, endpoints, cluster DNS, external names. */
#include "trip.h"

#define FROM(flags, port, services)                                                               \
	TRIP_HEAD "    annotations: {" flags "}\n"                                                \
		  "  spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: "    \
		  "Prefix, "                                                                      \
		  "backend: {service: {name: app, port: {" port "}}}}]}}]}\nservices: [" services \
		  "]\n"
#define SECURE "ingress.pomerium.io/secure_upstream: 'true'"

static void test_ports(void **state)
{
	static const char two[] = "{name: app, spec: {ports: [{name: a, port: 80, targetPort: "
				  "8080}, {name: b, port: 81, targetPort: 8080}]}, "
				  "endpoints: [{port_name: a, port: 8080, addresses: [10.0.0.1]}, "
				  "{port_name: b, port: 8080, addresses: [10.0.0.1]}]}";
	static const char named[] =
		"{name: app, spec: {ports: [{name: http, port: 80, targetPort: web}]}, "
		"endpoints: [{port_name: http, port: 8080, addresses: [10.0.0.2, 10.0.0.1]}, "
		"{port_name: x, port: 1, addresses: [10.0.0.9]}]}";
	static const char strays[] =
		"{name: app, spec: {ports: [{name: http, port: 80, targetPort: 8080}]}, "
		"endpoints: [{port_name: http, port: 8080, addresses: [10.0.0.1]}, {port_name: "
		"http, port: 8081, addresses: [10.0.0.2]}]}";
	static const char manual[] =
		"{name: app, spec: {ports: [{name: http, port: 80, targetPort: 8080}]}, "
		"endpoints: [{port_name: other, port: 8080, addresses: [10.0.0.1]}]}";
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_TEXT);
#define EXPECT(port, services, expected)                                 \
	do {                                                             \
		buf_reset(&yaml);                                        \
		buf_printf(&yaml, FROM("", "%s", "%s"), port, services); \
		trip_expect(buf_view(&yaml).ptr, expected);              \
	} while (0)
	EXPECT("number: 80", two, "\"to\":[\"http://10.0.0.1:8080\"]");
	EXPECT("name: b", two, "\"to\":[\"http://10.0.0.1:8080\"]");
	EXPECT("number: 80", named, "\"to\":[\"http://10.0.0.1:8080\",\"http://10.0.0.2:8080\"]");
	EXPECT("name: http", named, "\"to\":[\"http://10.0.0.1:8080\",\"http://10.0.0.2:8080\"]");
	EXPECT("number: 80", strays, "\"to\":[\"http://10.0.0.1:8080\"]");
	EXPECT("name: http", strays, "\"to\":[\"http://10.0.0.1:8080\",\"http://10.0.0.2:8081\"]");
	EXPECT("number: 80", manual, "\"to\":[\"http://10.0.0.1:8080\"]");
	EXPECT("name: http", manual, "\"to\":[\"http://app.shop.svc.cluster.local:80\"]");
	EXPECT("number: 99", two, "\"to\":[\"http://app.shop.svc.cluster.local:99\"]");
	EXPECT("name: nope", two, "error: Service app has no port with the name \"nope\"");
#undef EXPECT
	buf_clear(&yaml);
}

static void test_protocols(void **state)
{
	(void)state;
	trip_expect(TRIP_HEAD
		    "    annotations: {ingress.pomerium.io/udp_upstream: 'true'}\n"
		    "  spec: {rules: [{host: a.example.com, http: {paths: [{pathType: "
		    "ImplementationSpecific, "
		    "backend: {service: {name: app, port: {number: 53}}}}]}}]}\n"
		    "services: [{name: app, spec: {ports: [{name: t, port: 53, targetPort: 5301}, "
		    "{name: u, port: 53, targetPort: 5302, protocol: UDP}]}, "
		    "endpoints: [{port_name: t, port: 5301, addresses: [10.0.0.1]}, {port_name: u, "
		    "port: 5302, addresses: [10.0.0.1]}]}]\n",
		    "\"to\":[\"udp://10.0.0.1:5302\"]");
}

static void test_addresses(void **state)
{
	(void)state;
	trip_expect(
		FROM("", "number: 80",
		     "{name: app, spec: {ports: [{port: 80, targetPort: 80}]}, "
		     "endpoints: [{port_name: '', port: 80, addresses: ['fd00::7', 10.0.0.1]}]}"),
		"\"to\":[\"http://10.0.0.1:80\",\"http://[fd00::7]:80\"]");
	trip_expect(FROM("", "number: 80",
			 "{name: app, spec: {ports: [{port: 80, targetPort: 80}]}, "
			 "endpoints: [{port_name: '', port: 80, addresses: ['not an address']}]}"),
		    "error: its upstream \"http://not%20an%20address:80\"");
	trip_expect(FROM("", "number: 80",
			 "{name: app, spec: {ports: [{port: 80, targetPort: 80}]}, "
			 "endpoints: [{port_name: '', port: 80, addresses: ['a,5']}]}"),
		    "error: has no host that can be looked up");
	trip_expect(FROM("", "number: 70000", "{name: app, spec: {ports: []}}"),
		    "error: a port that is not between 0 and 65535");
	trip_expect(FROM("", "number: 80",
			 "{name: app, spec: {ports: [{port: 80, targetPort: 80}]}, endpoints: "
			 "[{port_name: '', port: 0, "
			 "addresses: [10.0.0.1]}]}"),
		    "\"to\":[\"http://app.shop.svc.cluster.local:80\"]");
}

static void test_kinds(void **state)
{
	static const char one[] =
		FROM(SECURE, "number: 443",
		     "{name: app, spec: {ports: [{name: s, port: 443, targetPort: 8443}]}, "
		     "endpoints: [{port_name: s, port: 8443, addresses: [10.0.0.1]}]}");

	(void)state;
	trip_expect(one, "\"to\":[\"https://10.0.0.1:8443\"]");
	trip_expect(one, "\"tls_server_name\":\"app.shop.svc.cluster.local\"");
	trip_expect(FROM(SECURE ", ingress.pomerium.io/tls_server_name: mine", "number: 443",
			 "{name: app, spec: {ports: [{name: s, port: 443, targetPort: 8443}]}, "
			 "endpoints: [{port_name: s, port: 8443, addresses: [10.0.0.1]}]}"),
		    "\"tls_server_name\":\"mine\"");
	trip_expect(FROM(SECURE ", ingress.pomerium.io/service_proxy_upstream: 'true'",
			 "number: 443",
			 "{name: app, spec: {ports: [{name: s, port: 443, targetPort: 8443}]}, "
			 "endpoints: [{port_name: s, port: 8443, addresses: [10.0.0.1]}]}"),
		    "\"to\":[\"https://app.shop.svc.cluster.local:443\"]");
	trip_expect(
		FROM(SECURE, "number: 443", "{name: app, spec: {ports: [{name: s, port: 443}]}}"),
		"!tls_server_name");
	trip_expect(FROM("", "name: s",
			 "{name: app, spec: {type: ExternalName, externalName: x.example.com, "
			 "ports: [{name: s, port: 443}]}}"),
		    "\"to\":[\"http://x.example.com:443\"]");
	trip_expect(
		FROM("", "number: 1", "{name: app, spec: {type: ExternalName, externalName: ''}}"),
		"error: its upstream \"http://:1\"");
	trip_expect(FROM("", "number: 1", ""), "error: Service \"app\" does not exist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
