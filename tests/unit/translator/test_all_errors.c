/* test_all_errors: an owner is looked at to its end, whatever is wrong with it. */
#include "tests/unit/translator/trip.h"

/* Everything that is wrong: "FIELD CODE" a line, in the order in which it was found. */
static void assert_errors(const char *yaml, const char *expected)
{
	struct trip trip;
	struct buf got;

	buf_init(&got, BUF_MAX_TEXT);
	buf_puts(&got, "");
	trip_start(&trip, yaml);
	for (size_t i = 0; i < trip.config.diagnostics.n; i++) {
		const struct msg_diagnostic *item = &trip.config.diagnostics.items[i];

		if (item->severity == MSG_SEVERITY_ERROR)
			buf_printf(&got, STR_FMT " %u\n", STR_ARG(item->field),
				   (unsigned)item->code);
	}
	assert_int_equal(trip.rc, *expected ? -1 : 0);
	if (strcmp(buf_view(&got).ptr ? buf_view(&got).ptr : "", expected) != 0)
		fail_msg("want\n%sgot\n" STR_FMT "from\n%s", expected, STR_ARG(buf_view(&got)),
			 yaml);
	if (trip.rc) /* the first is the one that is told alone */
		assert_string_equal(trip.err.text, trip.config.diagnostics.items[0].sentence.ptr);
	buf_clear(&got);
	trip_end(&trip);
}

#define ANNOTATIONS "    annotations:\n"
#define OURS "      ingress.pomerium.io/"

static void a_good_one_has_none(void **state)
{
	(void)state;
	assert_errors(TRIP_HEAD TRIP_RULE TRIP_SERVICE, "");
}

static void each_annotation_is_read(void **state)
{
	(void)state;
	assert_errors(TRIP_HEAD ANNOTATIONS OURS
		      "timeot: 3s\n" OURS "allowed_groups: '[a]'\n" OURS "timeout: soon\n" OURS
		      "policy: '{'\n" OURS "idle_timeout: -3s\n" OURS
		      "tls_custom_ca_secret: none\n" TRIP_RULE TRIP_SERVICE,
		      "metadata.annotations[ingress.pomerium.io/timeot] 1101\n"
		      "metadata.annotations[ingress.pomerium.io/allowed_groups] 1102\n"
		      "metadata.annotations[ingress.pomerium.io/timeout] 1104\n"
		      "metadata.annotations[ingress.pomerium.io/tls_custom_ca_secret] 2001\n"
		      "metadata.annotations[ingress.pomerium.io/policy] 1401\n"
		      "metadata.annotations[ingress.pomerium.io/idle_timeout] 1706\n");
}

static void each_item_of_an_annotation_is_checked(void **state)
{
	(void)state;
	assert_errors(TRIP_HEAD ANNOTATIONS OURS
		      "set_response_headers: '{\"Host\": \"a\", \"B\": \"%\", \"C\": \"c\"}'\n" OURS
		      "health_checks: '[{\"timeout\": \"0s\", \"interval\": \"0s\"}, {\"timeout\": "
		      "\"-1s\"}]'\n" TRIP_RULE TRIP_SERVICE,
		      "metadata.annotations[ingress.pomerium.io/set_response_headers] 1304\n"
		      "metadata.annotations[ingress.pomerium.io/set_response_headers] 1303\n"
		      "metadata.annotations[ingress.pomerium.io/health_checks] 1711\n"
		      "metadata.annotations[ingress.pomerium.io/health_checks] 1711\n"
		      "metadata.annotations[ingress.pomerium.io/health_checks] 1711\n");
}

#define PATH(path, type, service, port)                                                       \
	"        - {path: '" path "', pathType: " type ", backend: {service: {name: " service \
	", port: " port "}}}\n"

static void each_path_of_each_rule_is_looked_at(void **state)
{
	(void)state;
	assert_errors(TRIP_HEAD
		      "  spec:\n"
		      "    rules:\n"
		      "    - host: a.example.com\n"
		      "      http:\n"
		      "        paths:\n" PATH("/", "Prefix", "app", "{number: 80}") PATH(
			      "/b", "Sometimes", "none", "{number: 80}") PATH("/c", "Exact", "app",
									      "{name: nothing}")
			      PATH("/", "Prefix", "app",
				   "{number: 80}") "    - {host: b.example.com}\n"
						   "    - host: c/d\n"
						   "      http:\n"
						   "        paths:\n" PATH("/", "Prefix", "app",
									   "{number: 80}")
							   TRIP_SERVICE,
		      "spec.rules[1].http 1602\n"
		      "spec.rules[0].http.paths[1].backend 1703\n"
		      "spec.rules[0].http.paths[1].pathType 1605\n"
		      "spec.rules[0].http.paths[2].backend 1704\n"
		      "spec.rules[0].http.paths[3].path 1608\n"
		      "spec.rules[2].host 1609\n");
}

static void both_the_annotations_and_the_rules_are(void **state)
{
	(void)state;
	assert_errors(TRIP_HEAD ANNOTATIONS OURS
		      "timeot: 3s\n"
		      "  spec:\n"
		      "    tls: [{hosts: [a.example.com], secretName: bad}]\n"
		      "    defaultBackend: {resource: {kind: Bucket, name: b}}\n"
		      "    rules:\n"
		      "    - {http: {paths: []}}\n"
		      "secrets:\n"
		      "- {namespace: shop, name: bad, answer: 0, type: "
		      "kubernetes.io/tls, values: []}\n",
		      "metadata.annotations[ingress.pomerium.io/timeot] 1101\n"
		      "spec.rules[0].host 1601\n"
		      "spec.defaultBackend 1604\n"
		      "spec.tls[0].secretName 1201\n");
}

#define POMERIUM(spec)                                    \
	"owner: {kind: 7, namespace: '', name: global}\n" \
	"stamp: {epoch: 7, number: 9}\n"                  \
	"pomerium: {metadata: {name: global}, spec: {" spec "}}\n"

static void each_field_of_the_settings_is_looked_at(void **state)
{
	(void)state;
	assert_errors(POMERIUM("secrets: 3, authenticat: {}, timeouts: {read: soon, write: [1]}, "
			       "identityProvider: {provider: nobody}"),
		      "spec.secrets 1801\n"
		      "spec.authenticat 1802\n"
		      "spec.timeouts.read 1804\n"
		      "spec.timeouts.write 1801\n"
		      "spec.identityProvider.provider 1804\n"
		      "spec.identityProvider 1803\n");
	assert_errors(POMERIUM("secrets: pomerium/bootstrap, accessLogFields: [path, pth, quer], "
			       "timeouts: {read: 9s, write: 3s}, storage: {}, caSecrets: [a/none], "
			       "identityProvider: {provider: oidc, secret: a/none}"),
		      "spec.accessLogFields 1815\n"
		      "spec.accessLogFields 1815\n"
		      "spec.timeouts 1819\n"
		      "spec.storage 1825\n"
		      "spec.caSecrets 2001\n"
		      "spec.identityProvider 2001\n");
}

/* A hostile owner does not make more of them than it has bytes, nor than people read. */
static void very_many_are_cut(void **state)
{
	struct trip trip;
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, TRIP_HEAD ANNOTATIONS);
	for (int i = 0; i < 1000; i++)
		buf_printf(&yaml, OURS "none_%d: a\n", i);
	buf_puts(&yaml, TRIP_RULE TRIP_SERVICE);
	trip_start(&trip, buf_view(&yaml).ptr);
	assert_int_equal(trip.rc, -1);
	assert_int_equal(trip.config.diagnostics.n, 100);
	trip_end(&trip);
	buf_clear(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_has_none),
		cmocka_unit_test(each_annotation_is_read),
		cmocka_unit_test(each_item_of_an_annotation_is_checked),
		cmocka_unit_test(each_path_of_each_rule_is_looked_at),
		cmocka_unit_test(both_the_annotations_and_the_rules_are),
		cmocka_unit_test(each_field_of_the_settings_is_looked_at),
		cmocka_unit_test(very_many_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
