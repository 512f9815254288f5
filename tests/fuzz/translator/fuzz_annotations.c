/* fuzz_annotations: bytes as annotations of an Ingress that is otherwise good.
 *
 * Input: name=value, name=value, ... with a NUL between them; names come without the prefix. What is accepted must be a
 * Config that unpacks, with both routes; what is rejected must say why. */
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "tests/lib/config_parts.h"
#include "translator/translate.h"

#define MAX_ANNOTATIONS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char bundle_text[] =
	"owner: {kind: 1, namespace: shop, name: web}\n"
	"ingress:\n"
	"  metadata: {namespace: shop, name: web}\n"
	"  spec:\n"
	"    rules:\n"
	"    - host: app.example.com\n"
	"      http:\n"
	"        paths:\n"
	"        - {pathType: ImplementationSpecific, backend: {service: {name: app, port: "
	"{number: 80}}}}\n"
	"    - host: '*.example.com'\n"
	"      http: {paths: [{pathType: ImplementationSpecific, backend: {service: {name: app, "
	"port: {name: http}}}}]}\n"
	"services:\n"
	"- name: app\n"
	"  spec: {ports: [{name: http, port: 80, targetPort: 8080}]}\n"
	"  endpoints: [{port_name: http, port: 8080, addresses: [10.0.0.1, 'fd00::1']}]\n"
	"secrets:\n"
	"- {namespace: shop, name: s, type: Opaque, values: [{name: client_id, len: 3, utf8: "
	"true}, "
	"{name: tls.crt, len: 3, utf8: true, clear: Y2VydA==}, {name: tls.key, len: 3, utf8: true, "
	"matches_cert: true}, "
	"{name: ca.crt, len: 3, utf8: true, clear: Y2VydA==}]}\n"
	"- {namespace: shop, name: t, type: kubernetes.io/service-account-token, values: [{name: "
	"token, len: 3, utf8: true}]}\n";

static void read_annotations(struct str input, struct pool *pool, struct str_map *out)
{
	struct str one = STR(""), name, value;
	bool more = true;

	out->items = pool_array(pool, MAX_ANNOTATIONS, sizeof(*out->items));
	while (more && out->n < MAX_ANNOTATIONS) {
		more = str_cut(input, '\0', &one, &input);
		if (!more)
			one = input;
		if (!str_cut(one, '=', &name, &value))
			continue;
		out->items[out->n].key =
			pool_printf(pool, "ingress.pomerium.io/" STR_FMT, STR_ARG(name));
		out->items[out->n++].value = pool_str(pool, value);
	}
}

static void check(struct pool *pool, const struct msg_config *config)
{
	Pomerium__Config__Config *parsed;
	struct err err;

	parsed = config_parts_join(config, pool, &err);
	if (!parsed || parsed->n_routes != 2 || !parsed->routes[0]->n_to)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct translator_settings settings = { .prefix = STR("ingress.pomerium.io"),
						      .cluster_domain = STR("cluster.local") };
	struct str input = { (const char *)data, size };
	struct msg_bundle bundle = { 0 };
	struct msg_config config;
	struct value doc;
	struct pool pool;
	struct err err = { "" };

	if (!size || !str_is_utf8(input))
		return 0;
	pool_init(&pool);
	if (yaml_parse(str_from(bundle_text), &pool, &doc, &err) ||
	    codec_from_value(&msg_bundle_codec, &doc, &pool, &bundle, &err))
		abort();
	read_annotations(input, &pool, &bundle.ingress->metadata.annotations);
	if (!translator_translate(&settings, &bundle, &pool, &config, &err))
		check(&pool, &config);
	else if (!err.text[0] || !str_is_utf8(str_from(err.text)))
		abort();
	pool_clear(&pool);
	return 0;
}
