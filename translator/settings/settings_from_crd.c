/* settings_from_crd: makes Settings, certificates and warnings of the Pomerium object.
 *
 *   in     the bundle of the Pomerium object
 *   out    settings, splices, certificates and warnings of a CONFIG
 *   owns   what a row of crd_table.c cannot say: key=value lists, names to match
 *   never  sees a private value
 */
#include "translator/settings/settings.h"

#include "pb/pomerium.pb-c.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/settings/crd.h"

static struct value text_value(struct str text)
{
	return (struct value){ .type = VALUE_STRING, .string = text, .text = text };
}

static void put_text(struct settings_job *job, struct value *tree, const char *path,
		     struct str text)
{
	struct value v = text_value(text);

	translator_crd_settings_put(job->pool, tree, str_from(path), &v);
}

/* ---- what is shaped differently ---- */

/* {a: b} as ["a=b"], in order of key: the reference has no order of its own. */
static void put_pairs(struct settings_job *job, struct value *tree, const char *from,
		      const char *to)
{
	const struct value *map = translator_crd_get(job->spec, from);
	struct value list = { .type = VALUE_LIST };

	for (size_t i = 0; map && i < map->map.n; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		struct value *item =
			pool_push(job->pool, &list.list.items, &list.list.n, sizeof(*item));

		*item = text_value(pool_printf(job->pool, STR_FMT "=" STR_FMT,
					       STR_ARG(entry->key.string),
					       STR_ARG(entry->value.string)));
	}
	if (list.list.n)
		translator_crd_settings_put(job->pool, tree, str_from(to), &list);
}

static void put_otel(struct settings_job *job, struct value *tree)
{
	struct str sampling = translator_crd_text(job->spec, "otel.sampling");
	struct value share = { .type = VALUE_FLOAT };

	if (!translator_crd_get(job->spec, "otel"))
		return;
	put_text(job, tree, "otel_traces_exporter", STR("otlp"));
	put_pairs(job, tree, "otel.headers", "otel_exporter_otlp_traces_headers");
	put_pairs(job, tree, "otel.resourceAttributes", "otel_resource_attributes");
	if (sampling.ptr) {
		share.number = strtod(sampling.ptr, NULL);
		translator_crd_settings_put(job->pool, tree, STR("otel_traces_sampler_arg"),
					    &share);
	}
}

/* base64 once more, on one line: manifests may have folded it. */
static void put_base64(struct settings_job *job, struct value *tree, const char *from,
		       const char *to)
{
	struct str text = translator_crd_text(job->spec, from);
	struct buf bytes, again;

	buf_init(&bytes, BUF_MAX_TEXT);
	buf_init(&again, BUF_MAX_MESSAGE / 2);
	if (text.len && buf_unbase64(&bytes, text) == 0 && bytes.len) {
		buf_base64(&again, buf_view(&bytes));
		put_text(job, tree, to, pool_str(job->pool, buf_view(&again)));
	}
	buf_clear(&bytes);
	buf_clear(&again);
}

static void put_mtls(struct settings_job *job, struct value *tree)
{
	static const struct {
		const char *path, *type;
	} names[] = {
		{ "downstreamMtls.matchSubjectAltNames.email", "EMAIL" },
		{ "downstreamMtls.matchSubjectAltNames.dns", "DNS" },
		{ "downstreamMtls.matchSubjectAltNames.uri", "URI" },
		{ "downstreamMtls.matchSubjectAltNames.ipAddress", "IP_ADDRESS" },
		{ "downstreamMtls.matchSubjectAltNames.userPrincipalName", "USER_PRINCIPAL_NAME" },
	};
	struct str enforcement = translator_crd_text(job->spec, "downstreamMtls.enforcement");
	struct value list = { .type = VALUE_LIST };

	put_base64(job, tree, "downstreamMtls.ca", "downstream_mtls.ca");
	put_base64(job, tree, "downstreamMtls.crl", "downstream_mtls.crl");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str pattern = translator_crd_text(job->spec, names[i].path);
		struct value *item;

		if (!pattern.len)
			continue;
		item = pool_push(job->pool, &list.list.items, &list.list.n, sizeof(*item));
		item->type = VALUE_MAP;
		put_text(job, item, "san_type", str_from(names[i].type));
		put_text(job, item, "pattern", pattern);
	}
	if (list.list.n)
		translator_crd_settings_put(job->pool, tree,
					    STR("downstream_mtls.match_subject_alt_names"), &list);
	if (enforcement.ptr &&
	    !translator_crd_is_allowed("downstreamMtls.enforcement", enforcement))
		translator_answer_warn(
			job->out, job->pool, RULE_MTLS_ENFORCEMENT,
			"spec.downstreamMtls.enforcement: %s is not known, so the default "
			"policy_with_default_deny holds",
			err_quote(enforcement));
}

static int check_timeouts(const struct settings_job *job, struct err *err)
{
	struct str read = translator_crd_text(job->spec, "timeouts.read");
	struct str write = translator_crd_text(job->spec, "timeouts.write");
	int64_t read_ns, write_ns;

	if (!read.ptr || !write.ptr)
		return 0;
	if (pb_parse_go_duration(read, &read_ns, err) ||
	    pb_parse_go_duration(write, &write_ns, err))
		return -1;
	if (read_ns >= write_ns)
		return err_rule(err, RULE_TIMEOUT_ORDER,
				"spec.timeouts: the read timeout %s should be less than the write "
				"timeout %s",
				err_quote(read), err_quote(write));
	return 0;
}

/* ---- together ---- */

void translator_settings_refuse(struct settings_job *job, struct str field, const struct err *why)
{
	translator_answer_refuse(job->out, job->pool, pool_str(job->pool, field), why);
}

static void on_fault(void *job, struct str field, const struct err *why)
{
	translator_settings_refuse(job, field, why);
}

static void warn(struct settings_job *job)
{
	if (translator_crd_odd(job->spec))
		translator_answer_warn(job->out, job->pool, RULE_IDP_ALONE, "%s",
				       translator_crd_odd(job->spec));
	if (!translator_crd_get(job->spec, "storage"))
		translator_answer_warn(
			job->out, job->pool, RULE_STORAGE_NONE,
			"storage: please specify a persistent storage backend, please see "
			"https://www.pomerium.com/docs/internals/data-storage");
}

/* Of both the one of the whole cluster; the publisher knows what no namespace means. */
static void put_issuer(struct settings_job *job)
{
	struct str cluster =
		translator_crd_text(job->spec, "certificateAutoProvision.clusterIssuer");
	struct str text = translator_crd_text(job->spec, "certificateAutoProvision.issuer");
	struct msg_issuer *issuer;

	if (!cluster.len && !text.len)
		return;
	issuer = pool_alloc(job->pool, sizeof(*issuer));
	*issuer = (struct msg_issuer){ STR("ClusterIssuer"), cluster, STR("") };
	if (!cluster.len) {
		issuer->kind = STR("Issuer");
		(void)str_cut(text, '/', &issuer->namespace, &issuer->name);
	}
	job->out->issuer = issuer;
}

/* What a Secret fills in: each goes on after an error of another. */
static void splice(struct settings_job *job, struct value *tree)
{
	struct err err;

	if (translator_settings_splice_authorities(job, tree, &err))
		translator_settings_refuse(job, STR("spec.caSecrets"), &err);
	if (translator_settings_splice_certificates(job, &err))
		translator_settings_refuse(job, STR("spec.certificates"), &err);
	if (translator_settings_splice_idp(job, &err))
		translator_settings_refuse(job, STR("spec.identityProvider"), &err);
	if (translator_settings_splice_ssh(job, tree, &err))
		translator_settings_refuse(job, STR("spec.ssh"), &err);
}

static void fill(struct settings_job *job, Pomerium__Config__Settings *settings)
{
	const struct crd_sink sink = { job, on_fault };
	struct value tree;
	struct err err;

	if (translator_crd_check(job->spec, &sink))
		return; /* its fields may be anything */
	translator_settings_validate(job);
	if (check_timeouts(job, &err))
		translator_settings_refuse(job, STR("spec.timeouts"), &err);
	if (translator_settings_secret_check_storage(job, &err))
		translator_settings_refuse(job, STR("spec.storage"), &err);
	if (translator_crd_settings(job->spec, job->pool, &tree, &err)) {
		translator_settings_refuse(job, STR("spec"), &err);
		return;
	}
	splice(job, &tree);
	put_otel(job, &tree);
	put_mtls(job, &tree);
	put_issuer(job);
	warn(job);
	if (!translator_answer_verdict(job->out, NULL) &&
	    pb_from_value(&tree, job->pool, &settings->base, &err)) {
		(void)err_code(&err, RULE_SPEC_VALUE);
		translator_settings_refuse(job, STR("spec"), &err);
	}
}

int translator_settings_from_crd(const struct msg_bundle *bundle, struct pool *pool,
				 struct msg_config *out, struct err *err)
{
	struct settings_job job = { .bundle = bundle, .pool = pool, .out = out };
	Pomerium__Config__Config *config = PB_NEW(pool, pomerium__config__config);
	struct buf bytes;
	int rc = 0;

	if (bundle->pomerium) {
		job.spec = bundle->pomerium->spec;
		config->settings = PB_NEW(pool, pomerium__config__settings);
		fill(&job, config->settings);
		if (translator_answer_verdict(out, err))
			return -1;
	}
	buf_init(&bytes, BUF_MAX_MESSAGE / 2);
	pb_pack(&config->base, &bytes);
	if (bytes.full)
		rc = err_rule(err, RULE_CONFIG_SIZE, "the settings would need more than %u MB",
			      BUF_MAX_MESSAGE / 2 >> 20);
	else
		out->settings = pool_str(pool, buf_view(&bytes));
	buf_clear(&bytes);
	return rc;
}
