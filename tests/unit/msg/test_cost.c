/* test_cost: what an Ingress costs by its size, and which sentence says that it is too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msg/cost.h"

static const struct msg_cost_limits limits = { .work = 160000, .bytes = 16 << 20 };

static struct msg_ingress ingress_of(struct msg_rule *rule, struct str_pair *annotations, size_t n)
{
	struct msg_ingress ingress = { .metadata = { .name = STR("a") } };

	ingress.metadata.annotations = (struct str_map){ annotations, n };
	ingress.spec.rules = (struct msg_rule_list){ rule, 1 };
	return ingress;
}

static void test_of_ingress(void **state)
{
	struct msg_path paths[3] = { { .path = STR("/") },
				     { .path = STR("/a") },
				     { .path = STR("") } };
	struct msg_http_rule http = { .paths = { paths, 3 } };
	struct msg_rule rule = { STR("h.example"), &http };
	struct str_pair annotations[] = { { STR("p.example/timeout"), STR("3s") },
					  { STR("p.example.org/x"), STR("not ours") },
					  { STR("p.example"), STR("neither") },
					  { STR("p.example/service_proxy_upstream"),
					    STR("TRUE") } };
	struct msg_backend backend = { 0 };
	struct msg_ingress ingress = ingress_of(&rule, annotations, 4);
	struct msg_cost cost = msg_cost_of(&ingress, STR("p.example"));

	(void)state;
	assert_int_equal(cost.paths, 3);
	assert_int_equal(cost.urls, 3);
	assert_int_equal(cost.annotations, 17 + 2 + 32 + 4);
	assert_int_equal(cost.own_bytes, 3 * 300 + 3 * 2 * 9 + 4 * (1 + 2));
	assert_true(cost.is_proxied);
	ingress.spec.defaultBackend = &backend;
	assert_int_equal(msg_cost_of(&ingress, STR("p.example")).paths, 4);
}

static void test_sums(void **state)
{
	const struct msg_cost cost = { .paths = 100,
				       .urls = 1000,
				       .annotations = 800,
				       .template = 6400,
				       .own_bytes = 30000,
				       .url_bytes = 25000 };

	(void)state;
	assert_int_equal(msg_cost_work(&cost), 1200 + 1100 + 100 + 100);
	assert_int_equal(msg_cost_check(&cost, &limits, NULL), 0);
}

static void test_limits(void **state)
{
	static const struct {
		struct msg_cost cost;
		const char *sentence; /* NULL: it is within the limits */
	} cases[] = {
		{ { .paths = 1000,
		    .urls = 100000,
		    .template = 1200,
		    .own_bytes = 360000,
		    .url_bytes = 2500000,
		    .annotations = 1200 },
		  NULL }, /* 1 000 paths, 100 endpoints, 20 headers */
		{ { .paths = 10000, .urls = 10000 }, NULL },
		{ { .paths = 10001 }, "more than 10000 paths, namely 10001" },
		{ { .annotations = 256 << 10 }, NULL },
		{ { .annotations = (256 << 10) + 1 },
		  "annotations have 262145 bytes, but may have 262144" },
		{ { .paths = 1000, .urls = 130001 },
		  "1000 paths lead to 130001 upstreams, but may lead to 130000" },
		{ { .paths = 1, .template = (3 << 20) + 1 },
		  "make 3145729 bytes of each route, but may make 3145728" },
		{ { .paths = 9990, .urls = 9990, .template = 64 << 10, .own_bytes = 3000000 },
		  "9990 paths, with 65536 bytes in each that the annotations make and 9990 "
		  "upstreams "
		  "in all, would need 642289 KiB of configuration, and 16384 are the limit" },
		{ { .paths = 9990, .urls = 129990, .annotations = 1 << 10 },
		  "9990 paths, 129990 upstreams and 1024 bytes of annotations are 262997 units of "
		  "work, and 160000 are the limit" },
	};
	const struct msg_cost_limits none = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int rc = msg_cost_check(&cases[i].cost, &limits, &err);
		const char *want = cases[i].sentence;

		assert_int_equal(rc, want ? -1 : 0);
		if (want && !strstr(err.text, want))
			fail_msg("want %s\n got %s", want, err.text);
	}
	assert_int_equal(msg_cost_check(&cases[8].cost, &none, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_ingress),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
