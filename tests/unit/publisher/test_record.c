/* test_record: which records make up what is wanted, and that what was read is what was written. */
#include "publisher/databroker/parts.h"
#include "publisher/databroker/record.h"

#include "tests/unit/x509/pems.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;
static struct record_source source;
static char touched[200]; /* the record of the certificate that changed last */

static void on_touch(void *self, struct str id)
{
	(void)self;
	snprintf(touched, sizeof(touched), STR_FMT, STR_ARG(id));
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	wanted = publisher_wanted_new(NULL);
	source = (struct record_source){ .touch = on_touch };
	publisher_record_open(&source, wanted);
	touched[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_record_close(&source);
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

static struct str record(const char *id, size_t *n_routes)
{
	return publisher_record_wanted(&source, str_from(id), &pool, n_routes);
}

static Pomerium__Config__Config *unpack(struct str bytes)
{
	return (void *)pb_unpack(&pomerium__config__config__descriptor, bytes, &pool, NULL);
}

static void test_ids(void **state)
{
	static const char *const ours[] = { "sluice/ingress/ns/web", "sluice/gateway/ns/web",
					    "sluice/settings", "sluice/cert/ns/tls",
					    "pomerium-certificate-controller-config" };
	static const char *const others[] = { "sluice/ingress/ns",  "sluice/ingress//web",
					      "sluice/ingress/ns/", "sluice/ingress/a/b/c",
					      "sluice/nothing",     "ingress-controller",
					      "sluice/settings/x",  "" };
	struct msg_key owner;

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		assert_true(publisher_record_owner(str_from(ours[i]), &owner));
		assert_true(str_is(publisher_record_id(&owner, &pool), ours[i]));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(publisher_record_owner(str_from(others[i]), &owner));
}

static void test_the_record_of_an_ingress(void **state)
{
	const char *json = rig_route("web", "h.example.com", "/", &pool);
	struct arrival config = rig_config("web", json, &pool);
	struct plan_entry read;
	struct hash digest;
	struct str bytes;
	size_t n_routes;

	(void)state;
	assert_null(record("sluice/ingress/ns/web", &n_routes).ptr);
	rig_put(wanted, &config);
	bytes = record("sluice/ingress/ns/web", &n_routes);
	assert_int_equal(n_routes, 1);
	assert_true(str_eq(bytes, rig_pack_json(json, &pool)));
	assert_int_equal(publisher_record_read(bytes, &read, NULL), 0);
	assert_int_equal(read.n_routes, 1);
	digest = hash_of(bytes);
	assert_true(hash_equal(&read.digest, &digest));
	assert_null(record("sluice/settings", &n_routes).ptr);
}

/* Only a record can say it: config.yaml has no key for it. */
static void test_the_port_of_http3(void **state)
{
	static const struct {
		const char *codec;
		unsigned port;
		bool said;
	} cases[] = {
		{ "CODEC_TYPE_HTTP3", 443, true }, { "CODEC_TYPE_HTTP3", 8443, true },
		{ "CODEC_TYPE_HTTP3", 0, false },  { "CODEC_TYPE_HTTP2", 443, false },
		{ "CODEC_TYPE_AUTO", 443, false },
	};
	struct msg_key key = { MSG_KIND_POMERIUM, STR(""), STR("global") };
	size_t n_routes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const Pomerium__Config__Config *got;

		source.http3_port = cases[i].port;
		publisher_wanted_delete(wanted, &key);
		publisher_record_restore(
			wanted, &key, PARTS_ALONE,
			unpack(rig_pack_json(pool_printf(&pool,
							 "{\"settings\":{\"codec_type\":\"%s\","
							 "\"http3_advertise_port\":7}}",
							 cases[i].codec)
						     .ptr,
					     &pool)));
		got = unpack(record("sluice/settings", &n_routes));
		assert_int_equal(got->settings->has_http3_advertise_port, cases[i].said);
		if (cases[i].said)
			assert_int_equal(got->settings->http3_advertise_port, cases[i].port);
	}
}

/* A databroker may keep records in a form of its own: the order of fields says nothing. */
static void test_another_packing_of_the_same(void **state)
{
	struct plan_entry a, b, c;
	struct str one = STR("\x12\x06\x0a\x01i\x12\x01h"),
		   other = STR("\x12\x06\x12\x01h\x0a\x01i");

	(void)state;
	assert_int_equal(publisher_record_read(one, &a, NULL), 0);
	assert_int_equal(publisher_record_read(other, &b, NULL), 0);
	assert_true(hash_equal(&a.digest, &b.digest));
	assert_int_equal(publisher_record_read(STR("\x12\x06\x0a\x01i\x12\x01x"), &c, NULL), 0);
	assert_false(hash_equal(&a.digest, &c.digest));
	assert_int_equal(publisher_record_read(STR("\xff\xff"), &c, NULL), -1);
}

static void put_certificate_of(enum msg_kind kind, const char *name, const char *names)
{
	struct pem_pair pair = pem_make(names, 10, &pool);
	Pomerium__Config__Settings__Certificate *c =
		PB_NEW(&pool, pomerium__config__settings__certificate);
	Pomerium__Config__Config *config = PB_NEW(&pool, pomerium__config__config);
	struct msg_key key = { kind, STR("ns"), str_from(name) };

	PB_SET_TEXT(c, cert_bytes, pair.cert);
	PB_SET_TEXT(c, key_bytes, pair.key);
	config->settings = PB_NEW(&pool, pomerium__config__settings);
	PB_PUSH(&pool, config->settings, certificates, c);
	publisher_record_restore(wanted, &key, PARTS_ALONE, config);
}

static void put_certificate(const char *secret, const char *names)
{
	put_certificate_of(MSG_KIND_SECRET, secret, names);
}

/* A certificate that was read serves as long as a route needs it. */
static void test_the_record_of_a_certificate(void **state)
{
	struct arrival config =
		rig_config("web", rig_route("web", "h.example.com", "/", &pool), &pool);
	const Pomerium__Config__Config *got;
	size_t n_routes;

	(void)state;
	put_certificate("tls", "DNS:h.example.com");
	assert_null(record("sluice/cert/ns/tls", &n_routes).ptr);
	rig_put(wanted, &config);
	assert_string_equal(touched, "sluice/cert/ns/tls");
	got = unpack(record("sluice/cert/ns/tls", &n_routes));
	assert_int_equal(got->settings->n_certificates, 1);
	assert_int_equal(got->n_routes, 0);
	touched[0] = '\0';
	publisher_wanted_delete(wanted, &config.ticket.owner);
	assert_string_equal(touched, "sluice/cert/ns/tls");
	assert_null(record("sluice/cert/ns/tls", &n_routes).ptr);
}

/* Those that were ordered share a record, under the id that the Go controller has for it. */
static void test_the_record_of_what_was_ordered(void **state)
{
	static const char id[] = "pomerium-certificate-controller-config";
	struct arrival a = rig_config("a", rig_route("a", "a.example.com", "/", &pool), &pool);
	struct arrival b = rig_config("b", rig_route("b", "b.example.com", "/", &pool), &pool);
	size_t n_routes;

	(void)state;
	put_certificate_of(MSG_KIND_CERTIFICATE, "one", "DNS:a.example.com");
	put_certificate_of(MSG_KIND_CERTIFICATE, "two", "DNS:b.example.com");
	assert_null(record(id, &n_routes).ptr); /* no host needs them yet */
	rig_put(wanted, &a);
	rig_put(wanted, &b);
	assert_string_equal(touched, id);
	assert_int_equal(unpack(record(id, &n_routes))->settings->n_certificates, 2);
	assert_null(record("sluice/cert/ns/one", &n_routes).ptr);
	publisher_wanted_delete(wanted, &a.ticket.owner);
	assert_int_equal(unpack(record(id, &n_routes))->settings->n_certificates, 1);
	touched[0] = '\0';
	publisher_wanted_delete(wanted,
				&(struct msg_key){ MSG_KIND_CERTIFICATE, STR("ns"), STR("two") });
	assert_string_equal(touched, id);
	assert_null(record(id, &n_routes).ptr);
}

static void test_what_was_read_is_last_good_but_never_goes_before_what_came(void **state)
{
	const char *old = rig_route("web", "old.example.com", "/", &pool);
	const char *new = rig_route("web", "new.example.com", "/", &pool);
	struct arrival config = rig_config("web", new, &pool);
	struct msg_key key = rig_key("web"), broken = rig_key("broken");
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("no good") };
	struct msg_reject reject = { .owner = broken, .diagnostics = { &error, 1 } };
	size_t n_routes;

	(void)state;
	publisher_wanted_reject(wanted, &reject);
	publisher_record_restore(wanted, &broken, PARTS_ALONE, unpack(rig_pack_json(old, &pool)));
	assert_true(
		str_eq(record("sluice/ingress/ns/broken", &n_routes), rig_pack_json(old, &pool)));
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	rig_put(wanted, &config);
	publisher_record_restore(wanted, &key, PARTS_ALONE, unpack(rig_pack_json(old, &pool)));
	assert_true(str_eq(record("sluice/ingress/ns/web", &n_routes), rig_pack_json(new, &pool)));
}

/* The route h.example.com of an Ingress or an HTTPRoute, without an id. */
static struct arrival twin(const char *name, enum msg_kind kind, int64_t created)
{
	struct arrival arrival =
		rig_config(name,
			   "{\"routes\":[{\"from\":\"https://h.example.com\",\"prefix\":\"/"
			   "\",\"to\":[\"http://a\"]}]}",
			   &pool);

	arrival.ticket.owner.kind = arrival.config.owner.kind = kind;
	arrival.ticket.created = created;
	return arrival;
}

static struct str id_of(const char *record_id)
{
	size_t n_routes;
	const Pomerium__Config__Config *got = unpack(record(record_id, &n_routes));

	assert_int_equal(n_routes, 1);
	return pb_str(got->routes[0]->id);
}

/* Pomerium serves the first by id of those that are the same: that is the oldest. */
static void test_routes_that_several_have_get_ids_by_age(void **state)
{
	struct arrival old = twin("old", MSG_KIND_HTTP_ROUTE, 1000),
		       young = twin("young", MSG_KIND_HTTP_ROUTE, 3000),
		       ingress = twin("web", MSG_KIND_INGRESS, 2000);

	(void)state;
	rig_put(wanted, &old);
	assert_int_equal(id_of("sluice/gateway/ns/old").len, 0);
	rig_put(wanted, &young);
	assert_true(str_is(id_of("sluice/gateway/ns/old"), "gateway/000000001000/ns/old/00000"));
	assert_true(
		str_is(id_of("sluice/gateway/ns/young"), "gateway/000000003000/ns/young/00000"));
	rig_put(wanted, &ingress); /* its own id begins with a brace */
	assert_true(str_is(id_of("sluice/gateway/ns/old"), "gateway/000000001000/ns/old/00000"));
	assert_true(
		str_is(id_of("sluice/gateway/ns/young"), "~gateway/000000003000/ns/young/00000"));
	publisher_wanted_delete(wanted, &ingress.ticket.owner);
	old.ticket.created = 4000; /* deleted and made anew, with the same routes */
	rig_put(wanted, &old);
	assert_true(str_is(id_of("sluice/gateway/ns/old"), "gateway/000000004000/ns/old/00000"));
	publisher_wanted_delete(wanted, &young.ticket.owner);
	assert_int_equal(id_of("sluice/gateway/ns/old").len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_record_of_an_ingress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_port_of_http3, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_packing_of_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_record_of_a_certificate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_record_of_what_was_ordered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_what_was_read_is_last_good_but_never_goes_before_what_came, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_routes_that_several_have_get_ids_by_age, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
