/* test_cost_of_routes: what is too much is refused before the first route is made. */
#include "tests/unit/translator/trip.h"

/* `n` paths to the Service app; `each` follows the number in the path. */
static void add_paths(struct buf *yaml, int n, const char *each)
{
	buf_puts(yaml, "  spec: {rules: [{host: app.example.com, http: {paths: [");
	for (int i = 0; i < n; i++)
		buf_printf(yaml,
			   "{path: '/%d%s', pathType: ImplementationSpecific, backend: {service: "
			   "{name: app, port: {number: 80}}}},\n      ",
			   i, each);
	buf_puts(yaml, "]}}]}\n");
}

static void add_annotation(struct buf *yaml, const char *name, const char *value)
{
	buf_printf(yaml, "    annotations: {ingress.pomerium.io/%s: '%s'}\n", name, value);
}

static void begin(struct buf *yaml)
{
	buf_init(yaml, BUF_MAX_TEXT);
	buf_puts(yaml, TRIP_HEAD);
}

static void test_annotations_times_paths(void **state)
{
	static char text[40001];
	struct buf yaml;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	begin(&yaml);
	add_annotation(&yaml, "description", text);
	add_paths(&yaml, 500, "");
	buf_puts(&yaml, TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "error: its 500 paths, with 40008 bytes in each that the "
					 "annotations make");
	buf_clear(&yaml);
	begin(&yaml);
	add_annotation(&yaml, "description", text);
	add_paths(&yaml, 300, "");
	buf_puts(&yaml, TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "\"prefix\":\"/299\"");
	buf_clear(&yaml);
}

/* The values of Secrets are put in later, and counted all the same. */
static void test_secrets_times_paths(void **state)
{
	struct buf yaml;

	(void)state;
	begin(&yaml);
	add_annotation(&yaml, "set_request_headers_secret", "big");
	add_paths(&yaml, 200, "");
	buf_puts(&yaml,
		 TRIP_SERVICE "secrets:\n- {namespace: shop, name: big, type: Opaque, values: "
			      "[{name: X-Big, len: 100000, utf8: true}]}\n");
	trip_expect(buf_view(&yaml).ptr, "error: its 200 paths, with 100");
	buf_clear(&yaml);
}

static void test_upstreams_times_paths(void **state)
{
	struct buf yaml;

	(void)state;
	begin(&yaml);
	add_paths(&yaml, 1000, "");
	buf_puts(&yaml, "services:\n- name: app\n  spec: {ports: [{name: http, port: 80}]}\n"
			"  endpoints: [{port_name: http, port: 8080, addresses: [");
	for (int i = 0; i < 131; i++)
		buf_printf(&yaml, "10.0.0.%d, ", i);
	buf_puts(&yaml, "]}]\n");
	trip_expect(buf_view(&yaml).ptr, "error: its 1000 paths lead to 131000 upstreams, but may "
					 "lead to 130000");
	buf_clear(&yaml);
}

/* A path with `n` upstreams, and 2 900 000 bytes of Secrets in its route. */
static void expect_one_route(int n, const char *want)
{
	struct buf yaml;

	begin(&yaml);
	add_annotation(&yaml, "set_request_headers_secret", "big");
	add_paths(&yaml, 1, "");
	buf_puts(&yaml, "services:\n- name: app\n  spec: {ports: [{name: http, port: 80}]}\n"
			"  endpoints: [{port_name: http, port: 8080, addresses: [");
	for (int i = 0; i < n; i++)
		buf_printf(&yaml, "10.1%02d.1%02d.1%02d, ", i / 10000, i / 100 % 100, i % 100);
	buf_puts(&yaml, "]}]\nsecrets:\n- {namespace: shop, name: big, type: Opaque, values: "
			"[{name: X-Big, len: 2900000, utf8: true}]}\n");
	assert_false(yaml.full);
	trip_expect(buf_view(&yaml).ptr, want);
	buf_clear(&yaml);
}

/* One message of gRPC has 4 MiB, however much the whole Ingress may need. */
static void test_one_route(void **state)
{
	(void)state;
	expect_one_route(60000, "error: one of its routes would need ");
	expect_one_route(40000, "\"prefix\":\"/0\"");
}

/* Patterns of the annotations are compiled for each route, those of paths once each. */
static void test_regexes(void **state)
{
	struct buf yaml;

	(void)state;
	begin(&yaml);
	add_annotation(&yaml, "regex_rewrite_pattern", "(abc){300}");
	add_paths(&yaml, 200, "");
	buf_puts(&yaml, TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "error: the regular expressions of its 200 paths need");
	buf_clear(&yaml);
	begin(&yaml);
	add_annotation(&yaml, "path_regex", "true");
	add_paths(&yaml, 300, "(\\w){300}");
	buf_puts(&yaml, TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "error: the regular expressions of its 300 paths need");
	buf_clear(&yaml);
	begin(&yaml);
	add_annotation(&yaml, "path_regex", "true");
	add_paths(&yaml, 300, "[a-z]+");
	buf_puts(&yaml, TRIP_SERVICE);
	trip_expect(buf_view(&yaml).ptr, "\"regex\":\"/299[a-z]+\"");
	buf_clear(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annotations_times_paths),
		cmocka_unit_test(test_secrets_times_paths),
		cmocka_unit_test(test_upstreams_times_paths),
		cmocka_unit_test(test_one_route),
		cmocka_unit_test(test_regexes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
