/* test_resolve: from objects to bundles: what is gathered, what is missing, and who is concerned by
 * a change. */
#include "tests/unit/resolver/rig.h"

#include "resolver/secrets/secrets.h"
#include "tests/unit/x509/pems.h"

#define CLASS                                                                                      \
	"---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: pomerium}, " \
	"spec: {controller: pomerium.io/ingress-controller}}\n"
#define SERVICE(name)                                                 \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: " name \
	", namespace: shop}, spec: {ports: [{port: 80}]}}\n"
#define INGRESS(name, annotations, spec)                                                \
	"---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: " name \
	", namespace: shop, uid: u-" name ", generation: 3, annotations: {" annotations \
	"}}, spec: {ingressClassName: pomerium" spec "}}\n"
#define PATH(service) \
	"{path: /, pathType: Prefix, backend: {service: {name: " service ", port: {number: 80}}}}"
#define RULE(paths) ", rules: [{host: h.example, http: {paths: [" paths "]}}]"
#define SECRET(name)                                                 \
	"---\n{apiVersion: v1, kind: Secret, metadata: {name: " name \
	", namespace: shop}, stringData: {k: v}}\n"
#define SLICE(name, service, address, ready)                                                 \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " name \
	", namespace: shop, labels: {kubernetes.io/service-name: " service                   \
	"}}, addressType: IPv4, "                                                            \
	"endpoints: [{addresses: [" address "], conditions: {" ready                         \
	"}}], ports: [{name: http, port: 8080}]}\n"
#define ENDPOINTS(name, address)                                                               \
	"---\n{apiVersion: v1, kind: Endpoints, metadata: {name: " name ", namespace: shop}, " \
	"subsets: [{addresses: [{ip: " address "}], ports: [{name: http, port: 8080}]}]}\n"
#define POMERIUM(name, spec)                                                               \
	"---\n{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: " name \
	"}, spec: {" spec "}}\n"
#define PREFIX "ingress.pomerium.io/"

struct reject_case {
	const char *input, *owner, *sentence;
};

/* clang-format off */
static const struct reject_case rejects[] = {
	{ INGRESS("web", "", RULE(PATH("web"))), "shop/web",
	  "spec.rules[0].http.paths[0].backend: Service \"shop/web\" not found" },
	{ SERVICE("web") INGRESS("web", "", RULE(PATH("web") "," PATH("api"))), "shop/web",
	  "spec.rules[0].http.paths[1].backend: Service \"shop/api\" not found" },
	{ INGRESS("web", "", ", defaultBackend: {service: {name: web, port: {number: 80}}}"), "shop/web",
	  "spec.defaultBackend: Service \"shop/web\" not found" },
	{ INGRESS("web", "", RULE(PATH("Web"))), "shop/web",
	  "spec.rules[0].http.paths[0].backend: Service \"Web\" not found: no object can have this name" },
	{ SERVICE("web") INGRESS("web", "", ", tls: [{hosts: [a]}, {secretName: nope}]" RULE(PATH("web"))), "shop/web",
	  "spec.tls[1].secretName: Secret \"shop/nope\" not found" },
	{ SERVICE("web") INGRESS("web", "'" PREFIX "tls_client_secret': nope", RULE(PATH("web"))), "shop/web",
	  "annotation ingress.pomerium.io/tls_client_secret: Secret \"shop/nope\" not found" },
	{ SERVICE("web") INGRESS("web", "'" PREFIX "fancy_secret': whatever", RULE(PATH("web"))), "shop/web",
	  "annotation ingress.pomerium.io/fancy_secret: Secret \"shop/whatever\" not found" },
	{ SERVICE("web") INGRESS("web", "'" PREFIX "x_secret': ../up", RULE(PATH("web"))), "shop/web",
	  "annotation ingress.pomerium.io/x_secret: Secret \"../up\" not found: no object can have this name" },
	{ SERVICE("web") INGRESS("web", "'" PREFIX "x_secret': ''", RULE(PATH("web"))), "shop/web",
	  "annotation ingress.pomerium.io/x_secret: Secret \"\" not found: no object can have this name" },
	{ POMERIUM("global", "secrets: pomerium/boot"), "global", "spec.secrets: Secret \"pomerium/boot\" not found" },
	{ POMERIUM("global", "secrets: boot"), "global", "spec.secrets: \"boot\" names no Secret, expected namespace/name" },
	{ POMERIUM("global", "secrets: ''"), "global", "spec.secrets: \"\" names no Secret, expected namespace/name" },
	{ POMERIUM("global", "secrets: a/b/c"), "global", "spec.secrets: \"a/b/c\" names no Secret, expected namespace/name" },
	{ POMERIUM("global", "secrets: a/"), "global", "spec.secrets: \"a/\" names no Secret, expected namespace/name" },
	{ POMERIUM("global", "timeouts: {}"), "global", "spec.secrets is required: the Secret's namespace/name" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, caSecrets: [shop/s, shop/t]"), "global",
	  "spec.caSecrets[1]: Secret \"shop/t\" not found" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, identityProvider: {provider: oidc}"), "global",
	  "spec.identityProvider.secret is required: the Secret's namespace/name" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, identityProvider: {provider: hosted, requestParamsSecret: shop/t}"), "global",
	  "spec.identityProvider.requestParamsSecret: Secret \"shop/t\" not found" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, ssh: {hostKeySecrets: [h1]}"), "global",
	  "spec.ssh.hostKeySecrets[0]: \"h1\" names no Secret, expected namespace/name" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, storage: {postgres: {secret: shop/s, tlsSecret: shop/t}}"), "global",
	  "spec.storage.postgres.tlsSecret: Secret \"shop/t\" not found" },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, caSecrets: [shop/t], certificates: [shop/t]"), "global",
	  "spec.caSecrets[0]: Secret \"shop/t\" not found" },
	{ POMERIUM("other", ""), "global",
	  "Pomerium \"global\" not found, though there are objects of this kind: give the name of one with --pomerium-config" },
};

static const struct reject_case accepts[] = {
	{ SERVICE("web") INGRESS("web", "'ingress.pomerium.io.example.com/x_secret': nope", RULE(PATH("web"))), "shop/web", NULL },
	{ SERVICE("web") INGRESS("web", "'ingress.pomerium.i/x_secret': nope, 'x_secret': nope", RULE(PATH("web"))), "shop/web", NULL },
	{ SERVICE("web") INGRESS("web", "'" PREFIX "x_secrets': nope", RULE(PATH("web"))), "shop/web", NULL },
	{ SERVICE("web") INGRESS("web", "", ", tls: [{hosts: [a]}, {secretName: ''}]" RULE(PATH("web"))), "shop/web", NULL },
	{ INGRESS("web", "", ", rules: [{host: a}, {host: b, http: {paths: []}}]"), "shop/web", NULL },
	{ INGRESS("web", "", RULE("{path: /, pathType: Prefix, backend: {resource: {kind: Bucket, name: b}}}")), "shop/web", NULL },
	{ "", "global", NULL },
	{ SECRET("s") POMERIUM("other", "") POMERIUM("global", "secrets: shop/s"), "global", NULL },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, identityProvider: {provider: hosted, secret: shop/t}"), "global", NULL },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, storage: {file: {path: /d}, postgres: {secret: shop/t}}"), "global", NULL },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, certificates: [shop/s, shop/t]"), "global", NULL },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, caSecrets: [], certificates: null, ssh: {}, storage: {}"), "global", NULL },
	{ SECRET("s") POMERIUM("global", "secrets: shop/s, ssh: 7, storage: {postgres: [shop/x]}, certificates: {a: b}, caSecrets: [3]"), "global", NULL },
};
/* clang-format on */

static void test_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rejects) / sizeof(rejects[0]); i++) {
		struct rig rig;

		rig_init(&rig, NULL);
		rig_put(&rig, CLASS);
		rig_put(&rig, rejects[i].input);
		rig_expect_reject(&rig, rejects[i].owner, rejects[i].sentence);
		rig_clear(&rig);
	}
}

static void test_nothing_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepts) / sizeof(accepts[0]); i++) {
		struct rig rig;

		rig_init(&rig, NULL);
		rig_put(&rig, CLASS);
		rig_put(&rig, accepts[i].input);
		rig_bundle(&rig, accepts[i].owner);
		rig_clear(&rig);
	}
}

static void test_bundle(void **state)
{
	struct msg_bundle bundle;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS SERVICE("web") SECRET("tls") SECRET("client")
			      INGRESS("web", "'" PREFIX "tls_client_secret': client",
				      ", tls: [{secretName: tls}, {secretName: client}]" RULE(
					      PATH("web") "," PATH("web"))));
	rig_put(&rig, SLICE("web-1", "web", "10.0.0.1", "ready: true"));
	bundle = rig_bundle(&rig, "shop/web");
	assert_true(str_is(bundle.owner.name, "web") &&
		    str_is(bundle.ingress->metadata.uid, "u-web"));
	assert_int_equal(bundle.ingress->spec.rules.items[0].http->paths.n, 2);
	assert_int_equal(bundle.services.n, 1);
	assert_true(str_is(bundle.services.items[0].name, "web"));
	assert_int_equal(bundle.services.items[0].spec.ports.items[0].port, 80);
	assert_int_equal(bundle.services.items[0].endpoints.n, 1);
	assert_true(
		str_is(bundle.services.items[0].endpoints.items[0].addresses.items[0], "10.0.0.1"));
	assert_int_equal(bundle.secrets.n, 2);
	assert_true(str_is(bundle.secrets.items[0].name, "tls") &&
		    str_is(bundle.secrets.items[1].name, "client"));
	assert_true(str_is(bundle.secrets.items[0].type, "Opaque"));
	assert_int_equal(bundle.secrets.items[0].values.items[0].len, 1);
	assert_null(bundle.secrets.items[0].values.items[0].clear.ptr);
	assert_true(str_is(rig_bundle(&rig, "global").owner.name, "global"));
	assert_null(rig_bundle(&rig, "global").pomerium);
	rig_expect_outcome(&rig, "shop/other", RESOLVE_GONE);
	rig_expect_outcome(&rig, "other", RESOLVE_GONE);
	rig_clear(&rig);
}

/* How many addresses the bundle of shop/web has for its Service. */
static size_t n_addresses(struct rig *rig)
{
	const struct msg_bundle bundle = rig_bundle(rig, "shop/web");
	size_t n = 0;

	for (size_t i = 0; i < bundle.services.items[0].endpoints.n; i++)
		n += bundle.services.items[0].endpoints.items[i].addresses.n;
	return n;
}

static void test_endpoints_follow(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS SERVICE("web") SERVICE("api") INGRESS("web", "", RULE(PATH("web")))
			      INGRESS("api", "", RULE(PATH("api"))));
	rig_expect_dirty(&rig, "Ingress/shop/api Ingress/shop/web");
	assert_int_equal(n_addresses(&rig), 0);
	rig_put(&rig, ENDPOINTS("web", "10.0.0.9"));
	rig_expect_dirty(&rig, "Ingress/shop/web");
	assert_int_equal(n_addresses(&rig), 1);
	/* A slice, even one without anybody ready, takes the place of Endpoints. */
	rig_put(&rig, SLICE("s1", "web", "10.0.0.1", "ready: false"));
	rig_expect_dirty(&rig, "Ingress/shop/web");
	assert_int_equal(n_addresses(&rig), 0);
	rig_put(&rig, SLICE("s1", "web", "10.0.0.1", ""));
	rig_put(&rig, SLICE("s2", "web", "10.0.0.1", "ready: true"));
	assert_int_equal(n_addresses(&rig), 1);
	rig_expect_dirty(&rig, "Ingress/shop/web");
	rig_put(&rig, ENDPOINTS("web", "10.0.0.8"));
	rig_expect_dirty(&rig, "");
	/* It moves to another Service: both are concerned. */
	rig_put(&rig, SLICE("s1", "api", "10.0.0.1", ""));
	rig_expect_dirty(&rig, "Ingress/shop/api Ingress/shop/web");
	rig_delete(&rig, MSG_KIND_ENDPOINT_SLICE, "shop/s2");
	rig_expect_dirty(&rig, "Ingress/shop/web");
	assert_int_equal(n_addresses(&rig), 1);
	rig_delete(&rig, MSG_KIND_ENDPOINTS, "shop/web");
	rig_expect_dirty(&rig, "Ingress/shop/web");
	rig_put(&rig, "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s9, "
		      "namespace: shop}}");
	rig_expect_dirty(&rig, "");
	rig_clear(&rig);
}

static void test_external_name_needs_no_endpoints(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig,
		CLASS INGRESS("web", "", RULE(PATH("web"))) SLICE("s1", "web", "10.0.0.1", ""));
	rig_put(&rig, "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, "
		      "spec: {type: ExternalName, externalName: a.example}}");
	assert_int_equal(n_addresses(&rig), 0);
	rig_put(&rig, SERVICE("web"));
	assert_int_equal(n_addresses(&rig), 1);
	rig_clear(&rig);
}

static void test_who_is_concerned(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS INGRESS("a", "", ", tls: [{secretName: tls}]" RULE(PATH("web")))
			      INGRESS("b", "", RULE(PATH("web") "," PATH("api"))));
	rig_expect_dirty(&rig, "Ingress/shop/a Ingress/shop/b");
	rig_put(&rig, SERVICE("api"));
	rig_expect_dirty(&rig, "Ingress/shop/b");
	rig_put(&rig, SERVICE("web"));
	rig_expect_dirty(&rig, "Ingress/shop/a Ingress/shop/b");
	rig_put(&rig, SERVICE("web") SERVICE("nobody"));
	rig_expect_dirty(&rig, "");
	rig_expect_reject(&rig, "shop/a", "spec.tls[0].secretName: Secret \"shop/tls\" not found");
	rig_put(&rig, SECRET("tls") SECRET("other"));
	rig_expect_dirty(&rig, "Ingress/shop/a");
	rig_bundle(&rig, "shop/a");
	rig_delete(&rig, MSG_KIND_SERVICE, "shop/web");
	rig_expect_dirty(&rig, "Ingress/shop/a Ingress/shop/b");
	/* b forgets web: its absence is no concern of b any more. */
	rig_put(&rig, INGRESS("b", "", RULE(PATH("api"))));
	rig_expect_dirty(&rig, "Ingress/shop/b");
	rig_bundle(&rig, "shop/b");
	rig_put(&rig, SERVICE("web"));
	rig_expect_dirty(&rig, "Ingress/shop/a");
	rig_delete(&rig, MSG_KIND_INGRESS, "shop/a");
	rig_expect_dirty(&rig, "Ingress/shop/a");
	rig_delete(&rig, MSG_KIND_INGRESS, "shop/a");
	rig_delete(&rig, MSG_KIND_SERVICE, "shop/web");
	rig_expect_dirty(&rig, "");
	rig_put(&rig, POMERIUM("other", ""));
	rig_expect_dirty(&rig, "Pomerium//global");
	rig_put(&rig, POMERIUM("global", "secrets: shop/tls"));
	rig_expect_dirty(&rig, "Pomerium//global");
	rig_delete(&rig, MSG_KIND_POMERIUM, "other");
	rig_expect_dirty(&rig, "");
	rig_put(&rig, "{apiVersion: v1, kind: Secret, metadata: {name: tls, namespace: shop}, "
		      "stringData: {k: w}}");
	rig_expect_dirty(&rig, "Pomerium//global");
	rig_clear(&rig);
}

static void test_secrets_come_and_go(void **state)
{
	struct msg_key tls = rig_key(MSG_KIND_SECRET, "shop/tls");
	struct msg_secret_value value = { .key = tls, .answer = MSG_SECRET_FORBIDDEN };
	const struct secrets *secrets;
	struct msg_secret_put put;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	secrets = resolver_resolve_secrets(rig.resolve);
	rig.silent = true;
	rig_put(&rig,
		CLASS SERVICE("web") SECRET("tls")
			INGRESS("a", "", ", tls: [{secretName: tls}]" RULE(PATH("web")))
				INGRESS("b", "", ", tls: [{secretName: tls}]" RULE(PATH("web"))));
	assert_int_equal(rig.wanted.n, 1);
	rig_expect_outcome(&rig, "shop/a", RESOLVE_WAIT);
	assert_false(resolver_secrets_values(secrets, &tls, &rig.pool, &put));
	resolver_resolve_secret(rig.resolve, &value, 0);
	rig_expect_reject(&rig, "shop/a",
			  "spec.tls[0].secretName: Secret \"shop/tls\" may not be read: the API "
			  "server forbids "
			  "it, a Role must allow \"get\" on it");
	value.answer = MSG_SECRET_UNAVAILABLE;
	resolver_resolve_secret(rig.resolve, &value, 0);
	rig_expect_reject(&rig, "shop/a",
			  "spec.tls[0].secretName: Secret \"shop/tls\" cannot be read just now, it "
			  "is tried again");
	rig.silent = false;
	rig_answer(&rig, &tls);
	rig_bundle(&rig, "shop/a");
	assert_non_null(map_get(&rig.puts, STR("shop/tls")));
	assert_true(resolver_secrets_values(secrets, &tls, &rig.pool, &put));
	assert_true(str_is(put.entries.items[0].name, "k") &&
		    str_is(put.entries.items[0].bytes, "v"));
	/* What could be read once goes on serving while it cannot. */
	resolver_resolve_secret(rig.resolve, &value, 0);
	rig_bundle(&rig, "shop/a");
	/* The last owner lets go. */
	rig_delete(&rig, MSG_KIND_INGRESS, "shop/a");
	assert_int_equal(rig.wanted.n, 1);
	assert_true(resolver_secrets_wants(secrets, &tls));
	rig_put(&rig, INGRESS("b", "", RULE(PATH("web"))));
	assert_int_equal(rig.wanted.n, 0);
	assert_false(resolver_secrets_wants(secrets, &tls));
	assert_false(resolver_secrets_values(secrets, &tls, &rig.pool, &put));
	resolver_resolve_secret(rig.resolve, map_get(&rig.secrets, STR("shop/tls")), 0);
	assert_false(resolver_secrets_values(secrets, &tls, &rig.pool, &put));
	rig_clear(&rig);
}

static void test_listings(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	for (int kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++) {
		assert_false(resolver_resolve_synced(rig.resolve));
		rig_state(&rig, kind, MSG_KIND_LISTING);
	}
	assert_false(resolver_resolve_synced(rig.resolve));
	rig_put(&rig, CLASS SERVICE("web") INGRESS("a", "", RULE(PATH("web")))
			      INGRESS("b", "", RULE(PATH("web"))));
	for (int kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		rig_state(&rig, kind, MSG_KIND_SYNCED);
	assert_true(resolver_resolve_synced(rig.resolve) && resolver_resolve_complete(rig.resolve));
	rig_expect_dirty(&rig, "Ingress/shop/a Ingress/shop/b");
	/* A resync that brings the same and misses one. */
	rig_state(&rig, MSG_KIND_INGRESS, MSG_KIND_LISTING);
	rig_put(&rig, INGRESS("a", "", RULE(PATH("web"))));
	rig_expect_dirty(&rig, "");
	rig_state(&rig, MSG_KIND_INGRESS, MSG_KIND_SYNCED);
	rig_expect_dirty(&rig, "Ingress/shop/b");
	rig_expect_outcome(&rig, "shop/b", RESOLVE_GONE);
	/* One that fails deletes nothing, and may still come to its end. */
	rig_state(&rig, MSG_KIND_INGRESS, MSG_KIND_LISTING);
	rig_state(&rig, MSG_KIND_INGRESS, MSG_KIND_UNAVAILABLE);
	rig_bundle(&rig, "shop/a");
	assert_true(resolver_resolve_synced(rig.resolve));
	assert_false(resolver_resolve_complete(rig.resolve));
	rig_put(&rig, INGRESS("a", "", RULE(PATH("web"))));
	rig_state(&rig, MSG_KIND_INGRESS, MSG_KIND_SYNCED);
	rig_bundle(&rig, "shop/a");
	assert_true(resolver_resolve_complete(rig.resolve));
	rig_expect_dirty(&rig, "");
	/* A kind that cannot be read is named beside what is missing. */
	rig_state(&rig, MSG_KIND_SERVICE, MSG_KIND_UNAVAILABLE);
	assert_true(resolver_resolve_complete(rig.resolve));
	rig_put(&rig, INGRESS("a", "", RULE(PATH("api"))));
	rig_expect_reject(&rig, "shop/a",
			  "spec.rules[0].http.paths[0].backend: Service \"shop/api\" not found: "
			  "objects of kind "
			  "Service cannot be read just now (away)");
	rig_expect_dirty(&rig, "Ingress/shop/a");
	/* Who lacks one is looked at again when it can be read, though none has come. */
	rig_state(&rig, MSG_KIND_SERVICE, MSG_KIND_LISTING);
	rig_state(&rig, MSG_KIND_SERVICE, MSG_KIND_UNAVAILABLE);
	rig_expect_dirty(&rig, "");
	rig_state(&rig, MSG_KIND_SERVICE, MSG_KIND_NOT_INSTALLED);
	rig_expect_dirty(&rig, "Ingress/shop/a");
	rig_put(&rig, INGRESS("a", "", RULE(PATH("web"))));
	rig_expect_reject(&rig, "shop/a",
			  "spec.rules[0].http.paths[0].backend: Service \"shop/web\" not found");
	rig_clear(&rig);
}

/* That there are no settings is only said of a whole list. */
static void test_settings_unknown(void **state)
{
	struct msg_key key = rig_key(MSG_KIND_POMERIUM, "global");
	struct resolve *fresh;
	struct rig rig;
	struct msg_key *owners;
	size_t n;

	(void)state;
	rig_init(&rig, NULL);
	rig_state(&rig, MSG_KIND_POMERIUM, MSG_KIND_UNAVAILABLE);
	rig_bundle(&rig, "global"); /* it was known before */
	rig_expect_dirty(&rig, "");
	fresh = rig.resolve;
	rig.resolve = resolver_resolve_new(
		&(struct resolve_settings){ .pomerium_config = STR("global") },
		&(struct resolve_sink){ &rig, rig_on_dirty, rig_on_wanted, rig_on_put, NULL });
	resolver_resolve_destroy(&fresh);
	rig_state(&rig, MSG_KIND_POMERIUM, MSG_KIND_UNAVAILABLE);
	assert_false(resolver_changes_is_owner(rig.resolve, &key));
	resolver_resolve_owners(rig.resolve, &rig.pool, &owners, &n);
	assert_int_equal(n, 0);
	rig_expect_outcome(&rig, "global", RESOLVE_GONE);
	rig_expect_dirty(&rig, "");
	rig_put(&rig, POMERIUM("global", "secrets: a/b"));
	rig_expect_dirty(&rig, "Pomerium//global");
	assert_true(resolver_changes_is_owner(rig.resolve, &key));
	rig_delete(&rig, MSG_KIND_POMERIUM, "global");
	rig_expect_dirty(&rig, "Pomerium//global");
	rig_expect_outcome(&rig, "global", RESOLVE_GONE);
	rig_state(&rig, MSG_KIND_POMERIUM, MSG_KIND_LISTING);
	rig_state(&rig, MSG_KIND_POMERIUM, MSG_KIND_SYNCED);
	rig_expect_dirty(&rig, "Pomerium//global");
	rig_bundle(&rig, "global");
	rig_clear(&rig);
}

static void test_owners_and_meta(void **state)
{
	struct msg_key a = rig_key(MSG_KIND_INGRESS, "shop/a"),
		       none = rig_key(MSG_KIND_POMERIUM, "global");
	struct msg_key *owners;
	struct rig rig;
	size_t n;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS INGRESS("b", "", "") INGRESS("a", "", ""));
	rig_put(&rig, "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x, "
		      "namespace: shop}, spec: {}}");
	resolver_resolve_owners(rig.resolve, &rig.pool, &owners, &n);
	assert_int_equal(n, 3);
	assert_true(str_is(owners[0].name, "global") && str_is(owners[1].name, "a") &&
		    str_is(owners[2].name, "b"));
	assert_true(resolver_changes_is_owner(rig.resolve, &a) &&
		    resolver_changes_is_owner(rig.resolve, &none));
	assert_true(str_is(rig_ticket(&rig, "shop/a").uid, "u-a"));
	assert_int_equal(rig_ticket(&rig, "shop/a").generation, 3);
	assert_int_equal(rig_ticket(&rig, "global").uid.len, 0);
	rig_clear(&rig);
}

static struct msg_object ordered_object(struct msg_ordered *ordered, struct str_pair *label)
{
	ordered->metadata.labels = (struct str_map){ label, 1 };
	return (struct msg_object){ .key = { MSG_KIND_CERTIFICATE, STR("edge"), STR("one") },
				    .ordered = ordered };
}

/* It is an owner that needs no translator, whether its Secret is there or not. */
static void test_certificates_that_were_ordered(void **state)
{
	struct str name = STR("App.Example.com.");
	struct str_pair label = { STR(MSG_ORDERED_LABEL), STR(MSG_ORDERED_BY) };
	struct msg_ordered ordered = {
		.metadata = { .namespace = STR("edge"), .name = STR("one"), .uid = STR("u-one") },
		.spec = { .dnsNames = { &name, 1 },
			  .secretName = STR("one-tls"),
			  .issuerRef = { STR(""), STR("le"), STR("") } }
	};
	const struct resolve_settings settings = { .pomerium_config = STR("global"),
						   .certificates = true };
	struct msg_object object = ordered_object(&ordered, &label);
	struct resolved what;
	struct rig rig;

	(void)state;
	rig_init(&rig, &settings);
	packed_put(rig.resolve, &object);
	rig_expect_dirty(&rig, "Certificate/edge/one");
	assert_int_equal(resolver_resolve_owner(rig.resolve, &object.key, &rig.pool, &what, NULL),
			 RESOLVE_CONFIG);
	assert_true(str_is(what.ticket.uid, "u-one"));
	assert_true(str_is(what.ticket.hosts.items[0], "app.example.com"));
	assert_true(str_is(what.issuer.kind, "Issuer") && str_is(what.issuer.name, "le"));
	assert_true(str_is(what.ticket.secrets.items[0].name, "one-tls"));
	assert_int_equal(what.ticket.secrets.items[0].values.n, 0);
	rig_put(&rig, "{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: "
		      "one-tls, namespace: edge}, data: {tls.crt: YQ==, tls.key: Yg==}}");
	rig_expect_dirty(&rig, "Certificate/edge/one");
	assert_int_equal(resolver_resolve_owner(rig.resolve, &object.key, &rig.pool, &what, NULL),
			 RESOLVE_CONFIG);
	assert_int_equal(what.ticket.secrets.items[0].values.n, 2);
	label.value = STR("somebody-else");
	packed_put(rig.resolve, &object);
	rig_expect_dirty(&rig, "Certificate/edge/one");
	assert_int_equal(resolver_resolve_owner(rig.resolve, &object.key, &rig.pool, &what, NULL),
			 RESOLVE_GONE);
	rig_clear(&rig);
}

/* Somebody provides what spec.tls names, also before it is there. */
static void test_a_ticket_has_the_hosts_of_spec_tls(void **state)
{
	struct rig rig;
	struct str_list promised;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS INGRESS("a", "",
				    ", tls: [{hosts: [A.example.com, b.example.com], secretName: "
				    "soon}, {hosts: [c.example.com]}]"));
	promised = rig_ticket(&rig, "shop/a").promised;
	assert_int_equal(promised.n, 2);
	assert_true(str_is(promised.items[0], "a.example.com"));
	assert_true(str_is(promised.items[1], "b.example.com"));
	rig_clear(&rig);
}

#define TLS_OF_A ", tls: [{hosts: [h.example.com], secretName: soon}]"

static const char *secret_doc(const char *name, const struct pem_pair *pair, struct pool *pool)
{
	struct buf cert, key;
	struct str text;

	buf_init(&cert, BUF_MAX_TEXT);
	buf_init(&key, BUF_MAX_TEXT);
	buf_base64(&cert, pair->cert);
	buf_base64(&key, pair->key);
	text = pool_printf(pool,
			   "{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: "
			   "{name: %s, namespace: shop}, data: {tls.crt: " STR_FMT
			   ", tls.key: " STR_FMT "}}",
			   name, STR_ARG(buf_view(&cert)), STR_ARG(buf_view(&key)));
	buf_clear(&cert);
	buf_clear(&key);
	return text.ptr;
}

/* Where another certificate is for its hosts, an Ingress can do without; who comes and goes among
 * them makes it look again. */
static void test_a_tls_secret_that_another_covers(void **state)
{
	struct msg_bundle bundle;
	struct pem_pair wild;
	struct err err;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	wild = pem_make("DNS:*.example.com", 10, &rig.pool);
	rig_put(&rig, CLASS INGRESS("a", "", TLS_OF_A));
	rig_expect_outcome(&rig, "shop/a", RESOLVE_REJECT);
	rig_put(&rig, secret_doc("wild", &wild, &rig.pool));
	rig_expect_outcome(&rig, "shop/a", RESOLVE_REJECT);
	map_clear(&rig.dirty);
	rig_put(&rig, POMERIUM("global", "secrets: shop/b, certificates: [shop/wild]"));
	rig_expect_dirty(&rig, "Ingress/shop/a Pomerium//global");
	assert_int_equal(rig_resolve(&rig, "shop/a", &bundle, &err), RESOLVE_BUNDLE);
	assert_int_equal(bundle.notes.n, 1);
	assert_true(str_is(bundle.notes.items[0],
			   "spec.tls[0].secretName: Secret \"shop/soon\" not found; until it is "
			   "there, the certificate of \"shop/wild\" is served for its hosts"));
	rig_delete(&rig, MSG_KIND_SECRET, "shop/wild");
	rig_expect_dirty(&rig, "Ingress/shop/a Pomerium//global");
	rig_expect_outcome(&rig, "shop/a", RESOLVE_REJECT);
	rig_put(&rig, secret_doc("wild", &wild, &rig.pool));
	rig_expect_outcome(&rig, "shop/a", RESOLVE_BUNDLE);
	rig_put(&rig, secret_doc("soon", &wild, &rig.pool));
	assert_int_equal(rig_resolve(&rig, "shop/a", &bundle, &err), RESOLVE_BUNDLE);
	assert_int_equal(bundle.notes.n, 0);
	map_clear(&rig.dirty);
	rig_put(&rig, POMERIUM("global", "secrets: shop/b"));
	rig_expect_dirty(&rig, "Pomerium//global"); /* it lacks nothing any more */
	rig_clear(&rig);
}

static void test_impossible_keys(void **state)
{
	struct msg_ingress ingress = { 0 };
	struct msg_object object = {
		.key = { .kind = MSG_KIND_INGRESS, .namespace = STR("a/b"), .name = STR("c") },
		.ingress = &ingress
	};
	struct resolved what;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	packed_put(rig.resolve, &object);
	object.key.kind = 77;
	packed_put(rig.resolve, &object);
	resolver_resolve_delete(rig.resolve, &object.key, 0);
	resolver_resolve_secret(rig.resolve, &(struct msg_secret_value){ .key = object.key }, 0);
	resolver_resolve_kind_state(rig.resolve, &(struct msg_kind_state){ .kind = 99 });
	assert_int_equal(resolver_resolve_owner(rig.resolve, &object.key, &rig.pool, &what, NULL),
			 RESOLVE_GONE);
	rig_clear(&rig);
}

/* Every place that names a Secret is in the ticket, and no place twice. */
static void test_a_ticket_says_where_a_secret_is_named(void **state)
{
	struct msg_ticket ticket;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	rig_put(&rig, CLASS
		"---\n{apiVersion: v1, kind: Secret, metadata: {name: tls, namespace: shop}, type: "
		"kubernetes.io/tls, stringData: {tls.crt: c, tls.key: k}}\n---\n"
		"{apiVersion: v1, kind: Secret, metadata: {name: other, namespace: shop}}\n---\n"
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, "
		"namespace: shop, uid: u, generation: 4, creationTimestamp: "
		"'2024-01-31T10:20:30Z', annotations: {ingress.pomerium.io/tls_client_secret: tls, "
		"ingress.pomerium.io/x_secret: other}}, spec: {ingressClassName: pomerium, tls: "
		"[{secretName: tls, hosts: [D.example.com.]}, {secretName: tls}], rules: [{host: "
		"A.Example.com}, {}, {host: a.example.com}], defaultBackend: {resource: {kind: K, "
		"name: n}}}, status: {loadBalancer: {ingress: [{ip: "
		"192.0.2.1}]}}}\n");
	assert_int_equal(rig_bundle(&rig, "shop/web").secrets.n, 2);
	ticket = rig_ticket(&rig, "shop/web");
	assert_int_equal(ticket.created, 1706696430);
	assert_int_equal(ticket.status.ingress.n, 1);
	assert_int_equal(ticket.hosts.n, 3); /* each once; the default backend's is that of tls */
	assert_true(str_is(ticket.hosts.items[0], "a.example.com"));
	assert_true(str_is(ticket.hosts.items[1], "*"));
	assert_true(str_is(ticket.hosts.items[2], "d.example.com"));
	assert_int_equal(ticket.secrets.n, 2);
	assert_true(str_is(ticket.secrets.items[0].name, "tls"));
	assert_true(str_is(ticket.secrets.items[0].type, "kubernetes.io/tls"));
	assert_int_equal(ticket.secrets.items[0].values.n, 2);
	assert_int_equal(ticket.secrets.items[0].references.n, 2);
	assert_true(str_is(ticket.secrets.items[0].references.items[0], "spec.tls"));
	assert_true(str_is(ticket.secrets.items[0].references.items[1], "tls_client_secret"));
	assert_int_equal(ticket.secrets.items[1].references.n, 1);
	assert_true(str_is(ticket.secrets.items[1].references.items[0], "x_secret"));
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_nothing_missing),
		cmocka_unit_test(test_bundle),
		cmocka_unit_test(test_endpoints_follow),
		cmocka_unit_test(test_external_name_needs_no_endpoints),
		cmocka_unit_test(test_who_is_concerned),
		cmocka_unit_test(test_secrets_come_and_go),
		cmocka_unit_test(test_listings),
		cmocka_unit_test(test_settings_unknown),
		cmocka_unit_test(test_owners_and_meta),
		cmocka_unit_test(test_a_ticket_says_where_a_secret_is_named),
		cmocka_unit_test(test_certificates_that_were_ordered),
		cmocka_unit_test(test_a_ticket_has_the_hosts_of_spec_tls),
		cmocka_unit_test(test_a_tls_secret_that_another_covers),
		cmocka_unit_test(test_impossible_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
