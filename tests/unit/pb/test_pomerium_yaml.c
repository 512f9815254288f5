/* test_pomerium_yaml: a Config as Pomerium's config.yaml, read back with our own parser. */
#include "rig.h"

struct yaml_case {
	const char *config; /* JSON */
	const char *want;   /* the YAML read back, as JSON; or "!" and a part of the sentence */
};

static const struct yaml_case cases[] = {
	{ "{}", "{\"routes\":[]}" },
	{ "{\"name\":\"n\",\"settings\":{\"id\":\"x\"}}", "{\"routes\":[]}" },
	/* routes */
	{ "{\"routes\":[{}]}", "{\"routes\":[{}]}" },
	{ "{\"routes\":[{\"id\":\"i\",\"statName\":\"s\",\"from\":\"https://a\",\"to\":[\"http://"
	  "b\"],\"prefix\":\"/\"}]}",
	  "{\"routes\":[{\"from\":\"https://a\",\"prefix\":\"/\",\"to\":[\"http://b\"]}]}" },
	{ "{\"routes\":[{\"to\":[\"http://b\",\"http://c\"],\"loadBalancingWeights\":[1,30]}]}",
	  "{\"routes\":[{\"to\":[\"http://b,1\",\"http://c,30\"]}]}" },
	{ "{\"routes\":[{\"to\":[\"http://b\",\"http://c\"],\"loadBalancingWeights\":[0,0]}]}",
	  "{\"routes\":[{\"to\":[\"http://b\",\"http://c\"]}]}" },
	{ "{\"routes\":[{\"to\":[\"http://b\",\"http://c\"],\"loadBalancingWeights\":[1]}]}",
	  "{\"routes\":[{\"to\":[\"http://b\",\"http://c\"]}]}" },
	{ "{\"routes\":[{\"from\":\"https://a\",\"to\":[\"http://b\",\"http://"
	  "c\"],\"loadBalancingWeights\":[1,0]}]}",
	  "!route \"https://a\": Pomerium's config.yaml cannot say to: either all or none of" },
	{ "{\"routes\":[{\"timeout\":\"1.5s\",\"idleTimeout\":\"0s\",\"allowSpdy\":true,"
	  "\"passIdentityHeaders\":false}]}",
	  "{\"routes\":[{\"allow_spdy\":true,\"idle_timeout\":\"0s\",\"pass_identity_headers\":"
	  "false,\"timeout\":\"1.500s\"}]}" },
	{ "{\"routes\":[{\"timeout\":\"315576000000s\"}]}",
	  "{\"routes\":[{\"timeout\":\"9223372036s\"}]}" },
	{ "{\"routes\":[{\"setRequestHeaders\":{\"b\":\"2\",\"true\":\"x: "
	  "y\"},\"removeRequestHeaders\":[\"yes\",\"1\"]}]}",
	  "{\"routes\":[{\"remove_request_headers\":[\"yes\",\"1\"],\"set_request_headers\":{\"b\":"
	  "\"2\",\"true\":\"x: y\"}}]}" },
	{ "{\"routes\":[{\"loadBalancingPolicy\":\"LOAD_BALANCING_POLICY_LEAST_REQUEST\","
	  "\"bearerTokenFormat\":2,"
	  "\"jwtIssuerFormat\":\"IssuerURI\"},{\"jwtIssuerFormat\":\"IssuerHostOnly\","
	  "\"loadBalancingPolicy\":0}]}",
	  "{\"routes\":[{\"bearer_token_format\":\"idp_access_token\",\"jwt_issuer_format\":"
	  "\"uri\","
	  "\"load_balancing_policy\":\"least_request\"},{\"jwt_issuer_format\":\"hostOnly\"}]}" },
	{ "{\"routes\":[{\"bearerTokenFormat\":99}]}",
	  "!cannot say bearer_token_format: its number has no name" },
	{ "{\"routes\":[{\"redirect\":{},\"response\":{\"status\":404,\"body\":\"x\\ny\"}}]}",
	  "{\"routes\":[{\"response\":{\"body\":\"x\\ny\",\"status\":404}}]}" },
	{ "{\"routes\":[{\"redirect\":{\"httpsRedirect\":false,\"portRedirect\":0,\"responseCode\":"
	  "301}}]}",
	  "{\"routes\":[{\"redirect\":{\"https_redirect\":false,\"port_redirect\":0,\"response_"
	  "code\":301}}]}" },
	{ "{\"routes\":[{\"policies\":[{},{\"rego\":[\"package "
	  "a\\n\",\"b\"],\"sourcePpl\":\"allow:\\n  and: []\"},"
	  "{\"id\":\"i\",\"name\":\"n\",\"allowedUsers\":[\"u\"],\"explanation\":\"e\","
	  "\"description\":\"d\"}]}]}",
	  "{\"routes\":[{\"sub_policies\":[{},{\"rego\":[\"package "
	  "a\\n\",\"b\"],\"source_ppl\":\"allow:\\n  and: []\"},"
	  "{\"allowed_users\":[\"u\"],\"explanation\":\"e\",\"id\":\"i\",\"name\":\"n\"}]}]}" },
	{ "{\"routes\":[{\"policies\":[{\"enforced\":true}]}]}",
	  "!cannot say policies[0].enforced: there is no key for it" },
	{ "{\"routes\":[{\"allowedIdpClaims\":{\"g\":[\"a\",1,null,{\"k\":[]}],\"empty\":[]}}]}",
	  "{\"routes\":[{\"allowed_idp_claims\":{\"empty\":[],\"g\":[\"a\",1,null,{\"k\":[]}]}}]"
	  "}" },
	{ "{\"routes\":[{\"allowUpgrades\":{},\"idpAccessTokenAllowedAudiences\":{\"values\":["
	  "\"a\"]}}]}",
	  "{\"routes\":[{\"allow_upgrades\":[],\"idp_access_token_allowed_audiences\":[\"a\"]}]}" },
	{ "{\"routes\":[{\"mcp\":{\"client\":{}}},{\"mcp\":{\"server\":{\"maxRequestBytes\":5,"
	  "\"upstreamOauth2\":"
	  "{\"clientId\":\"i\",\"oauth2Endpoint\":{\"authUrl\":\"u\",\"authStyle\":1},"
	  "\"authorizationUrlParams\":{\"a\":\"b\"}}}}}]}",
	  "{\"routes\":[{\"mcp\":{\"client\":{}}},{\"mcp\":{\"server\":{\"max_request_bytes\":5,"
	  "\"upstream_oauth2\":"
	  "{\"authorization_url_params\":{\"a\":\"b\"},\"client_id\":\"i\",\"endpoint\":{\"auth_"
	  "style\":\"in_params\",\"auth_url\":\"u\"}}}}}]}" },
	{ "{\"routes\":[{\"healthChecks\":[{\"timeout\":\"1s\",\"tcpHealthCheck\":{}},{\"altPort\":"
	  "80}],"
	  "\"outlierDetection\":{\"interval\":\"0.1s\",\"consecutive5xx\":3}}]}",
	  "{\"routes\":[{\"health_checks\":[{\"tcp_health_check\":{},\"timeout\":\"1s\"},{\"alt_"
	  "port\":80}],"
	  "\"outlier_detection\":{\"consecutive_5xx\":3,\"interval\":\"0.100s\"}}]}" },
	{ "{\"routes\":[{\"upstreamTunnel\":{}},{\"upstreamTunnel\":{\"sshPolicy\":{\"raw\":"
	  "\"YWxsb3c6CiAgYW5kOiBbXQo=\"}}}]}",
	  "{\"routes\":[{\"upstream_tunnel\":{}},{\"upstream_tunnel\":{\"ssh_policy\":{\"allow\":{"
	  "\"and\":[]}}}}]}" },
	{ "{\"routes\":[{\"upstreamTunnel\":{\"sshPolicy\":{\"raw\":\"Ww==\"}}}]}",
	  "!cannot say upstream_tunnel.ssh_policy: its text is neither YAML nor JSON" },
	{ "{\"routes\":[{\"envoyOpts\":{\"lbPolicy\":\"RING_HASH\",\"ringHashLbConfig\":{"
	  "\"minimumRingSize\":\"64\"}}}]}",
	  "{\"routes\":[{\"lb_policy\":\"RING_HASH\",\"ring_hash_lb_config\":{\"minimum_ring_"
	  "size\":\"64\"}}]}" },
	{ "{\"routes\":[{\"circuitBreakerThresholds\":{\"maxRetries\":0}},{\"sessionRecording\":{"
	  "\"enabled\":true}}]}",
	  "{\"routes\":[{\"circuit_breaker_thresholds\":{\"max_retries\":0}},{\"session_"
	  "recording\":{\"enabled\":true}}]}" },
	{ "{\"routes\":[{\"rewriteResponseHeaders\":[{\"header\":\"h\",\"prefix\":\"p\",\"value\":"
	  "\"v\"},{\"header\":\"i\"}]}]}",
	  "{\"routes\":[{\"rewrite_response_headers\":[{\"header\":\"h\",\"prefix\":\"p\","
	  "\"value\":\"v\"},{\"header\":\"i\"}]}]}" },
	{ "{\"routes\":[{\"from\":\"https://a\",\"jwtGroupsFilter\":[\"a\"]}]}",
	  "!route \"https://a\": Pomerium's config.yaml cannot say jwt_groups_filter: there is no "
	  "key for it" },
	{ "{\"routes\":[{\"tlsCustomCaKeyPairId\":\"a\"}]}",
	  "!cannot say tls_custom_ca_key_pair_id" },
	/* settings */
	{ "{\"settings\":{\"certificates\":[{\"certBytes\":\"QQ==\",\"keyBytes\":\"Qg==\",\"id\":"
	  "\"i\"}]}}",
	  "{\"certificate\":\"QQ==\",\"certificate_key\":\"Qg==\",\"routes\":[]}" },
	{ "{\"settings\":{\"certificates\":[{\"certBytes\":\"QQ==\",\"keyBytes\":\"Qg==\"},{"
	  "\"certBytes\":\"Qw==\",\"keyBytes\":\"RA==\"}]}}",
	  "{\"certificates\":[{\"cert\":\"QQ==\",\"key\":\"Qg==\"},{\"cert\":\"Qw==\",\"key\":\"RA="
	  "=\"}],\"routes\":[]}" },
	{ "{\"settings\":{\"certificates\":[{\"certBytes\":\"L2E=\",\"keyBytes\":\"L2I=\"}]}}",
	  "{\"certificates\":[{\"cert\":\"/a\",\"key\":\"/b\"}],\"routes\":[]}" },
	{ "{\"settings\":{\"metricsCertificate\":{\"certBytes\":\"QQ==\",\"keyBytes\":\"Qg==\"}}}",
	  "{\"metrics_certificate\":\"QQ==\",\"metrics_certificate_key\":\"Qg==\",\"routes\":[]}" },
	{ "{\"settings\":{\"scopes\":[\"a\"],\"requestParams\":{\"p\":\"q\"},\"deriveTls\":\"d\","
	  "\"cookieExpire\":\"3600s\","
	  "\"setResponseHeaders\":{\"X\":\"y\"},\"runtimeFlags\":{\"f\":false},\"accessLogFields\":"
	  "{}}}",
	  "{\"access_log_fields\":[],\"cookie_expire\":\"3600s\",\"idp_request_params\":{\"p\":"
	  "\"q\"},\"idp_scopes\":[\"a\"],"
	  "\"routes\":[],\"runtime_flags\":{\"f\":false},\"set_response_headers\":{\"X\":\"y\"},"
	  "\"tls_derive\":\"d\"}" },
	{ "{\"settings\":{\"downstreamMtls\":{\"ca\":\"Y2E=\",\"enforcement\":\"POLICY_WITH_"
	  "DEFAULT_DENY\",\"maxVerifyDepth\":0,"
	  "\"matchSubjectAltNames\":[{\"sanType\":\"DNS\",\"pattern\":\"a.*\"},{\"sanType\":\"USER_"
	  "PRINCIPAL_NAME\",\"pattern\":\"\"}]}}}",
	  "{\"downstream_mtls\":{\"ca\":\"Y2E=\",\"enforcement\":\"policy_with_default_deny\","
	  "\"match_subject_alt_names\":"
	  "[{\"dns\":\"a.*\"},{\"user_principal_name\":\"\"}],\"max_verify_depth\":0},\"routes\":[]"
	  "}" },
	{ "{\"settings\":{\"downstreamMtls\":{}}}", "{\"downstream_mtls\":{},\"routes\":[]}" },
	{ "{\"settings\":{\"downstreamMtls\":{\"matchSubjectAltNames\":[{\"pattern\":\"a\"}]}}}",
	  "!cannot say settings.downstream_mtls.match_subject_alt_names: a matcher needs the "
	  "type" },
	{ "{\"settings\":{\"otelBspScheduleDelay\":\"0.25s\",\"otelTracesSamplerArg\":0.5,"
	  "\"codecType\":\"CODEC_TYPE_HTTP2\","
	  "\"pathWithEscapedSlashesAction\":\"PATH_WITH_ESCAPED_SLASHES_ACTION_KEEP_UNCHANGED\"}}",
	  "{\"codec_type\":\"http2\",\"otel_bsp_schedule_delay\":250,\"otel_traces_sampler_arg\":0."
	  "5,"
	  "\"path_with_escaped_slashes_action\":\"keep_unchanged\",\"routes\":[]}" },
	{ "{\"settings\":{\"otelBspScheduleDelay\":\"0.0001s\"}}",
	  "!a whole number of milliseconds" },
	{ "{\"settings\":{\"otelTracesSamplerArg\":\"NaN\"}}", "!it is no finite number" },
	{ "{\"settings\":{\"databrokerClusterNodes\":{\"nodes\":[{\"id\":\"a\",\"grpcAddress\":"
	  "\"b\"}]}}}",
	  "{\"databroker_cluster_nodes\":[{\"grpc_address\":\"b\",\"id\":\"a\"}],\"routes\":[]}" },
	{ "{\"settings\":{\"databrokerClusterNodes\":{}}}",
	  "{\"databroker_cluster_nodes\":[],\"routes\":[]}" },
	{ "{\"settings\":{\"identityProviders\":{\"k\":{\"issuer\":\"i\",\"audiences\":[\"a\"]},"
	  "\"e\":{}}}}",
	  "{\"identity_providers\":{\"e\":{},\"k\":{\"audiences\":[\"a\"],\"issuer\":\"i\"}},"
	  "\"routes\":[]}" },
	{ "{\"settings\":{\"primaryColor\":\"x\"}}",
	  "!cannot say settings.primary_color: there is no key for it" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		struct buf yaml, json;
		struct pool pool;
		struct value v;
		const char *got = err.text;
		int rc;

		pool_init(&pool);
		buf_init(&yaml, BUF_MAX_TEXT);
		buf_init(&json, BUF_MAX_TEXT);
		rc = pb_to_pomerium_yaml(
			rig_message(&pomerium__config__config__descriptor, cases[i].config, &pool),
			&yaml, &err);
		if (rc == 0) {
			if (yaml_parse(buf_view(&yaml), &pool, &v, &err) < 0)
				fail_msg("%s\n%s", err.text, yaml.ptr);
			assert_int_equal(value_to_json(&v, false, &json, &err), 0);
			got = json.ptr;
		}
		if (cases[i].want[0] == '!' ? rc == 0 || strstr(got, cases[i].want + 1) == NULL
					    : rc < 0 || strcmp(got, cases[i].want) != 0)
			fail_msg("%s\ngave %s\nnot  %s", cases[i].config, got, cases[i].want);
		buf_clear(&json);
		buf_clear(&yaml);
		pool_clear(&pool);
	}
}

/* Any character in a value or a key comes back as it was. */
static void test_text(void **state)
{
	static const struct str texts[] = {
		{ "\0", 1 },
		{ "a\x7f\xc2\x80z", 6 },
		{ "\xc2\x85\xc2\xa0\xc2\x9f", 6 },
		{ "\xe2\x80\xa8\xe2\x80\xa9", 6 },
		{ "\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", 12 },
		{ "\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", 9 },
		{ "\\u0041 \"quoted\" 'x' #y: [z]\t\r\n\x1b", 30 },
		{ "  ", 2 },
		{ "", 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		Pomerium__Config__Config *config;
		Pomerium__Config__Settings__RequestParamsEntry *entry;
		const struct value *params;
		struct pool pool;
		struct err err;
		struct buf yaml;
		struct value v;

		pool_init(&pool);
		buf_init(&yaml, BUF_MAX_TEXT);
		config = PB_NEW(&pool, pomerium__config__config);
		config->settings = PB_NEW(&pool, pomerium__config__settings);
		entry = PB_NEW(&pool, pomerium__config__settings__request_params_entry);
		PB_SET_TEXT(entry, key, texts[i]);
		PB_SET_TEXT(entry, value, texts[i]);
		PB_PUSH(&pool, config->settings, request_params, entry);
		assert_int_equal(pb_to_pomerium_yaml(&config->base, &yaml, &err), 0);
		if (yaml_parse(buf_view(&yaml), &pool, &v, &err) < 0)
			fail_msg("%s\n%s", err.text, yaml.ptr);
		params = value_get(&v, "idp_request_params");
		assert_int_equal(params->map.n, 1);
		assert_int_equal(params->map.entries[0].key.type, VALUE_STRING);
		assert_true(str_eq(params->map.entries[0].key.string, texts[i]));
		assert_int_equal(params->map.entries[0].value.type, VALUE_STRING);
		assert_true(str_eq(params->map.entries[0].value.string, texts[i]));
		buf_clear(&yaml);
		pool_clear(&pool);
	}
}

static void test_limits(void **state)
{
	char key[1200];
	struct pool pool;
	struct err err;
	struct buf yaml;
	ProtobufCMessage *m;
	(void)state;

	pool_init(&pool);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	m = rig_message(
		&pomerium__config__config__descriptor,
		pool_printf(&pool, "{\"routes\":[{\"setRequestHeaders\":{\"%s\":\"\"}}]}", key).ptr,
		&pool);
	buf_init(&yaml, BUF_MAX_TEXT);
	assert_int_equal(pb_to_pomerium_yaml(m, &yaml, &err), -1);
	assert_non_null(strstr(err.text, "a key of YAML may have 1000 bytes"));
	buf_clear(&yaml);
	buf_init(&yaml, 20);
	m = rig_message(&pomerium__config__config__descriptor,
			"{\"routes\":[{\"from\":\"https://a\"}]}", &pool);
	assert_int_equal(pb_to_pomerium_yaml(m, &yaml, &err), -1);
	assert_non_null(strstr(err.text, "more than 20 bytes"));
	m = rig_message(&pomerium__config__route__descriptor, "{}", &pool);
	assert_int_equal(pb_to_pomerium_yaml(m, &yaml, &err), -1);
	buf_clear(&yaml);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
