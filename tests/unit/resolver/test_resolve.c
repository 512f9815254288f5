/* test_resolve: from objects to bundles: what is gathered, and who is concerned by a change. */
#include "tests/unit/resolver/manifests.h"
#include "tests/unit/resolver/rig.h"

#include "resolver/secrets/secrets.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle),
		cmocka_unit_test(test_endpoints_follow),
		cmocka_unit_test(test_external_name_needs_no_endpoints),
		cmocka_unit_test(test_who_is_concerned),
		cmocka_unit_test(test_secrets_come_and_go),
		cmocka_unit_test(test_listings),
		cmocka_unit_test(test_settings_unknown),
		cmocka_unit_test(test_impossible_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
