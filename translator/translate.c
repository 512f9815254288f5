/* translate: turns one bundle into one part of Pomerium's configuration.
 *
 *   in     a bundle: an owner with all that it refers to
 *   out    a CONFIG, or the sentence of a rejection
 *   owns   nothing between two calls
 *   never  does I/O, keeps state, or sees a private key
 */
#include "translator/translate.h"

#include <ctype.h>

#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/gateway_job.h"
#include "translator/ingress/ingress.h"
#include "translator/settings/settings.h"
#include "translator/validate/validate.h"

/* A path that cert-manager's solver has: one token below the folder of challenges. */
static bool is_challenge(const struct msg_path *path)
{
	static const char folder[] = "/.well-known/acme-challenge/";
	struct str token;

	if (!str_starts(path->path, folder) ||
	    !(str_is(path->pathType, "Exact") || str_is(path->pathType, "ImplementationSpecific")))
		return false;
	token = str_slice(path->path, strlen(folder), path->path.len);
	for (size_t i = 0; i < token.len; i++)
		if (!isalnum((unsigned char)token.ptr[i]) && token.ptr[i] != '-' &&
		    token.ptr[i] != '_')
			return false;
	return token.len > 0;
}

static bool has_shape_of_solver(const struct msg_ingress_spec *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->rules.n; i++) {
		const struct msg_http_rule *http = spec->rules.items[i].http;

		for (size_t k = 0; http && k < http->paths.n; k++, n++)
			if (!is_challenge(&http->paths.items[k]))
				return false;
	}
	return n && !spec->defaultBackend;
}

/* A solver's routes are public: the label alone, which anybody can set, does not make one. */
static bool is_solver(const struct ingress_job *job)
{
	static const char label[] = "acme.cert-manager.io/http01-solver";

	if (!str_is_nocase(str_map_get(&job->ingress->metadata.labels, label), "true"))
		return false;
	if (has_shape_of_solver(&job->ingress->spec))
		return true;
	translator_answer_warn(job->out, job->pool, RULE_SOLVER_SHAPE,
			       "the label %s is for Ingresses whose paths are all below "
			       "/.well-known/acme-challenge/, each with a token of its own, Exact "
			       "or ImplementationSpecific: this one is none, and its policy holds",
			       label);
	return false;
}

static int make_config(struct ingress_job *job, struct err *err)
{
	Pomerium__Config__Config *config = PB_NEW(job->pool, pomerium__config__config);
	struct err why;

	/* each goes on after an error: a person wants to know all that is wrong */
	translator_annotations_apply(job);
	if (translator_cost_of_routes_check(job, &why)) {
		translator_answer_refuse(job->out, job->pool, STR("spec"), &why);
	} else {
		translator_route_from_ingress(job, config);
		translator_validate_ingress(job, config);
		translator_certificates_from_ingress(job);
	}
	return translator_answer_verdict(job->out, err)
		       ? -1
		       : translator_answer_routes(job, config, err);
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
	int rc;

	if (!bundle->ingress)
		return err_rule(err, RULE_OWNER_KIND, "the bundle holds no Ingress");
	if (is_solver(&job))
		job.flags |= INGRESS_SOLVER;
	translator_upstreams_init(&job);
	rc = make_config(&job, err);
	translator_upstreams_clear(&job);
	return rc;
}

static int translate_http_route(struct gateway_job *job, struct err *err)
{
	Pomerium__Config__Config *config = PB_NEW(job->pool, pomerium__config__config);

	if (translator_http_route_translate(job, config, err))
		return -1;
	return translator_answer_rules(job, config, err);
}

static int translate_gateway_api(struct gateway_job *job, struct err *err)
{
	const struct msg_bundle *bundle = job->bundle;

	switch ((enum msg_kind)bundle->owner.kind) {
	case MSG_KIND_HTTP_ROUTE:
		if (bundle->http_route)
			return translate_http_route(job, err);
		break;
	case MSG_KIND_GATEWAY:
		if (!bundle->gateways.n)
			break;
		translator_gateway_status_make(job);
		return 0;
	case MSG_KIND_LISTENER_SET:
		if (!bundle->listener_sets.n)
			break;
		translator_listener_set_make(job);
		return 0;
	case MSG_KIND_GATEWAY_CLASS:
		if (!bundle->gateway_classes.n)
			break;
		translator_gateway_class_make(job);
		return 0;
	case MSG_KIND_POLICY_FILTER:
		if (!bundle->policy_filters.n)
			break;
		translator_policy_filter_make(job);
		return 0;
	case MSG_KIND_BACKEND_TLS_POLICY:
		if (!bundle->backend_tls_policies.n)
			break;
		translator_backend_tls_status_make(job);
		return 0;
	default:
		return err_rule(err, RULE_OWNER_KIND, "an object of kind %s has no translation",
				msg_kind_name((enum msg_kind)bundle->owner.kind));
	}
	return err_rule(err, RULE_OWNER_KIND, "the bundle does not hold its owner");
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

static int translate(const struct translator_settings *settings, const struct msg_bundle *bundle,
		     struct pool *pool, struct msg_config *out, struct err *err)
{
	struct gateway_job job = {
		.settings = settings, .bundle = bundle, .pool = pool, .out = out
	};

	*out = (struct msg_config){ .ticket = bundle->ticket,
				    .owner = bundle->owner,
				    .stamp = bundle->stamp };
	out->settings = out->bootstrap = STR("");
	if (bundle->owner.kind == MSG_KIND_INGRESS)
		return translate_ingress(settings, bundle, pool, out, err);
	if (bundle->owner.kind != MSG_KIND_POMERIUM)
		return translate_gateway_api(&job, err);
	if (bundle->pomerium)
		out->allow_mass_delete = allows_mass_delete(settings, &bundle->pomerium->metadata);
	if (translator_settings_from_crd(bundle, pool, out, err))
		return -1;
	return translator_bootstrap_from_crd(settings, bundle, pool, out, err);
}

int translator_translate(const struct translator_settings *settings,
			 const struct msg_bundle *bundle, struct pool *pool, struct msg_config *out,
			 struct err *err)
{
	const int rc = translate(settings, bundle, pool, out, err);

	if (rc && !translator_answer_verdict(out, NULL))
		translator_answer_refuse(out, pool, STR(""), err);
	return rc;
}
