/* trip: one bundle, written as YAML, through the translator. For the tests of this room. */
#ifndef TESTS_TRANSLATOR_TRIP_H
#define TESTS_TRANSLATOR_TRIP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "msg/splice_table.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "rules/rules.h"
#include "tests/lib/config_parts.h"
#include "translator/settings/pomerium_flags.h"
#include "translator/translate.h"

struct trip {
	struct pool pool;
	struct msg_bundle bundle;
	struct msg_config config;
	struct err err;
	int rc;
	struct buf json; /* the Config and the report, on one line */
};

/* An Ingress shop/web with one path / of app.example.com; %s: annotations, indented by six. */
#define TRIP_HEAD                                        \
	"owner: {kind: 1, namespace: shop, name: web}\n" \
	"stamp: {epoch: 7, number: 9}\n"                 \
	"ingress:\n"                                     \
	"  metadata:\n"                                  \
	"    namespace: shop\n"                          \
	"    name: web\n"                                \
	"    uid: u-1\n"                                 \
	"    generation: 3\n"
#define TRIP_RULE                                                                              \
	"  spec:\n"                                                                            \
	"    rules:\n"                                                                         \
	"    - host: app.example.com\n"                                                        \
	"      http:\n"                                                                        \
	"        paths:\n"                                                                     \
	"        - {path: /, pathType: Prefix, backend: {service: {name: app, port: {number: " \
	"80}}}}\n"
#define TRIP_SERVICE                                                    \
	"services:\n"                                                   \
	"- name: app\n"                                                 \
	"  spec: {ports: [{name: http, port: 80, targetPort: 8080}]}\n" \
	"  endpoints: [{port_name: http, port: 8080, addresses: [10.0.0.1]}]\n"

static bool trip_path_elements; /* --gateway-path-elements */

static inline void trip_start(struct trip *trip, const char *yaml)
{
	static const struct pomerium_flags no_flags;
	const struct translator_settings settings = { .prefix = STR("ingress.pomerium.io"),
						      .cluster_domain = STR("cluster.local"),
						      .gateway_controller = STR("example.com/ours"),
						      .path_elements = trip_path_elements,
						      .no_backend_status = 404,
						      .limits = { 160000, 16 << 20 },
						      .pomerium = &no_flags };
	const Pomerium__Config__Config *config;
	struct value doc;

	memset(trip, 0, sizeof(*trip));
	pool_init(&trip->pool);
	buf_init(&trip->json, BUF_MAX_OUTPUT);
	if (yaml_parse(str_from(yaml), &trip->pool, &doc, &trip->err) ||
	    codec_from_value(&msg_bundle_codec, &doc, &trip->pool, &trip->bundle, &trip->err))
		fail_msg("the bundle of the test does not parse: %s", trip->err.text);
	trip->rc = translator_translate(&settings, &trip->bundle, &trip->pool, &trip->config,
					&trip->err);
	if (trip->rc)
		return;
	config = config_parts_join(&trip->config, &trip->pool, &trip->err);
	assert_non_null(config);
	pb_to_json(&config->base, 0, &trip->json);
	if (trip->config.report)
		(void)value_to_json(trip->config.report, false, &trip->json, NULL);
}

static inline void trip_end(struct trip *trip)
{
	buf_clear(&trip->json);
	pool_clear(&trip->pool);
}

static inline const char *trip_json(const struct trip *trip)
{
	return buf_view(&trip->json).ptr;
}

/* What comes out holds the fragment; "!text": it does not. "error: text": it is rejected with these words. */
static inline void trip_expect(const char *yaml, const char *expected)
{
	struct trip trip;

	trip_start(&trip, yaml);
	if (strncmp(expected, "error: ", 7) == 0) {
		if (!trip.rc || !strstr(trip.err.text, expected + 7))
			fail_msg("want %s\n got %s\nfrom\n%s", expected,
				 trip.rc ? trip.err.text : trip_json(&trip), yaml);
		if (!rules_find(trip.err.code))
			fail_msg("\"%s\" should have the code of a rule", trip.err.text);
	} else if (trip.rc) {
		fail_msg("want %s\n got error: %s\nfrom\n%s", expected, trip.err.text, yaml);
	} else if (*expected == '!' ? strstr(trip_json(&trip), expected + 1) != NULL
				    : strstr(trip_json(&trip), expected) == NULL) {
		fail_msg("want %s\n got %s\nfrom\n%s", expected, trip_json(&trip), yaml);
	}
	trip_end(&trip);
}

/* One annotation of the plain Ingress; `more` is YAML behind the bundle, such as Secrets. */
static inline void trip_annotation(const char *name, const char *value, const char *more,
				   const char *expected)
{
	struct buf yaml;

	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, TRIP_HEAD "    annotations:\n      ");
	buf_json(&yaml, str_from(name));
	buf_puts(&yaml, ": ");
	buf_json(&yaml, str_from(value));
	buf_puts(&yaml, "\n" TRIP_RULE TRIP_SERVICE);
	buf_puts(&yaml, more);
	trip_expect(buf_view(&yaml).ptr, expected);
	buf_clear(&yaml);
}

#endif
