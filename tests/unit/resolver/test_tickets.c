/* test_tickets: what a ticket says of an owner. */
#include "tests/unit/resolver/manifests.h"
#include "tests/unit/resolver/rig.h"

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
		cmocka_unit_test(test_owners_and_meta),
		cmocka_unit_test(test_a_ticket_says_where_a_secret_is_named),
		cmocka_unit_test(test_certificates_that_were_ordered),
		cmocka_unit_test(test_a_ticket_has_the_hosts_of_spec_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
