/* test_costs: what an Ingress costs is reckoned before its bundle is made, and known for the next
 * time. */
#include "tests/unit/resolver/rig.h"

#define HEAD                                                                                       \
	"---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: pomerium}, " \
	"spec: {controller: pomerium.io/ingress-controller}}\n"                                    \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: "      \
	"{ports: [{port: 80}]}}\n"
#define PATHS_10 PATHS_5 "," PATHS_5
#define PATHS_5 PATH "," PATH "," PATH "," PATH "," PATH
#define PATH "{path: /, backend: {service: {name: web, port: {number: 80}}}}"
#define INGRESS(name, age, annotations)                                                            \
	"---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: " name            \
	", namespace: shop, creationTimestamp: '2026-01-" age                                      \
	"T00:00:00Z', annotations: {" annotations "}}, spec: {ingressClassName: pomerium, rules: " \
	"[{host: h.example, http: {paths: [" PATHS_10 "]}}]}}\n"
#define ONE_PATH                                                                                   \
	"---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: "   \
	"shop}, spec: {ingressClassName: pomerium, rules: [{host: h.example, http: {paths: [" PATH \
	"]}}]}}\n"
#define ENDPOINTS(addresses) ENDPOINTS_HEAD("web-1") addresses ENDPOINTS_TAIL
#define ENDPOINTS_HEAD(name)                                                                 \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " name \
	", namespace: shop, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, " \
	"endpoints: [{addresses: ["
#define ENDPOINTS_TAIL "]}], ports: [{name: http, port: 8080}, {name: more, port: 8081}]}\n"
#define TEN \
	"1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5, 1.1.1.6, 1.1.1.7, 1.1.1.8, 1.1.1.9, 1.1.2.1"

static struct resolve_settings settings_of(long work, long routes)
{
	return (struct resolve_settings){ .controller = STR("pomerium.io/ingress-controller"),
					  .prefix = STR("ingress.pomerium.io"),
					  .pomerium_config = STR("global"),
					  .limits.owner.work = work,
					  .limits.namespace.routes = routes };
}

static enum resolve_outcome resolve(struct rig *rig, const char *name, struct err *err)
{
	const struct msg_key key = rig_key(MSG_KIND_INGRESS, name);
	struct resolved what;

	return resolver_resolve_owner(rig->resolve, &key, &rig->pool, &what, err);
}

static struct owner_news news_of(const struct rig *rig, const char *name)
{
	const struct msg_key key = rig_key(MSG_KIND_INGRESS, name);

	return resolver_resolve_news(rig->resolve, &key, 0);
}

/* Ten paths with ten endpoints each are 230 units; the other port is not on anybody's way. */
static void test_upstreams(void **state)
{
	const struct resolve_settings settings = settings_of(200, 0);
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD ENDPOINTS(TEN) INGRESS("a", "01", ""));
	assert_int_equal(news_of(&rig, "shop/a").work, 120 + 11);
	assert_false(news_of(&rig, "shop/a").refused);
	assert_int_equal(resolve(&rig, "shop/a", &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "10 paths, 100 upstreams and 0 bytes of annotations are "
					 "230 units of work, and 200 are the limit"));
	assert_true(news_of(&rig, "shop/a").refused);
	assert_int_equal(news_of(&rig, "shop/a").work, 230);
	rig_expect_dirty(&rig, "Ingress/shop/a");
	rig_put(&rig, ENDPOINTS("1.1.1.1"));
	rig_expect_dirty(&rig, "Ingress/shop/a");
	assert_int_equal(resolve(&rig, "shop/a", &err), RESOLVE_BUNDLE);
	assert_false(news_of(&rig, "shop/a").refused);
	rig_clear(&rig);
}

static enum resolve_outcome resolve_with(int n_addresses, struct err *err)
{
	const struct resolve_settings settings = settings_of(0, 0);
	enum resolve_outcome outcome;
	struct buf yaml;
	struct rig rig;

	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, HEAD ONE_PATH ENDPOINTS_HEAD(
				"web-2") "9.9.9.9" ENDPOINTS_TAIL ENDPOINTS_HEAD("web-1"));
	for (int i = 1; i < n_addresses; i++)
		buf_printf(&yaml, "10.%d.%d.%d, ", i >> 16, i >> 8 & 255, i & 255);
	buf_puts(&yaml, ENDPOINTS_TAIL);
	assert_false(yaml.full);
	rig_init(&rig, &settings);
	rig_put(&rig, buf_view(&yaml).ptr);
	outcome = resolve(&rig, "shop/a", err);
	rig_clear(&rig);
	buf_clear(&yaml);
	return outcome;
}

/* A list in a message has no more; it takes two slices to have them. */
static void test_addresses_of_a_port(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(resolve_with(MSG_COST_ADDRESSES_MAX, &err), RESOLVE_BUNDLE);
	assert_int_equal(resolve_with(MSG_COST_ADDRESSES_MAX + 1, &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "its Service \"web\" has 65537 addresses at one port, but "
					 "may have 65536"));
}

/* Where Services are asked by their own addresses, endpoints do not count. */
static void test_proxied(void **state)
{
	const struct resolve_settings settings = settings_of(200, 0);
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD ENDPOINTS(TEN) INGRESS(
			      "a", "01", "ingress.pomerium.io/service_proxy_upstream: 'true'"));
	assert_int_equal(resolve(&rig, "shop/a", &err), RESOLVE_BUNDLE);
	rig_clear(&rig);
}

/* Whoever has too many paths is refused without a look at its Services, which are not even there. */
static void test_before_anything_else(void **state)
{
	const struct resolve_settings settings = settings_of(100, 0);
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD INGRESS("a", "01", ""));
	rig_delete(&rig, MSG_KIND_SERVICE, "shop/web");
	assert_true(news_of(&rig, "shop/a").refused);
	assert_int_equal(resolve(&rig, "shop/a", &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "100 are the limit"));
	rig_clear(&rig);
}

static void test_budget(void **state)
{
	const struct resolve_settings settings = settings_of(0, 25);
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD INGRESS("new", "09", "") INGRESS("older", "02", "")
			      INGRESS("oldest", "01", ""));
	assert_int_equal(resolve(&rig, "shop/new", &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "no room for its 10 routes"));
	assert_true(news_of(&rig, "shop/new").refused);
	assert_int_equal(resolve(&rig, "shop/older", &err), RESOLVE_BUNDLE);
	rig_expect_dirty(&rig, "Ingress/shop/new Ingress/shop/older Ingress/shop/oldest");
	rig_delete(&rig, MSG_KIND_INGRESS, "shop/oldest");
	assert_int_equal(resolve(&rig, "shop/oldest", &err), RESOLVE_GONE);
	rig_expect_dirty(&rig, "Ingress/shop/new Ingress/shop/oldest");
	assert_int_equal(resolve(&rig, "shop/new", &err), RESOLVE_BUNDLE);
	assert_false(news_of(&rig, "shop/new").refused);
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upstreams), cmocka_unit_test(test_addresses_of_a_port),
		cmocka_unit_test(test_proxied),   cmocka_unit_test(test_before_anything_else),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
