/* test_annotations_secret: splices, required keys and types; TLS Secrets as offers. */
#include "trip.h"

#include "tests/unit/x509/pem_text.h"

#define FACT(name, more) "{name: " name ", len: 5, utf8: true" more "}"
#define EMPTY(name) "{name: " name ", len: 0, utf8: true}"

struct secret_case {
	const char *annotation, *type, *values, *expected;
};

static void test_rules(void **state)
{
	static const struct secret_case cases[] = {
		{ "kubernetes_service_account_token_secret", "kubernetes.io/service-account-token",
		  FACT("token", ""), "\"id\"" },
		{ "kubernetes_service_account_token_secret", "kubernetes.io/service-account-token",
		  FACT("x", ""), "error: Secret s has no key token" },
		{ "kubernetes_service_account_token_secret", "Opaque", FACT("token", ""),
		  "error: should have the type kubernetes.io/service-account-token, but has "
		  "\"Opaque\"" },
		{ "kubernetes_service_account_token_secret", "kubernetes.io/service-account-token",
		  "{name: token, len: 5, utf8: false}", "error: not valid UTF-8" },
		{ "set_request_headers_secret", "Opaque", FACT("X-A", ", has_control: true"),
		  "error: which a header cannot carry" },
		{ "set_request_headers_secret", "Opaque", "", "\"id\"" },
		{ "set_request_headers_secret", "Opaque", FACT("Host", ""), "\"id\"" },
		{ "set_response_headers_secret", "Opaque", FACT("Host", ""),
		  "error: this header cannot be changed here" },
		{ "identity_provider_secret", "Opaque", "", "\"id\"" },
		{ "identity_provider_secret", "kubernetes.io/tls", "",
		  "error: should have the type Opaque" },
		{ "mcp_server_upstream_oauth2_secret", "Opaque", FACT("client_id", ""),
		  "\"mcp\":{\"server\":{\"upstream_oauth2\":{}}}" },
		{ "mcp_server_upstream_oauth2_secret", "Opaque", FACT("x", ""),
		  "error: at least one of the keys client_id and client_secret" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.crt", ", clear: " TEST_CERTIFICATE_BASE64) ", " FACT(
			  "tls.key", ", is_private_key: true, matches_cert: true"),
		  "\"tls_client_cert\":\"" TEST_CERTIFICATE_BASE64 "\"" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.crt", ", clear: " TEST_CERTIFICATE_BASE64) ", " FACT(
			  "tls.key", ", is_private_key: true"),
		  "error: key tls.key of Secret s: it is not the private key of the certificate" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.crt", ", clear: " TEST_CERTIFICATE_BASE64) ", " FACT("tls.key", ""),
		  "error: key tls.key of Secret s: it is not a private key in PEM form" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.crt", "") ", " FACT("tls.key", ", is_private_key: true"),
		  "error: key tls.crt of Secret s: it holds a private key" },
		{ "tls_custom_ca_secret", "Opaque", FACT("ca.crt", ""),
		  "error: key ca.crt of Secret s: it holds a private key" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.crt", ", clear: " TEST_CERTIFICATE_BASE64) ", " EMPTY("tls.key"),
		  "error: key tls.key of Secret s is empty" },
		{ "tls_client_secret", "Opaque",
		  FACT("tls.key", ", is_private_key: true, matches_cert: true"),
		  "error: Secret s has no key tls.crt" },
		{ "tls_custom_ca_secret", "Opaque", FACT("ca.crt", ", clear: Z2FyYmFnZQ=="),
		  "error: key ca.crt of Secret s: there is no PEM block" },
		{ "tls_downstream_client_ca_secret", "Opaque", EMPTY("ca.crt"),
		  "error: key ca.crt of Secret s is empty" },
		{ "timeout", "kubernetes.io/tls", "", "error: TLS Secret s: it has no tls.crt" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[128];
		bool is_secret = str_ends(str_from(cases[i].annotation), "_secret");
		struct buf more;

		buf_init(&more, BUF_MAX_TEXT);
		buf_printf(&more,
			   "secrets: [{namespace: shop, name: s, answer: 0, type: %s, values: "
			   "[%s]}]\n",
			   cases[i].type, cases[i].values);
		(void)snprintf(name, sizeof(name), "ingress.pomerium.io/%s", cases[i].annotation);
		trip_annotation(name, is_secret ? "s" : "1s", more.ptr, cases[i].expected);
		buf_clear(&more);
	}
	trip_annotation("ingress.pomerium.io/set_request_headers_secret", "other", "",
			"error: Secret \"other\" does not exist");
}

#define SPLICES(annotations, type, values)                                      \
	TRIP_HEAD "    annotations: {" annotations "}\n" TRIP_RULE TRIP_SERVICE \
		  "secrets: [{namespace: shop, name: s, answer: 0, type: " type \
		  ", values: [" values "]}]\n"

/* Of the only Secret, into every route. */
static void expect_splice(const struct trip *trip, size_t i, const char *path,
			  enum msg_splice_encoding encoding)
{
	const struct msg_splice *splice = &trip->config.splices.items[i];
	const struct msg_splice_row *row;
	struct pool pool;

	assert_true(i < trip->config.splices.n);
	row = msg_splice_row(splice->row);
	assert_non_null(row);
	pool_init(&pool);
	assert_true(str_is(msg_splice_path(row, splice->at, &pool), path));
	pool_clear(&pool);
	assert_int_equal(row->owner, MSG_KIND_INGRESS);
	assert_int_equal(row->target, MSG_SPLICE_ROUTES);
	assert_int_equal(row->encoding, encoding);
	assert_int_equal(splice->secret, 0);
}

static void test_splices(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(&trip, SPLICES("ingress.pomerium.io/identity_provider_secret: s", "Opaque",
				  FACT("client_id", "") ", " FACT("client_secret", "")));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.splices.n, 2);
	expect_splice(&trip, 0, "idp_client_id", MSG_SPLICE_RAW);
	expect_splice(&trip, 1, "idp_client_secret", MSG_SPLICE_RAW);
	trip_end(&trip);
	trip_start(&trip, SPLICES("ingress.pomerium.io/set_response_headers_secret: s", "Opaque",
				  FACT("X-A", "")));
	assert_int_equal(trip.config.splices.n, 1);
	expect_splice(&trip, 0, "set_response_headers[X-A]", MSG_SPLICE_RAW);
	trip_end(&trip);
	trip_start(&trip,
		   SPLICES("ingress.pomerium.io/tls_client_secret: s", "Opaque",
			   FACT("tls.crt", ", clear: " TEST_CERTIFICATE_BASE64) ", " FACT(
				   "tls.key", ", is_private_key: true, matches_cert: true")));
	assert_int_equal(trip.config.splices.n, 1);
	expect_splice(&trip, 0, "tls_client_key", MSG_SPLICE_BASE64);
	trip_end(&trip);
	/* A client of MCP has no credentials. */
	trip_start(&trip, SPLICES("ingress.pomerium.io/mcp_client: 'true', "
				  "ingress.pomerium.io/mcp_server_upstream_oauth2_secret: s",
				  "Opaque", FACT("client_id", "")));
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.splices.n, 0);
	trip_end(&trip);
}

static void test_overlap(void **state)
{
	(void)state;
	trip_expect(
		SPLICES("ingress.pomerium.io/set_request_headers: '{X-A: a}', "
			"ingress.pomerium.io/set_request_headers_secret: s",
			"Opaque", FACT("X-A", "")),
		"error: key \"X-A\" of Secret s is also set by the annotation set_request_headers");
	trip_expect(SPLICES("ingress.pomerium.io/set_request_headers: '{x-a: a}', "
			    "ingress.pomerium.io/set_request_headers_secret: s",
			    "Opaque", FACT("X-A", "")),
		    "\"x-a\":\"a\"");
}

static void test_offers(void **state)
{
	struct buf yaml, pem;
	struct trip trip;

	(void)state;
	buf_init(&pem, BUF_MAX_TEXT);
	buf_init(&yaml, BUF_MAX_TEXT);
	buf_base64(&pem, STR(TEST_CERTIFICATE));
	buf_printf(&yaml,
		   SPLICES("", "kubernetes.io/tls",
			   FACT("tls.crt", ", clear: %s") ", " FACT(
				   "tls.key", ", is_private_key: true, matches_cert: true")),
		   pem.ptr);
	trip_start(&trip, yaml.ptr); /* it is checked, but spec.tls does not name it */
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.certificates.n, 0);
	trip_end(&trip);
	buf_reset(&yaml);
	buf_printf(&yaml,
		   TRIP_HEAD TRIP_RULE
		   "    tls: [{hosts: [app.example.com], secretName: s}]\n" TRIP_SERVICE
		   "secrets: [{namespace: shop, name: s, answer: 0, type: "
		   "kubernetes.io/tls, values: [" FACT("tls.crt", ", clear: %s") ", " FACT(
			   "tls.key", ", is_private_key: true, matches_cert: true") "]}]\n",
		   pem.ptr);
	trip_start(&trip, yaml.ptr);
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.certificates.n, 1);
	assert_int_equal(trip.config.certificates.items[0].secret, 0);
	trip_end(&trip);
	buf_reset(&yaml);
	buf_printf(&yaml,
		   SPLICES("", "kubernetes.io/tls",
			   FACT("tls.crt", ", clear: %s") ", " FACT("tls.key",
								    ", is_private_key: true")),
		   pem.ptr);
	trip_expect(yaml.ptr, "error: TLS Secret s: the private key in tls.key does not belong to "
			      "the certificate");
	buf_reset(&yaml);
	buf_printf(&yaml, SPLICES("", "Opaque", FACT("tls.crt", ", clear: %s")), pem.ptr);
	trip_start(&trip, yaml.ptr);
	assert_int_equal(trip.rc, 0);
	assert_int_equal(trip.config.certificates.n, 0);
	trip_end(&trip);
	trip_expect(SPLICES("", "kubernetes.io/tls", FACT("tls.crt", "")),
		    "error: TLS Secret s: tls.crt holds a private key");
	trip_expect(SPLICES("", "kubernetes.io/tls",
			    FACT("tls.crt", ", clear: Z2FyYmFnZQ==") ", " FACT("tls.key", "")),
		    "error: TLS Secret s: tls.crt: there is no PEM block of a certificate");
	buf_clear(&yaml);
	buf_clear(&pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_splices),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_offers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
