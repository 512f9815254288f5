/* test_addresses: where Pomerium is reached, from settings and from a Service. */
#include "resolver/outgoing/addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static struct pool pool;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

static const char *text_of(const struct msg_addresses *addresses)
{
	struct buf out;
	const char *text;

	buf_init(&out, BUF_MAX_TEXT);
	codec_print(&msg_addresses_codec, addresses, &out);
	text = pool_str(&pool, buf_view(&out)).ptr;
	buf_clear(&out);
	return text;
}

static struct msg_service service(const char *type, const char *cluster_ip, const char *ip)
{
	struct msg_service made = { .spec = { .type = str_from(type),
					      .clusterIP = str_from(cluster_ip) } };
	struct msg_load_balancer_ingress_list *list = &made.status.loadBalancer.ingress;

	if (ip)
		((struct msg_load_balancer_ingress *)pool_push(&pool, &list->items, &list->n,
							       sizeof(*list->items)))
			->ip = str_from(ip);
	return made;
}

static void test_services(void **state)
{
	static const struct {
		const char *type, *cluster_ip, *ip, *first, *sentence;
	} rows[] = {
		{ "LoadBalancer", "10.96.0.1", "203.0.113.7", "203.0.113.7", NULL },
		{ "LoadBalancer", "10.96.0.1", NULL, NULL, NULL }, /* none yet: that is so */
		{ "NodePort", "10.96.0.1", NULL, "10.96.0.1", NULL },
		{ "NodePort", "fd00::1", "203.0.113.7", "fd00::1", NULL },
		{ "NodePort", "None", NULL, NULL, "it is of type NodePort and has no cluster IP" },
		{ "ClusterIP", "10.96.0.1", NULL, NULL,
		  "it is of type ClusterIP; only LoadBalancer and NodePort say where they are "
		  "reached" },
		{ "", "10.96.0.1", NULL, NULL,
		  "it is of type ClusterIP; only LoadBalancer and NodePort say where they are "
		  "reached" },
		{ "ExternalName", "", NULL, NULL,
		  "it is of type ExternalName; only LoadBalancer and NodePort say where they are "
		  "reached" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct msg_service from =
			service(rows[i].type, rows[i].cluster_ip, rows[i].ip);
		struct addresses addresses = { .key = { MSG_KIND_SERVICE, STR("lab"), STR("p") } };
		const uint64_t reason =
			rows[i].sentence ? hash_fast(str_from(rows[i].sentence)) | 1 : 0;
		struct msg_addresses out;

		assert_true(resolver_addresses_next(&addresses, &from, &pool, &out));
		assert_int_equal(out.known, !rows[i].sentence);
		assert_int_equal(addresses.finding.logged, reason);
		assert_int_equal(out.status.ingress.n, rows[i].first ? 1 : 0);
		if (rows[i].first)
			assert_true(str_is(out.status.ingress.items[0].ip, rows[i].first));
	}
}

static void test_settings(void **state)
{
	struct str one[] = { STR("203.0.113.7"), STR("2001:db8::1"), STR("lb.example.com") };
	struct addresses fixed = { .fixed = { one, 3 } };
	struct msg_addresses out;
	struct err err = { "" };

	(void)state;
	assert_int_equal(resolver_addresses_check(&fixed, &err), 0);
	assert_true(resolver_addresses_next(&fixed, NULL, &pool, &out));
	assert_string_equal(
		text_of(&out),
		"{\"known\":true,\"status\":{\"ingress\":["
		"{\"ip\":\"203.0.113.7\",\"ports\":[]},{\"ip\":\"2001:db8::1\",\"ports\":[]},"
		"{\"hostname\":\"lb.example.com\",\"ports\":[]}]}}");
	assert_false(resolver_addresses_next(&fixed, NULL, &pool, &out));
	resolver_addresses_again(&fixed);
	assert_true(fixed.due && resolver_addresses_next(&fixed, NULL, &pool, &out));
}

static void test_settings_that_cannot_be(void **state)
{
	static const struct {
		const char *service, *fixed, *sentence;
	} rows[] = {
		{ "proxy", NULL,
		  "--update-status-from-service is \"proxy\"; it must be the namespace/name of a "
		  "Service" },
		{ "a/b/c", NULL,
		  "--update-status-from-service is \"a/b/c\"; it must be the namespace/name of a "
		  "Service" },
		{ "a/b", "10.0.0.1",
		  "--update-status-from-service and --status-address are both given; the status "
		  "of an Ingress comes from one of them" },
		{ NULL, "10.0.0.256",
		  "--status-address is \"10.0.0.256\"; it must be an IP address or the name of a "
		  "host" },
		{ NULL, "http://lb",
		  "--status-address is \"http://lb\"; it must be an IP address or the name of a "
		  "host" },
		{ NULL, "LB.example",
		  "--status-address is \"LB.example\"; it must be an IP address or the name of a "
		  "host" },
		{ NULL, "",
		  "--status-address is \"\"; it must be an IP address or the name of a host" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str one = str_from(rows[i].fixed);
		struct addresses bad = { .service = str_from(rows[i].service),
					 .fixed = { &one, rows[i].fixed ? 1 : 0 } };
		struct err err = { "" };

		assert_int_equal(resolver_addresses_check(&bad, &err), -1);
		assert_string_equal(err.text, rows[i].sentence);
	}
}

static void test_sent_when_it_changes(void **state)
{
	struct addresses from = { .service = STR("pomerium/proxy") }, none = { 0 };
	struct msg_service balancer = service("LoadBalancer", "10.96.0.1", "203.0.113.7"),
			   node = service("NodePort", "10.96.0.1", NULL);
	struct msg_addresses out;

	(void)state;
	assert_int_equal(resolver_addresses_check(&none, NULL), 0);
	assert_true(resolver_addresses_next(&none, NULL, &pool, &out)); /* just that */
	assert_false(out.known || none.finding.logged);
	assert_false(resolver_addresses_next(&none, NULL, &pool, &out));
	assert_int_equal(resolver_addresses_check(&from, NULL), 0);
	assert_true(str_is(from.key.namespace, "pomerium") && str_is(from.key.name, "proxy"));
	assert_true(resolver_addresses_next(&from, NULL, &pool, &out)); /* that it is not known */
	assert_false(out.known);
	assert_false(resolver_addresses_next(&from, NULL, &pool, &out));
	assert_true(resolver_addresses_next(&from, &balancer, &pool, &out));
	assert_true(out.known);
	assert_int_equal(from.finding.logged, 0);
	assert_false(resolver_addresses_next(&from, &balancer, &pool, &out));
	assert_true(resolver_addresses_next(&from, &node, &pool, &out));
	assert_true(resolver_addresses_next(&from, NULL, &pool, &out));
	assert_false(out.known);
	assert_int_not_equal(from.finding.logged, 0);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_services),
		WITH(test_settings),
		WITH(test_settings_that_cannot_be),
		WITH(test_sent_when_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
