/* test_outgoing: what a change writes down, and when an announcement begins. */
#include "tests/unit/resolver/rig.h"

#include "resolver/outgoing/outgoing.h"

#define CLASS                                                                          \
	"{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: p}, " \
	"spec: {controller: pomerium.io/ingress-controller}}\n"
#define INGRESS(name)                                                                   \
	"---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: " name \
	", namespace: shop}, spec: {ingressClassName: p, tls: [{secretName: tls}]}}\n"

struct fixture {
	struct outgoing out;
	struct rig rig; /* of which only the core is used, with another sink */
};

static void fixture_init(struct fixture *f)
{
	const struct resolve_settings settings = { .controller =
							   STR("pomerium.io/ingress-controller"),
						   .prefix = STR("ingress.pomerium.io"),
						   .pomerium_config = STR("global") };
	struct resolve_sink sink;

	memset(f, 0, sizeof(*f));
	pool_init(&f->rig.pool);
	map_init(&f->rig.wanted, NULL);
	map_init(&f->rig.secrets, NULL);
	resolver_outgoing_init(&f->out);
	sink = resolver_outgoing_sink(&f->out);
	f->rig.resolve = resolver_resolve_new(&settings, &sink);
}

static void fixture_clear(struct fixture *f)
{
	resolver_resolve_destroy(&f->rig.resolve);
	resolver_outgoing_clear(&f->out);
	map_clear(&f->rig.secrets);
	map_clear(&f->rig.wanted);
	pool_clear(&f->rig.pool);
}

static void sync_all(struct fixture *f, enum msg_kind but)
{
	for (int kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		rig_state(&f->rig, (enum msg_kind)kind,
			  kind == (int)but ? MSG_KIND_UNAVAILABLE : MSG_KIND_SYNCED);
}

static void expect_next(struct keyqueue *queue, const char *name)
{
	struct msg_key key;
	struct pool pool;

	pool_init(&pool);
	assert_int_equal(resolver_keyqueue_pop(queue, &pool, &key), name != NULL);
	if (name)
		assert_true(str_is(key.name, name));
	pool_clear(&pool);
}

static void test_secrets(void **state)
{
	struct msg_secret_value value = { .key = { MSG_KIND_SECRET, STR("shop"), STR("tls") },
					  .answer = MSG_SECRET_FOUND };
	struct fixture f;

	(void)state;
	fixture_init(&f);
	rig_put(&f.rig, CLASS INGRESS("a"));
	expect_next(&f.out.wanted, "tls");
	expect_next(&f.out.values, NULL);
	resolver_resolve_secret(f.rig.resolve, &value, 0);
	expect_next(&f.out.values, "tls");
	resolver_outgoing_ask_again(&f.out, resolver_resolve_secrets(f.rig.resolve));
	expect_next(&f.out.wanted, "tls");
	sync_all(&f, MSG_KIND_NONE);
	resolver_outgoing_announce(&f.out, f.rig.resolve);
	expect_next(&f.out.values, "tls");
	expect_next(&f.out.values, NULL);
	rig_delete(&f.rig, MSG_KIND_INGRESS, "shop/a");
	expect_next(&f.out.unwanted, "tls");
	expect_next(&f.out.wanted, NULL);
	fixture_clear(&f);
}

static size_t n_waiting(const struct fixture *f)
{
	size_t n = 0;

	for (int lane = 0; lane < N_TURNS_LANES; lane++)
		n += f->out.queue.turns.lanes[lane].n_items;
	return n;
}

/* Before every kind is known nothing is announced, and no owner waits. */
static void test_announcement(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	rig_put(&f.rig, CLASS INGRESS("a"));
	resolver_outgoing_announce(&f.out, f.rig.resolve);
	assert_int_equal(f.out.announce.state, ANNOUNCE_NONE);
	assert_int_equal(n_waiting(&f), 0);
	sync_all(&f, MSG_KIND_INGRESS);
	resolver_outgoing_announce(&f.out, f.rig.resolve);
	assert_int_equal(f.out.announce.state, ANNOUNCE_RUNNING);
	assert_int_equal(f.out.announce.n, 2); /* the Pomerium object, too */
	assert_false(f.out.announce.complete);
	assert_int_equal(n_waiting(&f), 2);
	assert_true(f.out.addresses.due);
	/* no second one on account of the same state of things ... */
	f.out.addresses.due = false;
	resolver_outgoing_announce(&f.out, f.rig.resolve);
	assert_false(f.out.addresses.due);
	/* ... but one as soon as nothing is missing */
	rig_put(&f.rig, INGRESS("b"));
	assert_int_equal(n_waiting(&f), 3);
	sync_all(&f, MSG_KIND_NONE);
	resolver_outgoing_announce(&f.out, f.rig.resolve);
	assert_true(f.out.announce.complete);
	assert_true(f.out.addresses.due);
	fixture_clear(&f);
}

static void test_service(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.out.addresses.key = (struct msg_key){ MSG_KIND_SERVICE, STR("lab"), STR("proxy") };
	rig_put(&f.rig, "{apiVersion: v1, kind: Service, metadata: {name: other, namespace: lab}, "
			"spec: {type: ClusterIP}}");
	assert_false(f.out.addresses.due);
	rig_put(&f.rig, "{apiVersion: v1, kind: Service, metadata: {name: proxy, namespace: lab}, "
			"spec: {type: ClusterIP}}");
	assert_true(f.out.addresses.due);
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_secrets),
					    cmocka_unit_test(test_announcement),
					    cmocka_unit_test(test_service) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
