/* test_splice: secret values get exactly where a splice says, in its encoding. */
#include "publisher/wanted/bootstrap_text.h"
#include "publisher/wanted/splice.h"

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
	const char *json, *route_id, *path, *value;
	uint64_t encoding;
	const char *want; /* part of the JSON; NULL: rejected, and the sentence names the Secret */
};

static const char two_routes[] = "{\"routes\":[{\"id\":\"a\",\"from\":\"https://"
				 "a\"},{\"id\":\"b\",\"from\":\"https://b\"}]}";

static const struct row rows[] = {
	{ two_routes, "a", "tls_client_key", "KEY", MSG_SPLICE_RAW,
	  "\"from\":\"https://a\",\"id\":\"a\",\"tls_client_key\":\"KEY\"}" },
	{ two_routes, "b", "tls_client_key", "KEY", MSG_SPLICE_BASE64,
	  "\"from\":\"https://b\",\"id\":\"b\",\"tls_client_key\":\"S0VZ\"}" },
	{ two_routes, "", "set_request_headers[X-Key]", "v", MSG_SPLICE_RAW,
	  "\"id\":\"a\",\"set_request_headers\":{\"X-Key\":\"v\"}},\n{\"from\":\"https://"
	  "b\",\"id\":\"b\",\"set_request_headers\":{\"X-Key\":\"v\"}}" },
	{ "{\"routes\":[{\"id\":\"a\",\"from\":\"https://"
	  "a\",\"set_request_headers\":{\"X-A\":\"1\",\"X-Key\":\"old\"}}]}",
	  "", "set_request_headers[X-Key]", "new", MSG_SPLICE_RAW,
	  "{\"X-A\":\"1\",\"X-Key\":\"new\"}" },
	{ "{}", "", "settings.idp_client_secret", "s", MSG_SPLICE_RAW,
	  "{\"settings\":{\"idp_client_secret\":\"s\"}}" },
	{ two_routes, "c", "tls_client_key", "KEY", MSG_SPLICE_RAW, NULL },
	{ two_routes, "", "no_such_field", "KEY", MSG_SPLICE_RAW, NULL },
	{ two_routes, "", "tls_client_key", "KEY", 99, NULL },
	{ two_routes, "", "tls_client_key", "\xff\xfe", MSG_SPLICE_RAW, NULL },
};

static struct msg_splice splice_of(const struct row *row)
{
	return (struct msg_splice){ .route_id = str_from(row->route_id),
				    .path = str_from(row->path),
				    .secret_namespace = STR("ns"),
				    .secret_name = STR("s"),
				    .secret_key = STR("k"),
				    .hmac = hash_of(str_from(row->value)),
				    .encoding = row->encoding };
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct msg_splice splice = splice_of(row);
		struct msg_config config = rig_config("o", row->json, &pool);
		struct err err = { "" };
		enum wanted_outcome taken;

		config.splices = (struct msg_splice_list){ &splice, 1 };
		rig_secret(wanted, "s", "k", str_from(row->value));
		taken = publisher_apply_config(wanted, &config, NULL, &err);
		if (row->want) {
			if (taken != WANTED_CHANGED ||
			    !strstr(rig_render(wanted, WANTED_JSON, &pool), row->want))
				fail_msg("%s: %d %s %s", row->path, taken, err.text,
					 rig_render(wanted, WANTED_JSON, &pool));
		} else if (taken != WANTED_REJECTED || !strstr(err.text, "ns/s") ||
			   strstr(err.text, "KEY")) {
			fail_msg("%s: %d %s", row->path, taken, err.text);
		}
		publisher_wanted_delete(wanted, &config.owner);
	}
}

static void waits_for_the_value_that_the_hmac_names(void **state)
{
	struct msg_splice splice = splice_of(&rows[0]);
	struct msg_config config = rig_config("o", two_routes, &pool);
	struct msg_key missing = { 0 };
	struct err err = { "" };

	(void)state;
	config.splices = (struct msg_splice_list){ &splice, 1 };
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_WAITS);
	assert_int_equal(missing.kind, MSG_KIND_SECRET);
	assert_true(str_is(missing.namespace, "ns") && str_is(missing.name, "s"));
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool), "{\"settings\":{}}\n");
	rig_secret(wanted, "s", "k", STR("another"));
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_WAITS);
	rig_secret(wanted, "s", "k", STR("KEY"));
	assert_int_equal(publisher_apply_config(wanted, &config, &missing, &err), WANTED_CHANGED);
}

/* ---- bootstrap ---- */

static struct msg_file files[] = {
	{ STR("sslrootcert"), STR("ns"), STR("ca"), STR("ca.crt"), { { 0 } } }
};

/* A Pomerium object with a connection string and one storage file. */
static enum wanted_outcome put_postgres(const char *connection, struct msg_splice *splice,
					struct err *err)
{
	struct msg_config config =
		rig_config("o", "{\"settings\":{\"log_level\":\"info\"}}", &pool);

	*splice = (struct msg_splice){ .bootstrap = true,
				       .path = STR("settings.databroker_storage_connection_string"),
				       .route_id = STR(""),
				       .secret_namespace = STR("ns"),
				       .secret_name = STR("s"),
				       .secret_key = STR("k"),
				       .hmac = hash_of(str_from(connection)),
				       .encoding = MSG_SPLICE_POSTGRES_URL };
	config.owner.kind = MSG_KIND_POMERIUM;
	config.bootstrap =
		rig_pack_json("{\"settings\":{\"databroker_storage_type\":\"postgres\"}}", &pool);
	config.splices = (struct msg_splice_list){ splice, 1 };
	files[0].hmac = hash_of(STR("CA"));
	config.files = (struct msg_file_list){ files, 1 };
	rig_secret(wanted, "s", "k", str_from(connection));
	rig_secret(wanted, "ca", "ca.crt", STR("CA"));
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
	struct msg_splice splice;
	struct err err = { "" };
	const char *text;

	(void)state;
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &splice, &err), WANTED_CHANGED);
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
	struct msg_splice splice;
	struct err err = { "" };

	(void)state;
	assert_int_equal(put_postgres("host=db password=hunter2", &splice, &err), WANTED_CHANGED);
	assert_null(bootstrap(WANTED_JSON));
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "log_level"));
	publisher_wanted_need(wanted, (struct wanted_needs){ .bootstrap = true });
	assert_int_equal(put_postgres("host=db password=hunter2", &splice, &err), WANTED_REJECTED);
	assert_non_null(strstr(err.text, "sslmode"));
	assert_null(strstr(err.text, "hunter2"));
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &splice, &err), WANTED_CHANGED);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);
	assert_int_equal(put_postgres("host=db", &splice, &err), WANTED_REJECTED);
	assert_non_null(
		strstr(bootstrap(WANTED_JSON), "postgres://db/x")); /* the last good one stays */
}

static void a_bootstrap_part_stays_where_it_is_needed(void **state)
{
	struct msg_splice splice;
	struct err err = { "" };
	struct msg_config faulty =
		rig_config("o", "{\"settings\":{\"log_level\":\"warn\"}}", &pool);
	struct msg_config none = rig_config("o", "{}", &pool);

	(void)state;
	faulty.owner.kind = none.owner.kind = MSG_KIND_POMERIUM;
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = true });
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &splice, &err), WANTED_CHANGED);
	assert_int_equal(rig_put(wanted, &faulty), WANTED_CHANGED);
	assert_non_null(strstr(bootstrap(WANTED_JSON), "postgres://db/x"));
	assert_int_equal(rig_put(wanted, &none), WANTED_CHANGED); /* no Pomerium object any more */
	assert_null(bootstrap(WANTED_JSON));
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = false });
	put_postgres("postgres://db/x?sslmode=a", &splice, &err);
	assert_int_equal(rig_put(wanted, &faulty), WANTED_CHANGED);
	assert_null(bootstrap(WANTED_JSON));
}

static void without_a_bootstrap_part_that_pomerium_starts_with_nothing_is_taken(void **state)
{
	struct str warnings[] = { STR("storage: none"), STR("bootstrap: no secrets") };
	struct msg_splice splice;
	struct err err = { "" };
	struct msg_config faulty =
		rig_config("o", "{\"settings\":{\"log_level\":\"warn\"}}", &pool);
	struct msg_config none = rig_config("o", "{}", &pool);

	(void)state;
	faulty.owner.kind = none.owner.kind = MSG_KIND_POMERIUM;
	faulty.warnings = (struct str_list){ warnings, 2 };
	publisher_wanted_need(wanted, (struct wanted_needs){ .bootstrap = true });
	assert_int_equal(put_postgres("postgres://db/x?sslmode=a", &splice, &err), WANTED_CHANGED);
	assert_int_equal(publisher_apply_config(wanted, &faulty, NULL, &err), WANTED_REJECTED);
	assert_string_equal(err.text, "bootstrap: no secrets");
	assert_non_null(strstr(bootstrap(WANTED_JSON), "postgres://db/x"));
	assert_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "warn"));
	assert_int_equal(rig_put(wanted, &none), WANTED_CHANGED); /* no Pomerium object any more */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(table),
		TEST(waits_for_the_value_that_the_hmac_names),
		TEST(a_connection_string_gets_its_files),
		TEST(a_bad_connection_string_is_a_warning_or_a_rejection),
		TEST(a_bootstrap_part_stays_where_it_is_needed),
		TEST(without_a_bootstrap_part_that_pomerium_starts_with_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
