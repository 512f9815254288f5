/* test_splice: secret values get exactly where a splice says, in its encoding. */
#include "publisher/bootstrap/bootstrap_text.h"
#include "publisher/wanted/splice.h"
#include "rules/rules.h"

#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	wanted = publisher_wanted_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

struct row {
	const char *json, *reference, *key, *at, *value;
	const char *want; /* part of the JSON; NULL: rejected, and the sentence names the Secret */
};

static const char two_routes[] = "{\"routes\":[{\"id\":\"a\",\"from\":\"https://"
				 "a\"},{\"id\":\"b\",\"from\":\"https://b\"}]}";

static const struct row rows[] = {
	{ two_routes, "identity_provider_secret", "client_secret", "", "KEY",
	  "\"from\":\"https://a\",\"id\":\"a\",\"idp_client_secret\":\"KEY\"}" },
	{ two_routes, "tls_client_secret", "tls.key", "", "KEY",
	  "\"from\":\"https://b\",\"id\":\"b\",\"tls_client_key\":\"S0VZ\"}" },
	{ two_routes, "set_request_headers_secret", "X-Key", "X-Key", "v",
	  "\"id\":\"a\",\"set_request_headers\":{\"X-Key\":\"v\"}},\n{\"from\":\"https://"
	  "b\",\"id\":\"b\",\"set_request_headers\":{\"X-Key\":\"v\"}}" },
	{ "{\"routes\":[{\"id\":\"a\",\"from\":\"https://"
	  "a\",\"set_request_headers\":{\"X-A\":\"1\",\"X-Key\":\"old\"}}]}",
	  "set_request_headers_secret", "X-Key", "X-Key", "new",
	  "{\"X-A\":\"1\",\"X-Key\":\"new\"}" },
	{ "{}", "spec.identityProvider.secret", "client_secret", "", "s",
	  "{\"settings\":{\"idp_client_secret\":\"s\"}}" },
	{ "{}", "spec.ssh.hostKeySecrets", "ssh-privatekey", "0", "s",
	  "{\"settings\":{\"ssh_host_keys\":{\"values\":[\"s\"]}}}" },
	{ "{}", "spec.ssh.hostKeySecrets", "ssh-privatekey", "1", "s", NULL },
	{ "{}", "spec.ssh.hostKeySecrets", "ssh-privatekey", "x", "s", NULL },
	{ two_routes, "tls_client_secret", "tls.key", "x", "KEY", NULL },
	{ two_routes, "set_request_headers_secret", "X-Key", "X-Other", "KEY", NULL },
	{ two_routes, "identity_provider_secret", "client_id", "", "\xff\xfe", NULL },
};

static struct arrival arrival_of(const struct row *row)
{
	const struct rig_value value = { "s", row->key, str_from(row->value) };
	struct arrival arrival = str_starts(str_from(row->reference), "spec.")
					 ? rig_settings("o", row->json, &pool)
					 : rig_config("o", row->json, &pool);

	rig_splice(&arrival, row->reference, &value, row->at, &pool);
	return arrival;
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct rig_value value = { "s", row->key, str_from(row->value) };
		struct arrival arrival = arrival_of(row);
		struct err err = { "" };
		enum wanted_outcome taken;

		rig_secret(wanted, &value, 1);
		taken = publisher_apply_config(wanted, &arrival, NULL, &err);
		if (row->want) {
			if (taken != WANTED_CHANGED ||
			    !strstr(rig_render(wanted, WANTED_JSON, &pool), row->want))
				fail_msg("%s: %d %s %s", row->reference, taken, err.text,
					 rig_render(wanted, WANTED_JSON, &pool));
		} else if (taken != WANTED_REJECTED || !strstr(err.text, "ns/s") ||
			   strstr(err.text, "KEY")) {
			fail_msg("%s: %d %s", row->reference, taken, err.text);
		}
		publisher_wanted_delete(wanted, &arrival.ticket.owner);
	}
}

/* What a translator could try with a value that it was given out for something else. */
static void a_value_goes_only_where_its_ticket_lets_it(void **state)
{
	const struct rig_value key = { "s", "tls.key", STR("KEY") };
	const struct arrival good = arrival_of(&rows[1]);
	struct str elsewhere = STR("spec.tls");
	struct msg_certificate first = { 0 };

	(void)state;
	rig_secret(wanted, &key, 1);
	for (int i = 0; i < 8; i++) {
		struct msg_splice splice = good.config.splices.items[0];
		struct msg_ticket_secret secret = good.ticket.secrets.items[0];
		struct arrival bad = good;
		struct err err = { "" };

		bad.config.splices.items = &splice;
		bad.ticket.secrets.items = &secret;
		switch (i) {
		case 0: /* a header instead */
			splice.row = msg_splice_row_for(MSG_KIND_INGRESS,
							STR("set_request_headers_secret"), STR("X"))
					     ->id;
			break;
		case 1: /* the settings */
			splice.row = msg_splice_row_for(MSG_KIND_POMERIUM, STR("spec.secrets"),
							STR("shared_secret"))
					     ->id;
			break;
		case 2: /* a row that does not exist */
			splice.row = 9999;
			break;
		case 3: /* another Secret */
			splice.secret = 1;
			break;
		case 4: /* a value that was not given out */
			splice.key = STR("tls.crt");
			break;
		case 5: /* a Secret that the owner names elsewhere */
			secret.references.items = &elsewhere;
			break;
		case 6: /* or nowhere */
			secret.references.n = 0;
			break;
		default: /* a certificate that spec.tls does not name */
			bad.config.splices.n = 0;
			bad.config.certificates = (struct msg_certificate_list){ &first, 1 };
		}
		if (publisher_apply_config(wanted, &bad, NULL, &err) != WANTED_REJECTED ||
		    strstr(rig_render(wanted, WANTED_JSON, &pool), "S0VZ"))
			fail_msg("attempt %d: %s", i, err.text);
	}
	assert_int_equal(rig_put(wanted, &good), WANTED_CHANGED);
}

static void settings_come_from_the_pomerium_object_alone(void **state)
{
	struct arrival settings = rig_config("o", "{\"settings\":{\"log_level\":\"info\"}}", &pool);
	struct arrival bootstrap = rig_config("o", two_routes, &pool);
	struct arrival routes = rig_settings("global", two_routes, &pool);

	(void)state;
	bootstrap.config.bootstrap =
		rig_pack_json("{\"settings\":{\"shared_secret\":\"c2VjcmV0\"}}", &pool);
	assert_int_equal(rig_put(wanted, &settings), WANTED_REJECTED);
	assert_int_equal(rig_put(wanted, &bootstrap), WANTED_REJECTED);
	assert_int_equal(rig_put(wanted, &routes), WANTED_REJECTED);
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool), "{\"settings\":{}}\n");
}

static void a_route_has_a_host_of_its_ticket(void **state)
{
	struct arrival arrival = rig_config("o", two_routes, &pool);
	struct err err = { "" };

	(void)state;
	arrival.ticket.hosts.n = 1;
	assert_int_equal(publisher_apply_config(wanted, &arrival, NULL, &err), WANTED_REJECTED);
	assert_non_null(strstr(err.text, "host \"b\", which its owner does not name"));
	arrival.ticket.hosts.n = 2;
	assert_int_equal(rig_put(wanted, &arrival), WANTED_CHANGED);
}

static void waits_for_the_value_that_the_ticket_names(void **state)
{
	const struct rig_value another = { "s", "tls.key", STR("another") },
			       right = { "s", "tls.key", STR("KEY") };
	struct arrival config = arrival_of(&rows[1]);
	struct msg_key missing = { 0 };
	struct err err = { "" };

	(void)state;
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_WAITS);
	assert_int_equal(missing.kind, MSG_KIND_SECRET);
	assert_true(str_is(missing.namespace, "ns") && str_is(missing.name, "s"));
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool), "{\"settings\":{}}\n");
	rig_secret(wanted, &another, 1);
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_WAITS);
	rig_secret(wanted, &right, 1);
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_CHANGED);
}

/* ---- bootstrap ---- */

/* A Pomerium object with a connection string and one storage file. */
static enum wanted_outcome put_postgres(const char *text, struct err *err)
{
	const struct rig_value connection = { "s", "connection", str_from(text) },
			       file = { "ca", "ca.crt", STR("CA") };
	struct arrival config = rig_settings("o", "{\"settings\":{\"log_level\":\"info\"}}", &pool);

	config.config.bootstrap =
		rig_pack_json("{\"settings\":{\"databroker_storage_type\":\"postgres\"}}", &pool);
	rig_splice(&config, "spec.storage.postgres.secret", &connection, "", &pool);
	rig_splice(&config, "spec.storage.postgres.caSecret", &file, "", &pool);
	rig_secret(wanted, &connection, 1);
	rig_secret(wanted, &file, 1);
	return publisher_apply_config(wanted, &config, NULL, err);
}

static const char *bootstrap(enum wanted_format format)
{
	struct buf out;
	struct err err = { "" };
	const char *text;

	buf_init(&out, BUF_MAX_TEXT);
	if (publisher_bootstrap_text_render(wanted, format, "/d", &out, &err) < 0)
		return NULL;
	text = pool_str(&pool, buf_view(&out)).ptr;
	buf_clear(&out);
	return text;
}

static void a_connection_string_gets_its_files(void **state)
{
	struct err err = { "" };
	const char *text;

	(void)state;
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &err), WANTED_CHANGED);
	text = bootstrap(WANTED_JSON);
	assert_non_null(strstr(text, "postgres://db/x?sslmode=a&sslrootcert=%2Fd%2Fsslrootcert-"));
	assert_non_null(strstr(text, ": \"CA\""));
	assert_non_null(strstr(text, "\"databroker_cluster_leader_id\": null"));
	text = bootstrap(WANTED_YAML);
	assert_non_null(strstr(text,
			       "databroker_storage_connection_string: "
			       "\"postgres://db/x?sslmode=a&sslrootcert=%2Fd%2Fsslrootcert-"));
	/* and nothing of it is in the other part */
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool),
			    "{\"settings\":{\"log_level\":\"info\"}}\n");
}

static void a_bad_connection_string_is_a_warning_or_a_rejection(void **state)
{
	struct err err = { "" };

	(void)state;
	assert_int_equal(put_postgres("host=db password=hunter2", &err), WANTED_CHANGED);
	assert_null(bootstrap(WANTED_JSON));
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "log_level"));
	publisher_wanted_need(wanted, (struct wanted_needs){ .bootstrap = true });
	assert_int_equal(put_postgres("host=db password=hunter2", &err), WANTED_REJECTED);
	assert_non_null(strstr(err.text, "sslmode"));
	assert_null(strstr(err.text, "hunter2"));
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &err), WANTED_CHANGED);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);
	assert_int_equal(put_postgres("host=db", &err), WANTED_REJECTED);
	assert_non_null(
		strstr(bootstrap(WANTED_JSON), "postgres://db/x")); /* the last good one stays */
}

static void a_bootstrap_part_stays_where_it_is_needed(void **state)
{
	struct err err = { "" };
	struct arrival faulty = rig_settings("o", "{\"settings\":{\"log_level\":\"warn\"}}", &pool);
	struct arrival none = rig_settings("o", "{}", &pool);

	(void)state;
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = true });
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &err), WANTED_CHANGED);
	assert_int_equal(rig_put(wanted, &faulty), WANTED_CHANGED);
	assert_non_null(strstr(bootstrap(WANTED_JSON), "postgres://db/x"));
	assert_int_equal(rig_put(wanted, &none), WANTED_CHANGED); /* no Pomerium object any more */
	assert_null(bootstrap(WANTED_JSON));
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = false });
	put_postgres("postgres://db/x?sslmode=a", &err);
	assert_int_equal(rig_put(wanted, &faulty), WANTED_CHANGED);
	assert_null(bootstrap(WANTED_JSON));
}

static void without_a_bootstrap_part_that_pomerium_starts_with_nothing_is_taken(void **state)
{
	struct msg_diagnostic warnings[] = {
		{ MSG_SEVERITY_WARNING, RULE_STORAGE_NONE, STR(""), STR("storage: none") },
		{ MSG_SEVERITY_WARNING, RULE_BOOT_NONE, STR(""), STR("bootstrap: no secrets") }
	};
	struct err err = { "" };
	struct arrival faulty = rig_settings("o", "{\"settings\":{\"log_level\":\"warn\"}}", &pool);
	struct arrival none = rig_settings("o", "{}", &pool);

	(void)state;
	faulty.config.diagnostics = (struct msg_diagnostic_list){ warnings, 2 };
	publisher_wanted_need(wanted, (struct wanted_needs){ .bootstrap = true });
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &err), WANTED_CHANGED);
	assert_int_equal(publisher_apply_config(wanted, &faulty, NULL, &err), WANTED_REJECTED);
	assert_string_equal(err.text, "bootstrap: no secrets");
	assert_int_equal(err.code, RULE_BOOT_NONE);
	assert_non_null(strstr(bootstrap(WANTED_JSON), "postgres://db/x"));
	assert_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "warn"));
	assert_int_equal(rig_put(wanted, &none), WANTED_CHANGED); /* no Pomerium object any more */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(table),
		TEST(a_value_goes_only_where_its_ticket_lets_it),
		TEST(settings_come_from_the_pomerium_object_alone),
		TEST(a_route_has_a_host_of_its_ticket),
		TEST(waits_for_the_value_that_the_ticket_names),
		TEST(a_connection_string_gets_its_files),
		TEST(a_bad_connection_string_is_a_warning_or_a_rejection),
		TEST(a_bootstrap_part_stays_where_it_is_needed),
		TEST(without_a_bootstrap_part_that_pomerium_starts_with_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
