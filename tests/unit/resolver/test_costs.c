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

#define GATEWAY(listeners)                                                                        \
	"---\n{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: "   \
	"pomerium}, spec: {controllerName: pomerium.io/gateway-controller}}\n"                    \
	"---\n{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: front, " \
	"namespace: edge}, spec: {gatewayClassName: pomerium, listeners: [" listeners "]}}\n"
#define LISTENER(name, host) "{name: " name ", port: 443, protocol: HTTPS, hostname: " host "}"
#define ROUTE(name, age, parent, rules)                                                           \
	"---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: " name \
	", namespace: shop, generation: 3, creationTimestamp: '2026-01-" age                      \
	"T00:00:00Z'}, spec: {parentRefs: [{name: front, namespace: edge" parent                  \
	"}], rules: [" rules "]}}\n"
#define MATCHES(more) "{matches: [{path: {value: /a}}, {path: {value: /b}}]" more "}"
#define FILTER(text)                                                                            \
	"---\n{apiVersion: gateway.pomerium.io/v1alpha1, kind: PolicyFilter, metadata: {name: " \
	"staff, namespace: shop}, spec: {ppl: '" text "'}}\n"
#define FILTERED                                                                             \
	", filters: [{type: ExtensionRef, extensionRef: {group: gateway.pomerium.io, kind: " \
	"PolicyFilter, name: staff}}]"

static struct resolve_settings gateway_settings(long routes, long bytes)
{
	struct resolve_settings settings = settings_of(0, routes);

	settings.limits.namespace.bytes = bytes;
	settings.gateway_api = true;
	settings.gateway_controller = STR("pomerium.io/gateway-controller");
	return settings;
}

static enum resolve_outcome resolve_route(struct rig *rig, const char *name, struct resolved *what,
					  struct err *err)
{
	const struct msg_key key = rig_key(MSG_KIND_HTTP_ROUTE, name);

	return resolver_resolve_owner(rig->resolve, &key, &rig->pool, what, err);
}

/* Two matches under two hosts are four routes, beside the ten of an Ingress. */
static void test_budget_of_routes(void **state)
{
	const struct resolve_settings settings = gateway_settings(15, 0);
	struct resolved what;
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD GATEWAY(LISTENER("a", "a.example") "," LISTENER("b", "b.example")));
	rig_put(&rig, INGRESS("web", "01", "") ROUTE("old", "02", "", MATCHES(""))
			      ROUTE("new", "03", "", MATCHES("")));
	assert_int_equal(resolve_route(&rig, "shop/old", &what, &err), RESOLVE_BUNDLE);
	assert_int_equal(resolve_route(&rig, "shop/new", &what, &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "older Ingresses and HTTPRoutes of its namespace leave no "
					 "room for its 4 routes"));
	assert_non_null(what.bundle.http_route); /* its status says so */

	/* Of one of the listeners it has two, which do not fit either: only the Ingress goes on. */
	rig_put(&rig, ROUTE("new", "03", ", sectionName: b", MATCHES("")));
	assert_int_equal(resolve_route(&rig, "shop/new", &what, &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "no room for its 2 routes"));

	/* Another listener fewer makes room for both. */
	rig_put(&rig, GATEWAY(LISTENER("b", "b.example")));
	assert_int_equal(resolve_route(&rig, "shop/new", &what, &err), RESOLVE_BUNDLE);
	assert_int_equal(resolve_route(&rig, "shop/old", &what, &err), RESOLVE_BUNDLE);

	/* An older one that grows takes it. */
	rig_put(&rig, ROUTE("old", "02", "", MATCHES("") "," MATCHES("")));
	assert_int_equal(resolve_route(&rig, "shop/new", &what, &err), RESOLVE_REJECT);
	rig_delete(&rig, MSG_KIND_HTTP_ROUTE, "shop/old");
	assert_int_equal(resolve_route(&rig, "shop/old", &what, &err), RESOLVE_GONE);
	assert_int_equal(resolve_route(&rig, "shop/new", &what, &err), RESOLVE_BUNDLE);
	rig_clear(&rig);
}

/* What a PolicyFilter says is in each route that names it. */
static void test_budget_of_policies(void **state)
{
	const struct resolve_settings settings = gateway_settings(0, 800);
	struct resolved what;
	struct rig rig;
	struct err err;

	(void)state;
	rig_init(&rig, &settings);
	rig_put(&rig, HEAD GATEWAY(LISTENER("a", "a.example")) FILTER("short"));
	rig_put(&rig, ROUTE("one", "01", "", MATCHES(FILTERED)));
	assert_int_equal(resolve_route(&rig, "shop/one", &what, &err), RESOLVE_BUNDLE);
	rig_put(&rig, FILTER("it is a hundred bytes and more 0123456789012345678901234567890123456"
			     "789012345678901234567890123456789"));
	assert_int_equal(resolve_route(&rig, "shop/one", &what, &err), RESOLVE_REJECT);
	assert_non_null(strstr(err.text, "--max-namespace-bytes is 800"));
	rig_put(&rig, FILTER("short"));
	assert_int_equal(resolve_route(&rig, "shop/one", &what, &err), RESOLVE_BUNDLE);
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upstreams),
		cmocka_unit_test(test_addresses_of_a_port),
		cmocka_unit_test(test_proxied),
		cmocka_unit_test(test_before_anything_else),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_of_routes),
		cmocka_unit_test(test_budget_of_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
