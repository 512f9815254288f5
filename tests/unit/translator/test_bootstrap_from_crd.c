/* test_bootstrap_from_crd: what Pomerium needs before it starts. */
#include "tests/unit/translator/settings_trip.h"

#include "translator/settings/pomerium_flags.h"
#include "translator/settings/settings.h"

#define IDP "authenticate: {url: 'https://a'}, identityProvider: {provider: hosted}"

struct attempt {
	const char *spec, *address;
	bool strict;
};

/* Translates again, with start options. The json becomes that of the bootstrap part. */
static void attempt_start(struct trip *trip, const struct attempt *a)
{
	const struct pomerium_flags flags = { .server_addr =
						      str_from(a->address ? a->address : ":8443"),
					      .nodes = STR("node-1, node-2=https://n2:5443") };
	const struct translator_settings settings = { .pomerium = &flags,
						      .bootstrap_only = a->strict };
	ProtobufCMessage *config;

	settings_start(trip, a->spec);
	if (trip->rc)
		fail_msg("%s: %s", a->spec, trip->err.text);
	trip->config = (struct msg_config){ .owner = trip->bundle.owner };
	trip->rc = translator_bootstrap_from_crd(&settings, &trip->bundle, &trip->pool,
						 &trip->config, &trip->err);
	buf_reset(&trip->json);
	if (trip->rc || !trip->config.bootstrap.len)
		return;
	config = pb_unpack(&pomerium__config__config__descriptor, trip->config.bootstrap,
			   &trip->pool, &trip->err);
	assert_non_null(config);
	pb_to_json(config, 0, &trip->json);
}

static const struct {
	struct attempt attempt;
	const char *json; /* "error: words" */
} cases[] = {
	{ { "", NULL, true },
	  "{\"settings\":{\"address\":\":8443\",\"databroker_cluster_nodes\":{\"nodes\":"
	  "[{\"grpc_address\":\"https://"
	  "n2:5443\",\"id\":\"node-2\"}]},\"databroker_storage_type\":\"memory\"}}" },
	{ { "storage: {file: {path: data}}", NULL, true },
	  "\"databroker_storage_connection_string\":\"file://"
	  "data\",\"databroker_storage_type\":\"file\"}}" },
	{ { "storage: {file: {path: /d}, postgres: {secret: a/b}}", NULL, true },
	  "\"databroker_storage_type\":\"file\"" },
	{ { "storage: {postgres: {secret: pomerium/pg}}", NULL, true },
	  "\"databroker_storage_type\":\"postgres\"" },
	{ { "runtimeFlags: {b: true, a: false}", NULL, true },
	  "\"runtime_flags\":{\"a\":false,\"b\":true}" },
	{ { "dataBroker: {clusterLeaderId: node-2}", NULL, true },
	  "\"databroker_cluster_leader_id\":\"node-2\",\"databroker_cluster_nodes\":{\"nodes\":[{"
	  "\"grpc_address\":"
	  "\"https://n2:5443\",\"id\":\"node-2\"}]}" },
	{ { "dataBroker: {clusterLeaderId: node-3}", NULL, true },
	  "error: \"node-3\" should be one of the cluster's nodes" },
	{ { "dataBroker: {clusterLeaderId: ''}", NULL, true },
	  "error: spec.dataBroker.clusterLeaderId: \"\"" },
	{ { IDP, NULL, true }, "\"authenticate_internal_service_url\":\"https://localhost:8443\"" },
	{ { IDP, "192.0.2.4:9443", true }, "\"https://192.0.2.4:9443\"" },
	{ { IDP, "[2001:db8::1]:443", true }, "\"https://[2001:db8::1]:443\"" },
	{ { IDP, "", true }, "error: authenticate: the address \"\"" },
	{ { IDP, "8443", true }, "error: authenticate: the address \"8443\"" },
	{ { IDP, "::1:443", true }, "error: authenticate: the address \"::1:443\"" },
	{ { IDP, "[::1:443", true }, "error: authenticate: the address" },
	{ { "", "8443", true }, "\"databroker_storage_type\":\"memory\"" },
};

static void fields_become_bootstrap_or_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool refused = strncmp(cases[i].json, "error: ", 7) == 0;
		struct trip trip;

		attempt_start(&trip, &cases[i].attempt);
		if (refused ? !trip.rc || !strstr(trip.err.text, cases[i].json + 7)
			    : trip.rc || !strstr(trip_json(&trip), cases[i].json))
			fail_msg("%s\nwant %s\n got %s", cases[i].attempt.spec, cases[i].json,
				 trip.rc ? trip.err.text : trip_json(&trip));
		trip_end(&trip);
	}
}

static void secrets_become_splices_in_base64(void **state)
{
	static const char *const paths[] = { "shared_secret", "cookie_secret", "signing_key" };
	struct trip trip;

	(void)state;
	attempt_start(&trip, &(struct attempt){ "", NULL, true });
	assert_int_equal(trip.config.splices.n, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct msg_splice *splice = settings_splice(&trip, paths[i]);

		assert_non_null(splice);
		assert_int_equal(msg_splice_row(splice->row)->target, MSG_SPLICE_BOOTSTRAP);
		assert_int_equal(msg_splice_row(splice->row)->encoding, MSG_SPLICE_BASE64);
	}
	trip_end(&trip);
}

static void postgres_brings_its_files(void **state)
{
	const struct msg_splice *connection;
	struct trip trip;

	(void)state;
	attempt_start(&trip, &(struct attempt){ "storage: {postgres: {secret: pomerium/pg, "
						"caSecret: pomerium/ca, tlsSecret: "
						"pomerium/tls}}",
						NULL, true });
	connection = settings_splice(&trip, "databroker_storage_connection_string");
	assert_non_null(connection);
	assert_int_equal(msg_splice_row(connection->row)->encoding, MSG_SPLICE_POSTGRES_URL);
	assert_true(str_is(settings_splice(&trip, "sslrootcert")->key, "ca.crt"));
	assert_true(str_is(settings_splice(&trip, "sslcert")->key, "tls.crt"));
	assert_true(str_is(settings_splice(&trip, "sslkey")->key, "tls.key"));
	trip_end(&trip);

	attempt_start(&trip, &(struct attempt){ "storage: {postgres: {secret: pomerium/pg}}", NULL,
						true });
	assert_non_null(settings_splice(&trip, "databroker_storage_connection_string"));
	assert_null(settings_splice(&trip, "sslrootcert"));
	trip_end(&trip);
}

static void a_fault_is_a_warning_where_settings_are_wanted_too(void **state)
{
	struct attempt attempt = { "dataBroker: {clusterLeaderId: node-3}, storage: {postgres: "
				   "{secret: pomerium/pg, caSecret: "
				   "pomerium/ca}}",
				   NULL, false };
	struct trip trip;

	(void)state;
	attempt_start(&trip, &attempt);
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.bootstrap.len, 0);
	assert_int_equal(trip.config.splices.n, 0); /* nothing of a part that is not whole */
	assert_true(
		settings_warned(&trip, "bootstrap: spec.dataBroker.clusterLeaderId: \"node-3\""));
	trip_end(&trip);
}

static void the_secrets_have_their_length(void **state)
{
	struct trip trip;
	struct err err = { "" };
	const struct pomerium_flags no_flags = { .server_addr = STR_NONE };
	const struct translator_settings settings = { .pomerium = &no_flags,
						      .bootstrap_only = true };

	(void)state;
	settings_start(&trip, "");
	trip.bundle.pomerium->spec->map.entries[0].value.string = STR("pomerium/half");
	trip.config = (struct msg_config){ .owner = trip.bundle.owner };
	assert_int_equal(translator_bootstrap_from_crd(&settings, &trip.bundle, &trip.pool,
						       &trip.config, &err),
			 -1);
	assert_non_null(strstr(err.text, "Secret \"pomerium/half\" should have 32 bytes under the "
					 "key shared_secret, but has 31"));
	trip.bundle.pomerium->spec->map.entries[0].value.string = STR("pomerium/pg");
	assert_int_equal(translator_bootstrap_from_crd(&settings, &trip.bundle, &trip.pool,
						       &trip.config, &err),
			 -1);
	assert_non_null(strstr(err.text, "under the key shared_secret, but has no such key"));
	trip_end(&trip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_bootstrap_or_a_sentence),
		cmocka_unit_test(secrets_become_splices_in_base64),
		cmocka_unit_test(postgres_brings_its_files),
		cmocka_unit_test(a_fault_is_a_warning_where_settings_are_wanted_too),
		cmocka_unit_test(the_secrets_have_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
