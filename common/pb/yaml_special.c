/* yaml_special: the fields of a Config that Pomerium's config.yaml has in another form.
 *
 *   in     a field of a message
 *   out    its lines of YAML, or a sentence for what a file cannot say
 *   owns   nothing
 *   never  is asked for a field that is not set */
#include "pb/yaml_special.h"

#include <inttypes.h>
#include "pb/duration.h"
#include "pb/pomerium.pb-c.h"

/* ---- routes ---- */

/* URLs, each followed by ",weight" where all have one. */
static int write_to(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const Pomerium__Config__Route *route = (const Pomerium__Config__Route *)site->m;
	size_t n_zero = 0;
	bool weighted = route->n_load_balancing_weights == route->n_to;
	struct buf url;

	for (size_t i = 0; weighted && i < route->n_to; i++)
		n_zero += route->load_balancing_weights[i] == 0;
	if (weighted && n_zero > 0 && n_zero < route->n_to)
		return pb_yaml_err(site->spot,
				   "either all or none of load_balancing_weights may be 0", err);
	pb_yaml_key(y, "to");
	pb_yaml_end(y);
	y->depth++;
	for (size_t i = 0; i < route->n_to; i++) {
		buf_init(&url, BUF_MAX_TEXT);
		buf_str(&url, pb_str(route->to[i]));
		if (weighted && n_zero == 0)
			buf_printf(&url, ",%" PRIu32, route->load_balancing_weights[i]);
		pb_yaml_dash(y);
		pb_yaml_string(y->out, buf_view(&url));
		pb_yaml_end(y);
		buf_clear(&url);
	}
	y->depth--;
	return 0;
}

/* Read by protojson there. */
static int write_json(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	size_t n = site->field.desc->label == PROTOBUF_C_LABEL_REPEATED
			   ? pb_count(site->m, &site->field)
			   : 0;

	(void)err;
	pb_yaml_key(y, site->field.trait->yaml);
	if (site->field.desc->label != PROTOBUF_C_LABEL_REPEATED) {
		buf_putc(y->out, ' ');
		pb_yaml_json(y->out, *(ProtobufCMessage **)pb_slot(site->m, &site->field));
	}
	pb_yaml_end(y);
	y->depth++;
	for (size_t i = 0; i < n; i++) {
		pb_yaml_dash(y);
		pb_yaml_json(y->out, *(ProtobufCMessage **)pb_item(site->m, &site->field, i));
		pb_yaml_end(y);
	}
	y->depth--;
	return 0;
}

/* Older Pomerium reads a route as an Envoy cluster too: its fields stand beside the route's own. */
static int write_envoy(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const ProtobufCMessage *m = *(ProtobufCMessage **)pb_slot(site->m, &site->field);
	const struct pb_shape *shape = site->field.trait->sub;

	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct yaml_site inner = { site->spot, m, pb_field_at(shape, i) };
		const ProtobufCEnumValue *value;

		if (!pb_is_set(m, &inner.field))
			continue;
		if (inner.field.desc->type == PROTOBUF_C_TYPE_MESSAGE) {
			write_json(y, &inner, err);
			continue;
		}
		value = protobuf_c_enum_descriptor_get_value(inner.field.desc->descriptor,
							     *(int *)pb_slot(m, &inner.field));
		if (value == NULL)
			return pb_yaml_err(site->spot, "its number has no name", err);
		pb_yaml_key(y, inner.field.trait->yaml);
		buf_printf(y->out, " %s", value->name);
		pb_yaml_end(y);
	}
	return 0;
}

/* A policy in Pomerium's language stands in the file as a tree. */
static int write_ppl(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const Pomerium__Config__PPLPolicy *ppl =
		*(Pomerium__Config__PPLPolicy **)pb_slot(site->m, &site->field);
	struct value policy;
	struct pool pool;
	struct buf json;
	int rc;

	pool_init(&pool);
	buf_init(&json, BUF_MAX_FILE);
	rc = yaml_parse(pb_str(ppl->raw), &pool, &policy, NULL);
	if (rc == 0)
		rc = value_to_json(&policy, false, &json, NULL);
	if (rc < 0 || json.full) {
		rc = pb_yaml_err(site->spot, "its text is neither YAML nor JSON", err);
		goto out;
	}
	pb_yaml_key(y, site->field.trait->yaml);
	buf_putc(y->out, ' ');
	pb_yaml_add_json(y->out, buf_view(&json));
	pb_yaml_end(y);
out:
	buf_clear(&json);
	pool_clear(&pool);
	return rc;
}

/* ---- settings ---- */

/* The bytes in base64. What begins with a slash is no PEM: the publisher has put them into that
 * file. */
static void write_bytes(struct yaml_out *y, const char *key, struct str bytes)
{
	struct buf text;

	buf_init(&text, BUF_MAX_MESSAGE);
	if (str_starts(bytes, "/"))
		buf_str(&text, bytes);
	else
		buf_base64(&text, bytes);
	pb_yaml_key(y, key);
	buf_putc(y->out, ' ');
	pb_yaml_string(y->out, buf_view(&text));
	pb_yaml_end(y);
	buf_wipe(&text);
}

/* One pair has keys of its own, which every Pomerium reads. Several are a list; there newer
 * Pomerium wants names of files. */
static int write_certificates(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const Pomerium__Config__Settings *settings = (const Pomerium__Config__Settings *)site->m;
	size_t n = settings->n_certificates;

	(void)err;
	if (n == 1 && !str_starts(pb_str(settings->certificates[0]->cert_bytes), "/")) {
		write_bytes(y, "certificate", pb_str(settings->certificates[0]->cert_bytes));
		write_bytes(y, "certificate_key", pb_str(settings->certificates[0]->key_bytes));
		return 0;
	}
	pb_yaml_key(y, "certificates");
	pb_yaml_end(y);
	for (size_t i = 0; i < n; i++) {
		y->depth++;
		pb_yaml_dash(y);
		y->depth++;
		write_bytes(y, "cert", pb_str(settings->certificates[i]->cert_bytes));
		write_bytes(y, "key", pb_str(settings->certificates[i]->key_bytes));
		y->depth -= 2;
	}
	return 0;
}

static int write_metrics_certificate(struct yaml_out *y, const struct yaml_site *site,
				     struct err *err)
{
	const Pomerium__Config__Settings *settings = (const Pomerium__Config__Settings *)site->m;

	(void)err;
	write_bytes(y, "metrics_certificate", pb_str(settings->metrics_certificate->cert_bytes));
	write_bytes(y, "metrics_certificate_key", pb_str(settings->metrics_certificate->key_bytes));
	return 0;
}

/* One key a matcher, the type of name that it matches. */
static int write_san_matchers(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const Pomerium__Config__DownstreamMtlsSettings *mtls =
		(const Pomerium__Config__DownstreamMtlsSettings *)site->m;

	pb_yaml_key(y, site->field.trait->yaml);
	pb_yaml_end(y);
	y->depth++;
	for (size_t i = 0; i < mtls->n_match_subject_alt_names; i++) {
		const Pomerium__Config__SANMatcher *san = mtls->match_subject_alt_names[i];
		const ProtobufCEnumDescriptor *type =
			&pomerium__config__sanmatcher__santype__descriptor;
		int number = san->has_san_type ? (int)san->san_type : 0;

		pb_yaml_dash(y);
		if (pb_yaml_enum_open(type, number) || pb_yaml_enum(y->out, type, number) == NULL)
			return pb_yaml_err(site->spot,
					   "a matcher needs the type of name that it matches", err);
		buf_puts(y->out, ": ");
		pb_yaml_string(y->out, pb_str(san->pattern));
		pb_yaml_end(y);
	}
	y->depth--;
	return 0;
}

/* OpenTelemetry's settings are whole milliseconds. */
static int write_millis(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const Google__Protobuf__Duration *d =
		*(Google__Protobuf__Duration **)pb_slot(site->m, &site->field);
	int64_t seconds = d->has_seconds ? d->seconds : 0;
	int32_t nanos = d->has_nanos ? d->nanos : 0;

	if (seconds < 0 || seconds > INT32_MAX || nanos < 0 || nanos % 1000000 != 0)
		return pb_yaml_err(site->spot,
				   "it must be a whole number of milliseconds, not negative", err);
	pb_yaml_key(y, site->field.trait->yaml);
	buf_printf(y->out, " %" PRId64, seconds * 1000 + nanos / 1000000);
	pb_yaml_end(y);
	return 0;
}

static const struct {
	pb_type *type;
	const char *field;
	pb_yaml_special_fn write;
} specials[] = {
	{ &pomerium__config__route__descriptor, "to", write_to },
	{ &pomerium__config__route__descriptor, "envoy_opts", write_envoy },
	{ &pomerium__config__route__descriptor, "outlier_detection", write_json },
	{ &pomerium__config__route__descriptor, "health_checks", write_json },
	{ &pomerium__config__upstream_tunnel__descriptor, "ssh_policy", write_ppl },
	{ &pomerium__config__settings__descriptor, "certificates", write_certificates },
	{ &pomerium__config__settings__descriptor, "metrics_certificate",
	  write_metrics_certificate },
	{ &pomerium__config__settings__descriptor, "otel_exporter_otlp_timeout", write_millis },
	{ &pomerium__config__settings__descriptor, "otel_exporter_otlp_traces_timeout",
	  write_millis },
	{ &pomerium__config__settings__descriptor, "otel_bsp_schedule_delay", write_millis },
	{ &pomerium__config__downstream_mtls_settings__descriptor, "match_subject_alt_names",
	  write_san_matchers },
};

pb_yaml_special_fn pb_yaml_special(const struct yaml_site *site)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (site->m->descriptor == specials[i].type &&
		    strcmp(site->field.desc->name, specials[i].field) == 0)
			return specials[i].write;
	return NULL;
}
