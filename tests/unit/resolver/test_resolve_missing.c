/* test_resolve_missing: what an owner names and is not there: its sentence, and what does without. */
#include "tests/unit/resolver/manifests.h"
#include "tests/unit/resolver/rig.h"
#include "tests/unit/x509/pems.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_nothing_missing),
		cmocka_unit_test(test_a_tls_secret_that_another_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
