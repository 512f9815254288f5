/* test_pomerium_flags: what flags say of the Pomerium beside us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pb/reflect.h"
#include "translator/settings/pomerium_flags.h"

static void table(void **state)
{
	static struct str some[] = { STR("proxy"), STR("authorize") }, wrong[] = { STR("all-in") },
			  urls[] = { STR("https://a:1"), STR("https://b:2") };
	const struct {
		struct pomerium_flags flags;
		const char *want; /* the settings, or words of the sentence */
		int rc;
	} cases[] = {
		{ { .server_addr = STR(":1") }, "{\"settings\":{}}", 0 },
		{ { .http_redirect_addr = STR(":80") },
		  "{\"settings\":{\"http_redirect_addr\":\":80\"}}",
		  0 },
		{ { .grpc_addr = STR("[::1]:5443") },
		  "{\"settings\":{\"grpc_address\":\"[::1]:5443\"}}",
		  0 },
		{ { .ssh_addr = STR(":22") }, "{\"settings\":{\"ssh_address\":\":22\"}}", 0 },
		{ { .raft_address = STR(":5999") },
		  "{\"settings\":{\"databroker_raft_bind_address\":\":5999\"}}",
		  0 },
		{ { .node_id = STR("n-1") },
		  "{\"settings\":{\"databroker_cluster_node_id\":\"n-1\"}}",
		  0 },
		{ { .auto_tls = STR("*.db.svc") },
		  "{\"settings\":{\"derive_tls\":\"*.db.svc\",\"grpc_insecure\":false}}",
		  0 },
		{ { .services = { some, 2 } },
		  "{\"settings\":{\"services\":\"proxy,authorize\"}}",
		  0 },
		{ { .service_urls = { urls, 2 } },
		  "{\"settings\":{\"databroker_service_urls\":[\"https://a:1\",\"https://b:2\"]}}",
		  0 },
		{ { .debug_pomerium = true }, "{\"settings\":{\"log_level\":\"debug\"}}", 0 },
		{ { .debug_envoy = true, .admin_addr = STR(":9901") },
		  "{\"settings\":{\"envoy_admin_address\":\":9901\",\"log_level\":\"debug\","
		  "\"proxy_log_level\":\"debug\"}}",
		  0 },
		{ { .metrics_addr = STR("127.0.0.1:9902") },
		  "{\"settings\":{\"metrics_address\":\"127.0.0.1:9902\"}}",
		  0 },
		{ { .health_addr = STR(":28080") },
		  "{\"settings\":{\"health_check_addr\":\":28080\"}}",
		  0 },
		{ { .debug_port = STR("6060") },
		  "{\"settings\":{\"debug_address\":\"127.0.0.1:6060\"}}",
		  0 },
		{ { .debug_port = STR(":6060") }, "--debug-port: \":6060\" should be a port", -1 },
		{ { .debug_port = STR("0") }, "--debug-port", -1 },
		{ { .health_addr = STR("28080") }, "--pomerium-health-addr: \"28080\"", -1 },
		{ { .metrics_addr = STR("h") }, "--pomerium-metrics-addr: \"h\"", -1 },
		{ { .services = { wrong, 1 } }, "--services: \"all-in\"", -1 },
		{ { .grpc_addr = STR("5443") }, "--grpc-addr: \"5443\" should be host:port", -1 },
		{ { .ssh_addr = STR(":70000") }, "--ssh-addr", -1 },
		{ { .service_urls = { wrong, 1 } }, "--databroker-service-urls", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		struct pool pool;
		struct buf json;
		Pomerium__Config__Config *config;
		int rc;

		pool_init(&pool);
		buf_init(&json, BUF_MAX_TEXT);
		config = PB_NEW(&pool, pomerium__config__config);
		config->settings = PB_NEW(&pool, pomerium__config__settings);
		rc = translator_pomerium_flags_set(&cases[i].flags, &pool, config, &err);
		pb_to_json(&config->base, 0, &json);
		if (rc != cases[i].rc ||
		    (rc ? !strstr(err.text, cases[i].want) : strcmp(json.ptr, cases[i].want) != 0))
			fail_msg("case %zu: %d %s %s", i, rc, json.ptr, err.text);
		buf_clear(&json);
		pool_clear(&pool);
	}
}

static void nodes(void **state)
{
	const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "a", "a - -;" },
		{ " a , b=https://b:1,", "a - -;b https://b:1 -;" },
		{ "[{\"id\":\"a\",\"grpc_address\":\"https://"
		  "a:1\",\"raft_address\":\"a:2\"},{\"id\":\"b\"}]",
		  "a https://a:1 a:2;b - -;" },
		{ "- id: a\n  grpc_address: https://a:1\n", "a https://a:1 -;" },
		{ "[{grpc_address: x}]", "error: --databroker-cluster-nodes: entry 1 has no id" },
		{ "[1]", "error: --databroker-cluster-nodes: entry 1 has no id" },
		{ "[", "error: --databroker-cluster-nodes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct pomerium_flags flags = { .nodes = str_from(cases[i].text) };
		struct pomerium_node *list;
		struct err err = { "" };
		struct pool pool;
		struct buf got;
		size_t n;

		pool_init(&pool);
		buf_init(&got, BUF_MAX_TEXT);
		buf_puts(&got, "");
		if (translator_pomerium_flags_nodes(&flags, &pool, &list, &n, &err))
			buf_printf(&got, "error: %s", err.text);
		else
			for (size_t k = 0; k < n; k++)
				buf_printf(&got, "%s %s %s;", pool_str(&pool, list[k].id).ptr,
					   list[k].grpc_address.ptr
						   ? pool_str(&pool, list[k].grpc_address).ptr
						   : "-",
					   list[k].raft_address.ptr
						   ? pool_str(&pool, list[k].raft_address).ptr
						   : "-");
		if (strncmp(got.len ? got.ptr : "", cases[i].want,
			    cases[i].want[0] == 'e' ? strlen(cases[i].want) : got.len + 1) != 0)
			fail_msg("%s: %s", cases[i].text, got.ptr);
		buf_clear(&got);
		pool_clear(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table), cmocka_unit_test(nodes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
