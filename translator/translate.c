/* translate: turns one bundle into one part of Pomerium's configuration.
 *
 *   in     a bundle: an Ingress or the Pomerium object with all that it refers to
 *   out    a CONFIG, or the sentence of a rejection
 *   owns   nothing between two calls
 *   never  does I/O, keeps state, or sees a private key
 */
#include "translator/translate.h"

#include "rules/rules.h"
#include "translator/ingress/ingress.h"
#include "translator/settings/settings.h"
#include "translator/validate/validate.h"

static bool is_solver(const struct msg_ingress *ingress)
{
	struct str label =
		str_map_get(&ingress->metadata.labels, "acme.cert-manager.io/http01-solver");

	return str_is_nocase(label, "true");
}

static int pack(const struct ingress_job *job, const Pomerium__Config__Config *config,
		struct err *err)
{
	struct buf bytes;
	int rc = 0;

	buf_init(&bytes, BUF_MAX_MESSAGE / 2);
	pb_pack(&config->base, &bytes);
	if (bytes.full)
		rc = err_rule(
			err, RULE_CONFIG_SIZE,
			"its routes would need more than %u MB of configuration: split the Ingress",
			BUF_MAX_MESSAGE / 2 >> 20);
	else
		job->out->config = pool_bytes(job->pool, buf_view(&bytes).ptr, bytes.len);
	buf_clear(&bytes);
	return rc;
}

static int translate_ingress(const struct translator_settings *settings,
			     const struct msg_bundle *bundle, struct pool *pool,
			     struct msg_config *out, struct err *err)
{
	struct ingress_job job = { .settings = settings,
				   .bundle = bundle,
				   .ingress = bundle->ingress,
				   .pool = pool,
				   .out = out };
	Pomerium__Config__Config *config = PB_NEW(pool, pomerium__config__config);

	if (!bundle->ingress)
		return err_rule(err, RULE_OWNER_KIND, "the bundle holds no Ingress");
	if (is_solver(bundle->ingress))
		job.flags |= INGRESS_SOLVER;
	if (translator_annotations_apply(&job, err) ||
	    translator_route_from_ingress(&job, config, err) ||
	    translator_validate_ingress(&job, config, err) ||
	    translator_certificates_from_ingress(&job, err))
		return -1;
	return pack(&job, config, err);
}

/* PREFIX/allow-mass-delete: "true" on the Pomerium object. It is for the publisher's guard and no
 * part of any configuration, so nothing else is said of it. */
static bool allows_mass_delete(const struct translator_settings *settings,
			       const struct msg_meta *meta)
{
	static const char name[] = "/allow-mass-delete";
	const struct str prefix = settings->prefix;

	for (size_t i = 0; i < meta->annotations.n; i++) {
		const struct str_pair *pair = &meta->annotations.items[i];

		if (str_is(pair->value, "true") && pair->key.len > prefix.len &&
		    str_eq(str_slice(pair->key, 0, prefix.len), prefix) &&
		    str_is(str_slice(pair->key, prefix.len, pair->key.len), name))
			return true;
	}
	return false;
}

int translator_translate(const struct translator_settings *settings,
			 const struct msg_bundle *bundle, struct pool *pool, struct msg_config *out,
			 struct err *err)
{
	*out = (struct msg_config){ .ticket = bundle->ticket,
				    .owner = bundle->owner,
				    .stamp = bundle->stamp };
	out->config = out->bootstrap = STR("");
	if (bundle->owner.kind == MSG_KIND_INGRESS)
		return translate_ingress(settings, bundle, pool, out, err);
	if (bundle->owner.kind != MSG_KIND_POMERIUM)
		return err_rule(err, RULE_OWNER_KIND, "an object of kind %s has no translation",
				msg_kind_name(bundle->owner.kind));
	if (bundle->pomerium)
		out->allow_mass_delete = allows_mass_delete(settings, &bundle->pomerium->metadata);
	if (translator_settings_from_crd(bundle, pool, out, err))
		return -1;
	return translator_bootstrap_from_crd(settings, bundle, pool, out, err);
}
