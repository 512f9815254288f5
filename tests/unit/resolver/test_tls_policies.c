/* test_tls_policies: whom a change of a BackendTLSPolicy concerns, and of what it depends on. */
#include "rig.h"

#define GATEWAY_API "apiVersion: gateway.networking.k8s.io/v1\n"
#define SERVICE(name)                                   \
	"apiVersion: v1\n"                              \
	"kind: Service\n"                               \
	"metadata: {namespace: shop, name: " name "}\n" \
	"spec: {ports: [{port: 443, name: https}]}\n"   \
	"---\n"
#define ROUTE(name, service, path)                                        \
	GATEWAY_API "kind: HTTPRoute\n"                                   \
		    "metadata: {namespace: shop, name: " name "}\n"       \
		    "spec:\n"                                             \
		    "  parentRefs: [{name: front}]\n"                     \
		    "  rules:\n"                                          \
		    "  - matches: [{path: {value: " path "}}]\n"          \
		    "    backendRefs: [{name: " service ", port: 443}]\n" \
		    "---\n"
#define POLICY(name, service, host, more)                                             \
	GATEWAY_API "kind: BackendTLSPolicy\n"                                        \
		    "metadata: {namespace: shop, name: " name "}\n"                   \
		    "spec:\n"                                                         \
		    "  targetRefs: [{group: '', kind: Service, name: " service "}]\n" \
		    "  validation: {hostname: " host                                  \
		    ", caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}\n" more
#define AUTHORITIES(text)                         \
	"apiVersion: v1\n"                        \
	"kind: ConfigMap\n"                       \
	"metadata: {namespace: shop, name: ca}\n" \
	"data: {ca.crt: " text ", other: " text "}\n"
#define GATEWAY(name)                                                                            \
	GATEWAY_API "kind: Gateway\n"                                                            \
		    "metadata: {namespace: shop, name: " name "}\n"                              \
		    "spec: {gatewayClassName: ours, listeners: [{name: a, port: 443, protocol: " \
		    "HTTPS}]}\n"                                                                 \
		    "---\n"
#define CLASS                                  \
	GATEWAY_API "kind: GatewayClass\n"     \
		    "metadata: {name: ours}\n" \
		    "spec: {controllerName: example.com/ours}\n---\n"
#define WORLD                                                                   \
	CLASS GATEWAY("front") SERVICE("a") SERVICE("b") ROUTE("one", "a", "/") \
		ROUTE("two", "b", "/")

static void start(struct rig *rig)
{
	const struct resolve_settings settings = { .controller = STR("example.com/ingress"),
						   .prefix = STR("ingress.pomerium.io"),
						   .pomerium_config = STR("global"),
						   .gateway_controller = STR("example.com/ours"),
						   .gateway_api = true };

	rig_init(rig, &settings);
	rig_put(rig, WORLD);
	map_clear(&rig->dirty);
}

static enum resolve_outcome resolve(struct rig *rig, enum msg_kind kind, const char *name,
				    struct resolved *out, struct err *err)
{
	const struct msg_key key = rig_key(kind, name);

	return resolver_resolve_owner(rig->resolve, &key, &rig->pool, out, err);
}

#define ONE "BackendTLSPolicy/shop/tls HTTPRoute/shop/one"

static void a_change_concerns_those_with_a_target_of_it(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("tls", "a", "x", ""));
	rig_expect_dirty(&rig, ONE);
	rig_put(&rig, POLICY("tls", "a", "y", ""));
	rig_expect_dirty(&rig, ONE);
	rig_put(&rig, POLICY("tls", "a", "y", "status: {ancestors: []}\n"));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/tls");
	rig_put(&rig, AUTHORITIES("x"));
	rig_expect_dirty(&rig, ONE);
	rig_put(&rig, AUTHORITIES("x"));
	rig_expect_dirty(&rig, "");
	rig_put(&rig, POLICY("rival", "a", "y", ""));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/rival " ONE);
	rig_delete(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/rival");
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/rival " ONE);
	rig_put(&rig, POLICY("tls", "b", "y", ""));
	rig_expect_dirty(&rig, ONE " HTTPRoute/shop/two");
	rig_clear(&rig);
}

/* A thousand policies of one Service would otherwise be in the bundles of each other. */
static void one_that_an_older_one_keeps_from_its_target_concerns_itself(void **state)
{
	struct resolved what;
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("a", "a", "x", ""));
	rig_put(&rig, POLICY("b", "a", "x", ""));
	rig_put(&rig, POLICY("c", "a", "x", ""));
	map_clear(&rig.dirty);
	rig_put(&rig, POLICY("c", "a", "y", ""));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/c");
	rig_put(&rig, POLICY("a", "a", "y", ""));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/a HTTPRoute/shop/one");
	rig_delete(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/c");
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/c");
	rig_put(&rig, POLICY("c", "a", "x", ""));
	map_clear(&rig.dirty);
	assert_int_equal(resolve(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/c", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.backend_tls_policies.n, 2);
	assert_string_equal(what.bundle.backend_tls_policies.items[1].metadata.name.ptr, "a");
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.backend_tls_policies.n, 1);
	rig_put(&rig, POLICY("a", "b", "y", ""));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/a BackendTLSPolicy/shop/b "
			       "BackendTLSPolicy/shop/c HTTPRoute/shop/one HTTPRoute/shop/two");
	rig_put(&rig, POLICY("b", "a, sectionName: https", "x", ""));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/b BackendTLSPolicy/shop/c "
			       "HTTPRoute/shop/one");
	rig_put(&rig, POLICY("d", "a, sectionName: none", "x", ""));
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.backend_tls_policies.n, 2); /* c for all, b for its port */
	rig_clear(&rig);
}

/* A file may say so; an API server does not let it pass. */
static void a_target_may_be_named_twice(void **state)
{
	struct resolved what;
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("tls", "a}, {group: '', kind: Service, name: a", "x", ""));
	rig_put(&rig, POLICY("u", "a}, {group: '', kind: Service, name: a", "x", ""));
	rig_put(&rig, POLICY("tls", "a", "x", ""));
	rig_put(&rig, POLICY("tls", "a}, {group: '', kind: Service, name: a", "y", ""));
	rig_delete(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/tls");
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/tls BackendTLSPolicy/shop/u "
			       "HTTPRoute/shop/one");
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_string_equal(what.bundle.backend_tls_policies.items[0].metadata.name.ptr, "u");
	rig_clear(&rig);
}

static void a_route_concerns_the_policies_of_its_services(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("tls", "a", "x", ""));
	map_clear(&rig.dirty);
	rig_put(&rig, ROUTE("one", "a", "/other"));
	rig_expect_dirty(&rig, "HTTPRoute/shop/one");
	rig_put(&rig, ROUTE("two", "b", "/other"));
	rig_expect_dirty(&rig, "HTTPRoute/shop/two");
	rig_put(&rig, ROUTE("two", "a", "/"));
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/tls HTTPRoute/shop/two");
	rig_delete(&rig, MSG_KIND_HTTP_ROUTE, "shop/two");
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/tls HTTPRoute/shop/two");
	rig_clear(&rig);
}

static void one_that_counts_for_nobody_asks_for_nothing(void **state)
{
	struct resolved what;
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("tls", "none", "x", ""));
	rig_expect_dirty(&rig, "");
	assert_int_equal(rig.wanted.n, 0);
	rig_put(&rig, ROUTE("one", "none", "/"));
	rig_expect_dirty(&rig, ONE);
	assert_non_null(map_get(&rig.wanted, STR("shop/ca")));
	assert_int_equal(resolve(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/tls", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.gateways.n, 1);
	rig_delete(&rig, MSG_KIND_HTTP_ROUTE, "shop/one");
	rig_expect_dirty(&rig, ONE);
	assert_int_equal(rig.wanted.n, 0);
	/* what was written is there to be taken away */
	rig_put(&rig, POLICY("tls", "none", "x",
			     "status: {ancestors: [{controllerName: example.com/ours}]}\n"));
	assert_int_equal(resolve(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/tls", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.gateways.n, 0);
	assert_int_equal(rig.wanted.n, 0);
	rig_clear(&rig);
}

static void its_ancestors_are_the_gateways_of_ours(void **state)
{
	struct resolved what;
	struct rig rig;

	(void)state;
	start(&rig);
	rig_put(&rig, POLICY("tls", "a", "x", ""));
	rig_put(&rig, GATEWAY("back"));
	rig_put(&rig, GATEWAY_API "kind: HTTPRoute\n"
				  "metadata: {namespace: shop, name: three}\n"
				  "spec:\n"
				  "  parentRefs: [{name: theirs}, {name: back}, {name: front}]\n"
				  "  rules: [{backendRefs: [{name: a, port: 443}]}]\n");
	assert_int_equal(resolve(&rig, MSG_KIND_BACKEND_TLS_POLICY, "shop/tls", &what, NULL),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.gateways.n, 2);
	assert_string_equal(what.bundle.gateways.items[0].metadata.name.ptr, "back");
	map_clear(&rig.dirty);
	rig_delete(&rig, MSG_KIND_GATEWAY, "shop/back");
	rig_expect_dirty(&rig, "BackendTLSPolicy/shop/tls Gateway/shop/back HTTPRoute/shop/three");
	rig_clear(&rig);
}

static void who_may_have_one_waits_until_that_is_known(void **state)
{
	struct err err = { "" };
	struct resolved what;
	struct rig rig;

	(void)state;
	start(&rig);
	rig_state(&rig, MSG_KIND_BACKEND_TLS_POLICY, MSG_KIND_UNAVAILABLE);
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, &err),
			 RESOLVE_REJECT);
	assert_string_equal(err.text,
			    "whether Service \"shop/a\" has a BackendTLSPolicy cannot be told: "
			    "objects of kind BackendTLSPolicy cannot be read just now (away)");
	rig_state(&rig, MSG_KIND_BACKEND_TLS_POLICY, MSG_KIND_SYNCED);
	rig_expect_dirty(&rig, "HTTPRoute/shop/one HTTPRoute/shop/two");
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, &err),
			 RESOLVE_BUNDLE);
	/* the values of a policy that is there come, or the route waits for them */
	rig.silent = true;
	rig_put(&rig, POLICY("tls", "a", "x", ""));
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, &err), RESOLVE_WAIT);
	rig.silent = false;
	rig_put(&rig, AUTHORITIES("x"));
	assert_int_equal(resolve(&rig, MSG_KIND_HTTP_ROUTE, "shop/one", &what, &err),
			 RESOLVE_BUNDLE);
	assert_int_equal(what.bundle.authorities.n, 1);
	assert_int_equal(what.ticket.secrets.n, 0);
	assert_int_equal(rig.puts.n, 0);
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_concerns_those_with_a_target_of_it),
		cmocka_unit_test(one_that_an_older_one_keeps_from_its_target_concerns_itself),
		cmocka_unit_test(a_target_may_be_named_twice),
		cmocka_unit_test(a_route_concerns_the_policies_of_its_services),
		cmocka_unit_test(one_that_counts_for_nobody_asks_for_nothing),
		cmocka_unit_test(its_ancestors_are_the_gateways_of_ours),
		cmocka_unit_test(who_may_have_one_waits_until_that_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
