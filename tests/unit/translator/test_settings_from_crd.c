/* test_settings_from_crd: what the fields of the Pomerium object become, and what is refused. */
#include "tests/unit/translator/settings_trip.h"

#include "tests/unit/x509/pem_text.h"
#include "translator/settings/crd_table.h"
#include "translator/settings/settings.h"

#define IDP                                                                                    \
	"authenticate: {url: 'https://auth.example.com'}, identityProvider: {provider: oidc, " \
	"url: 'https://id.example.com'"

static const struct {
	const char *spec;
	const char *json; /* of the Config; "error: words" */
} cases[] = {
	{ "", "{\"settings\":{}}" },
	{ "accessLogFields: [method, headers.X]",
	  "\"access_log_fields\":{\"values\":[\"method\",\"headers.X\"]}" },
	{ "accessLogFields: []", "\"access_log_fields\":{}" },
	{ "accessLogFields: null", "{\"settings\":{}}" },
	{ "bearerTokenFormat: default", "\"bearer_token_format\":\"BEARER_TOKEN_FORMAT_DEFAULT\"" },
	{ "circuitBreakerThresholds: {maxRetries: 0, maxConnections: 7}",
	  "\"circuit_breaker_thresholds\":{\"max_connections\":7,\"max_retries\":0}" },
	{ "circuitBreakerThresholds: {}", "\"circuit_breaker_thresholds\":{}" },
	{ "codecType: auto", "\"codec_type\":\"CODEC_TYPE_AUTO\"" },
	{ "cookie: {name: n, domain: '', httpOnly: false, expire: 1h30m, sameSite: Lax}",
	  "{\"settings\":{\"cookie_domain\":\"\",\"cookie_expire\":\"5400s\",\"cookie_http_only\":"
	  "false,\"cookie_name\":\"n\","
	  "\"cookie_same_site\":\"Lax\"}}" },
	{ "dns: {lookupFamily: v6_only, queryTries: 3, useTcp: true, refreshRate: 1.5s}",
	  "{\"settings\":{\"dns_lookup_family\":\"V6_ONLY\",\"dns_query_tries\":3,\"dns_refresh_"
	  "rate\":\"1.500s\","
	  "\"dns_use_tcp\":true}}" },
	{ "downstreamMtls: {ca: \"" TEST_CERTIFICATE_BASE64
	  "\\n\", enforcement: Policy, maxVerifyDepth: 2}",
	  "\"downstream_mtls\":{\"ca\":\"" TEST_CERTIFICATE_BASE64
	  "\",\"enforcement\":\"POLICY\",\"max_verify_depth\":"
	  "2}" },
	{ "downstreamMtls: {enforcement: other}", "\"downstream_mtls\":{}" },
	{ "downstreamMtls: {matchSubjectAltNames: {dns: a.*, email: '', userPrincipalName: x}}",
	  "\"match_subject_alt_names\":[{\"pattern\":\"a.*\",\"san_type\":\"DNS\"},{\"pattern\":"
	  "\"x\",\"san_type\":"
	  "\"USER_PRINCIPAL_NAME\"}]" },
	{ "headersWithUnderscoresAction: allow", "\"HEADERS_WITH_UNDERSCORES_ACTION_ALLOW\"" },
	{ IDP ", secret: pomerium/idp, scopes: [a, b], requestParams: {x: '1'}}",
	  "{\"settings\":{\"authenticate_service_url\":\"https://"
	  "auth.example.com\",\"idp_provider\":\"oidc\","
	  "\"idp_provider_url\":\"https://"
	  "id.example.com\",\"request_params\":{\"x\":\"1\"},\"scopes\":[\"a\",\"b\"]}}" },
	{ "jwtClaimHeaders: {X-Email: email}", "\"jwt_claims_headers\":{\"X-Email\":\"email\"}" },
	{ "otel: {endpoint: 'http://c:1', protocol: grpc, sampling: '0.5', headers: {a: b}, "
	  "bspMaxExportBatchSize: -1}",
	  "{\"settings\":{\"otel_bsp_max_export_batch_size\":-1,\"otel_exporter_otlp_traces_"
	  "endpoint\":\"http://c:1\","
	  "\"otel_exporter_otlp_traces_headers\":[\"a=b\"],\"otel_exporter_otlp_traces_protocol\":"
	  "\"grpc\","
	  "\"otel_traces_exporter\":\"otlp\",\"otel_traces_sampler_arg\":0.5}}" },
	{ "runtimeFlags: {mcp: true}, dataBroker: {}, certificateAutoProvision: {issuer: a/b}",
	  "{\"settings\":{}}" },
	{ "setResponseHeaders: {X-A: b}", "\"set_response_headers\":{\"X-A\":\"b\"}" },
	{ "caSecrets: [pomerium/ca, pomerium/idp]", "\"certificate_authority\":\"YWJjCgo=\"" },
	{ "timeouts: {read: 1s, write: 2s}", "\"timeout_read\":\"1s\",\"timeout_write\":\"2s\"" },
	/* refused by the schema */
	{ "cookei: {}", "error: the field \"cookei\" is unknown" },
	{ "cookie: {nmae: x}", "error: spec.cookie: the field \"nmae\" is unknown" },
	{ "cookie.name: x", "error: the field \"cookie.name\" is unknown" },
	{ "1: x", "error: the field \"1\" is unknown" },
	{ "cookie: x", "error: spec.cookie should be an object and not string" },
	{ "cookie: {httpOnly: yes}",
	  "error: spec.cookie.httpOnly should be true or false and not string" },
	{ "cookie: {expire: 5}", "error: spec.cookie.expire should be a string" },
	{ "cookie: {expire: 5 days}", "error: spec.cookie.expire: \"5 days\"" },
	{ "cookie: {sameSite: never}",
	  "error: spec.cookie.sameSite: \"never\" should be one of: strict lax none" },
	{ "dns: {queryTries: -1}",
	  "error: spec.dns.queryTries: \"-1\" should be a whole number from 0" },
	{ "dns: {queryTries: 1.0}", "error: spec.dns.queryTries should be a whole number" },
	{ "dns: {queryTries: 12345678901}", "error: spec.dns.queryTries: \"12345678901\"" },
	{ "accessLogFields: method", "error: spec.accessLogFields should be a list of strings" },
	{ "accessLogFields: [1]", "error: spec.accessLogFields[0] should be a string" },
	{ "jwtClaimHeaders: {a: 1}", "error: spec.jwtClaimHeaders[a] should be a string" },
	{ "runtimeFlags: {a: 'true'}", "error: spec.runtimeFlags[a] should be true or false" },
	{ "otel: {endpoint: ''}", "error: spec.otel.protocol is required" },
	{ "storage: {file: {path: ''}}", "error: spec.storage.file.path is empty" },
	/* older CRDs took one without the other */
	{ "authenticate: {url: 'https://a'}",
	  "{\"settings\":{\"authenticate_service_url\":\"https://a\"}}" },
	{ "identityProvider: {provider: hosted}", "{\"settings\":{\"idp_provider\":\"hosted\"}}" },
	{ IDP "}", "error: spec.identityProvider.secret is required unless" },
	{ "authenticate: {url: 'http://a'}, identityProvider: {provider: hosted}",
	  "error: should begin with https://" },
	{ "authenticate: {url: 'https://a'}, identityProvider: {provider: me}",
	  "error: spec.identityProvider.provider: \"me\"" },
	/* refused by Pomerium */
	{ "accessLogFields: [color]",
	  "error: spec.accessLogFields: \"color\" should be headers.NAME or one of" },
	{ "authorizeLogFields: [color]", "error: spec.authorizeLogFields: \"color\"" },
	{ "authenticate: {url: 'https://'}, identityProvider: {provider: hosted}",
	  "error: spec.authenticate.url: \"https://\"" },
	{ "setResponseHeaders: {X-A: \"a\\nb\"}", "error: spec.setResponseHeaders" },
	{ "downstreamMtls: {ca: YWJj}",
	  "error: spec.downstreamMtls.ca: there is no PEM block of a certificate" },
	{ "downstreamMtls: {ca: '!'}", "error: spec.downstreamMtls.ca: it should be base64" },
	{ "downstreamMtls: {crl: YWJj}",
	  "error: spec.downstreamMtls.crl: it should hold PEM blocks" },
	{ "downstreamMtls: {crl: "
	  "LS0tLS1CRUdJTiBYNTA5IENSTC0tLS0tCkFBQUEKLS0tLS1FTkQgWDUwOSBDUkwtLS0tLQo=}",
	  "error: revocation list 1 in it: it is not a revocation list" },
	{ "downstreamMtls: {matchSubjectAltNames: {uri: '('}}",
	  "error: spec.downstreamMtls.matchSubjectAltNames.uri: \"(\"" },
	{ "otel: {endpoint: 'http://[', protocol: grpc}",
	  "error: spec.otel.endpoint: \"http://[\"" },
	{ "otel: {endpoint: '', protocol: grpc, sampling: nan}",
	  "error: spec.otel.sampling: \"nan\"" },
	{ "otel: {endpoint: '', protocol: grpc, sampling: '1.01'}",
	  "error: should be a number from 0 to 1" },
	{ "certificateAutoProvision: {issuer: ca}",
	  "error: spec.certificateAutoProvision.issuer: \"ca\" names no Issuer, expected "
	  "namespace/name" },
	{ "timeouts: {idle: -1s}", "error: spec.timeouts.idle: \"-1s\" should not be negative" },
	{ "timeouts: {read: 2s, write: 2s}", "error: the read timeout \"2s\" should be less" },
	/* refused for what a Secret holds */
	{ IDP ", secret: pomerium/half}", "error: Secret pomerium/half has no key client_secret" },
	{ IDP ", secret: pomerium/idp, requestParamsSecret: pomerium/raw}",
	  "error: the value of \"prompt\" is not text" },
	{ IDP ", secret: pomerium/idp, requestParams: {prompt: x}, requestParamsSecret: "
	      "pomerium/params}",
	  "error: Secret \"pomerium/params\" has the key \"prompt\"" },
	{ "ssh: {userCaKeySecret: pomerium/idp}",
	  "error: should be of type kubernetes.io/ssh-auth" },
	{ "certificates: [pomerium/pg]", "error: should be of type kubernetes.io/tls" },
	{ "certificates: [pomerium/tls]",
	  "error: spec.certificates: Secret \"pomerium/tls\": tls.crt" },
	{ "certificates: [pomerium/leaky]", "error: tls.crt holds a private key" },
	{ "certificates: [absent]",
	  "error: spec.certificates: \"absent\" should be namespace/name" },
	{ "certificates: [pomerium/absent], codecType: http3",
	  "{\"settings\":{\"codec_type\":\"CODEC_TYPE_HTTP3\"}}" },
	{ "caSecrets: [pomerium/leaky]", "error: ca.crt holds a private key" },
	{ "storage: {}", "error: spec.storage should have file or postgres" },
	{ "storage: {postgres: {secret: pomerium/idp}}",
	  "error: Secret pomerium/idp has no key connection" },
	{ "storage: {postgres: {secret: pomerium/pg, caSecret: pomerium/pg}}",
	  "error: Secret pomerium/pg has no key ca.crt" },
	{ "storage: {postgres: {secret: pomerium/pg, tlsSecret: pomerium/pg}}",
	  "error: should be of type kubernetes.io/tls" },
};

static void fields_become_settings_or_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool refused = strncmp(cases[i].json, "error: ", 7) == 0;
		struct trip trip;

		settings_start(&trip, cases[i].spec);
		if (refused ? !trip.rc || !strstr(trip.err.text, cases[i].json + 7)
			    : trip.rc || !strstr(trip_json(&trip), cases[i].json))
			fail_msg("%s\nwant %s\n got %s", cases[i].spec, cases[i].json,
				 trip.rc ? trip.err.text : trip_json(&trip));
		if (refused)
			assert_int_equal(trip.config.settings.len, 0);
		trip_end(&trip);
	}
}

static void secrets_become_splices(void **state)
{
	const struct msg_splice *splice;
	struct trip trip;

	(void)state;
	settings_start(&trip, IDP ", secret: pomerium/idp, requestParamsSecret: pomerium/params},"
				  "ssh: {hostKeySecrets: [pomerium/ssh, pomerium/ssh], "
				  "userCaKeySecret: pomerium/ssh}");
	assert_int_equal(trip.rc, 0);
	splice = settings_splice(&trip, "idp_client_secret");
	assert_non_null(splice);
	assert_true(str_is(trip.bundle.secrets.items[splice->secret].name, "idp"));
	assert_true(str_is(splice->key, "client_secret"));
	assert_int_equal(msg_splice_row(splice->row)->encoding, MSG_SPLICE_RAW);
	assert_int_equal(msg_splice_row(splice->row)->target, MSG_SPLICE_SETTINGS);
	assert_non_null(settings_splice(&trip, "idp_client_id"));
	assert_non_null(settings_splice(&trip, "request_params[prompt]"));
	assert_non_null(settings_splice(&trip, "ssh_host_keys.values[0]"));
	assert_non_null(settings_splice(&trip, "ssh_host_keys.values[1]"));
	assert_non_null(settings_splice(&trip, "ssh_user_ca_key"));
	trip_end(&trip);

	settings_start(&trip, "authenticate: {url: 'https://a'}, identityProvider: {provider: "
			      "hosted, secret: pomerium/absent}");
	assert_int_equal(trip.rc, 0);
	assert_null(settings_splice(&trip, "idp_client_id")); /* the hosted provider needs none */
	trip_end(&trip);
}

static void warns_without_refusing(void **state)
{
	struct trip trip;

	(void)state;
	settings_start(&trip,
		       IDP ", secret: pomerium/idp, refreshDirectory: {interval: 1h, timeout: 1m}},"
			   "downstreamMtls: {enforcement: other}, caSecrets: [pomerium/pg]");
	assert_int_equal(trip.rc, 0);
	assert_true(settings_warned(
		&trip, "storage: please specify a persistent storage backend, please see "
		       "https://www.pomerium.com/docs/internals/data-storage"));
	assert_true(settings_warned(&trip, "identityProvider.secret.service_account"));
	assert_true(settings_warned(&trip, "refreshDirectory"));
	assert_true(settings_warned(&trip, "spec.downstreamMtls.enforcement: \"other\""));
	assert_true(settings_warned(&trip, "spec.caSecrets: Secret \"pomerium/pg\""));
	trip_end(&trip);

	settings_start(&trip, "authenticate: {url: 'https://a'}, certificates: [pomerium/absent, "
			      "pomerium/absent]");
	assert_int_equal(trip.rc, 0);
	assert_true(settings_warned(&trip,
				    "spec.certificates: Secret \"pomerium/absent\" not found: "));
	assert_true(
		settings_warned(&trip, "spec.authenticate is set without spec.identityProvider"));
	assert_int_equal(trip.config.diagnostics.n, 3); /* storage is the third */
	assert_int_equal(trip.config.certificates.n, 0);
	trip_end(&trip);

	settings_start(&trip, "identityProvider: {provider: hosted}");
	assert_true(
		settings_warned(&trip, "spec.identityProvider is set without spec.authenticate"));
	trip_end(&trip);

	settings_start(&trip, "storage: {file: {path: /data}}");
	assert_int_equal(trip.config.diagnostics.n, 0);
	trip_end(&trip);
}

static void names_who_shall_make_certificates(void **state)
{
	struct trip trip;

	(void)state;
	settings_start(&trip, "certificateAutoProvision: {issuer: edge/ca}");
	assert_non_null(trip.config.issuer);
	assert_true(str_is(trip.config.issuer->kind, "Issuer"));
	assert_true(str_is(trip.config.issuer->name, "ca"));
	assert_true(str_is(trip.config.issuer->namespace, "edge"));
	trip_end(&trip);

	settings_start(&trip, "certificateAutoProvision: {issuer: edge/ca, clusterIssuer: le}");
	assert_true(str_is(trip.config.issuer->kind, "ClusterIssuer"));
	assert_true(str_is(trip.config.issuer->name, "le"));
	assert_int_equal(trip.config.issuer->namespace.len, 0);
	trip_end(&trip);

	settings_start(&trip, "certificateAutoProvision: {}");
	assert_int_equal(trip.rc, 0);
	assert_null(trip.config.issuer);
	trip_end(&trip);
}

static void no_object_means_no_settings(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(
		&trip,
		"owner: {kind: 7, namespace: \"\", name: global}\nstamp: {epoch: 7, number: 9}\n");
	assert_int_equal(trip.rc, 0);
	assert_string_equal(trip_json(&trip), "{}");
	assert_int_equal(trip.config.bootstrap.len, 0);
	assert_int_equal(trip.config.diagnostics.n, 0);
	trip_end(&trip);
}

static const ProtobufCFieldDescriptor *field_at(const ProtobufCMessageDescriptor *type,
						const char *path)
{
	struct str rest = str_from(path), step;
	const ProtobufCFieldDescriptor *field;
	char name[80];

	while (str_cut(rest, '.', &step, &rest)) {
		(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(step));
		field = protobuf_c_message_descriptor_get_field_by_name(type, name);
		if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
			return NULL;
		type = field->descriptor;
	}
	return protobuf_c_message_descriptor_get_field_by_name(type, rest.ptr);
}

static void every_row_of_the_tables_has_a_place(void **state)
{
	(void)state;
	for (const struct crd_field *f = translator_crd_table; f->path; f++) {
		if (f->to && !field_at(&pomerium__config__settings__descriptor, f->to))
			fail_msg("%s: Settings has no field %s", f->path, f->to);
		if (f[1].path && strcmp(f->path, f[1].path) >= 0)
			fail_msg("%s should stand before %s", f[1].path, f->path);
	}
	for (const struct settings_rule *rule = translator_settings_rules; rule->path; rule++) {
		char path[80];
		bool found = false;

		(void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(rule->path, "[{"),
			       rule->path);
		for (const struct crd_field *f = translator_crd_table; f->path; f++)
			found = found || strcmp(f->path, path) == 0;
		if (!found)
			fail_msg("the rule for %s has no field", rule->path);
	}
}

static void each_row_has_a_rule_that_names_its_field(void **state)
{
	char path[128];

	(void)state;
	for (const struct settings_rule *row = translator_settings_rules; row->path; row++) {
		const struct rule *rule = rules_find(row->code);

		assert_non_null(rule);
		(void)snprintf(path, sizeof(path), "%s`", row->path);
		if (!strstr(rule->value, path))
			fail_msg("rule SLU%u should name %s", row->code, path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_settings_or_a_sentence),
		cmocka_unit_test(secrets_become_splices),
		cmocka_unit_test(warns_without_refusing),
		cmocka_unit_test(names_who_shall_make_certificates),
		cmocka_unit_test(no_object_means_no_settings),
		cmocka_unit_test(every_row_of_the_tables_has_a_place),
		cmocka_unit_test(each_row_has_a_rule_that_names_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
