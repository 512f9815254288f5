/* test_path: fields set by the paths of splices. */
#include "rig.h"

#define CONFIG &pomerium__config__config__descriptor

static const struct {
	const char *path, *bytes;
	const char *json; /* or "!" and a part of the sentence */
} cases[] = {
	{ "name", "n", "{\"name\":\"n\",\"routes\":[{\"to\":[\"a\"]}]}" },
	{ "routes[0].tls_client_key", "k",
	  "{\"routes\":[{\"tls_client_key\":\"k\",\"to\":[\"a\"]}]}" },
	{ "routes[0].set_request_headers[X-Key]", "v",
	  "{\"routes\":[{\"set_request_headers\":{\"X-Key\":\"v\"},\"to\":[\"a\"]}]}" },
	{ "routes[0].set_request_headers[a.b[c]]", "v",
	  "{\"routes\":[{\"set_request_headers\":{\"a.b[c]\":\"v\"},\"to\":[\"a\"]}]}" },
	{ "routes[0].to[0]", "b", "{\"routes\":[{\"to\":[\"b\"]}]}" },
	{ "routes[0].to[1]", "b", "{\"routes\":[{\"to\":[\"a\",\"b\"]}]}" },
	{ "routes[1].from", "f", "{\"routes\":[{\"to\":[\"a\"]},{\"from\":\"f\"}]}" },
	{ "settings.certificates[0].key_bytes", "k",
	  "{\"routes\":[{\"to\":[\"a\"]}],\"settings\":{\"certificates\":[{\"key_bytes\":\"aw==\"}]"
	  "}}" },
	{ "settings.identity_providers[x].jwks_url", "u",
	  "{\"routes\":[{\"to\":[\"a\"]}],\"settings\":{\"identity_providers\":{\"x\":{\"jwks_"
	  "url\":\"u\"}}}}" },
	{ "routes[0].mcp.server.upstream_oauth2.client_secret", "s",
	  "{\"routes\":[{\"mcp\":{\"server\":{\"upstream_oauth2\":{\"client_secret\":\"s\"}}},"
	  "\"to\":[\"a\"]}]}" },
	{ "settings.certificates[0].key_bytes", "\xff",
	  "{\"routes\":[{\"to\":[\"a\"]}],\"settings\":{\"certificates\":[{\"key_bytes\":\"/"
	  "w==\"}]}}" },
	{ "routes[0].name", "\xff", "!the value is not UTF-8 text" },
	{ "routes[2].from", "f", "!a list needs the number of one of its items, or of the next" },
	{ "routes.from", "f", "!a list needs the number" },
	{ "routes[-1].from", "f", "!a list needs the number" },
	{ "routes[0x0].from", "f", "!a list needs the number" },
	{ "routes[0]", "f", "!neither a string nor bytes" },
	{ "settings", "f", "!neither a string nor bytes" },
	{ "routes[0].allow_spdy", "f", "!neither a string nor bytes" },
	{ "routes[0].set_request_headers", "f", "!a map needs a key" },
	{ "routes[0].name[0]", "f", "!neither a list nor a map" },
	{ "routes[0].name.x", "f", "!goes on after a field that is no message" },
	{ "routes[0].nam", "f", "!there is no such field" },
	{ "routes[0].tlsClientKey", "f", "!there is no such field" },
	{ "routes[0", "f", "!must be names joined by dots" },
	{ "routes[0].", "f", "!must be names joined by dots" },
	{ ".name", "f", "!must be names joined by dots" },
	{ "", "f", "!must be names joined by dots" },
};

static void test_set_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		struct pool pool;
		ProtobufCMessage *m;
		const char *got;
		int rc;

		pool_init(&pool);
		m = rig_message(CONFIG, "{\"routes\":[{\"to\":[\"a\"]}]}", &pool);
		rc = pb_set_path(m, str_from(cases[i].path), str_from(cases[i].bytes), &pool, &err);
		got = rc < 0 ? err.text : rig_json(m, &pool);
		if (cases[i].json[0] == '!' ? rc == 0 || strstr(got, cases[i].json + 1) == NULL
					    : rc < 0 || strcmp(got, cases[i].json) != 0)
			fail_msg("%s gave %s, not %s", cases[i].path, got, cases[i].json);
		pool_clear(&pool);
	}
}

/* A secret never comes out in a sentence; an entry is replaced, not doubled. */
static void test_secret_and_entry(void **state)
{
	struct pool pool;
	struct err err;
	ProtobufCMessage *m;
	(void)state;

	pool_init(&pool);
	m = rig_message(&pomerium__config__route__descriptor,
			"{\"set_request_headers\":{\"a\":\"1\",\"b\":\"2\"}}", &pool);
	assert_int_equal(pb_set_path(m, STR("set_request_headers[a]"), STR("hunter2"), &pool, &err),
			 0);
	assert_string_equal(rig_json(m, &pool),
			    "{\"set_request_headers\":{\"a\":\"hunter2\",\"b\":\"2\"}}");
	assert_int_equal(pb_set_path(m, STR("set_request_headers"), STR("hunter2"), &pool, &err),
			 -1);
	assert_null(strstr(err.text, "hunter2"));
	assert_int_equal(pb_set_path(m, STR("name"), STR("hunter2\xff"), &pool, &err), -1);
	assert_null(strstr(err.text, "hunter2"));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_path),
		cmocka_unit_test(test_secret_and_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
