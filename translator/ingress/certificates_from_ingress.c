/* certificates_from_ingress: offers the TLS Secrets of an Ingress for serving.
 *
 *   in     the Secrets of the bundle, named by spec.tls or by an annotation
 *   out    an offer for each Secret of type kubernetes.io/tls that spec.tls names; the publisher
 *          chooses among all. Warnings about those that users will not be content with
 *   owns   nothing
 *   never  sees a private key
 *
 * Pomerium refuses its whole configuration if one certificate does not fit its key, and so does the
 * reference if one cannot be read. So such a Secret rejects the Ingress. */
#include "translator/ingress/ingress.h"

#include "base/clock.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"

#define NAMES_SHOWN 5       /* of a certificate, in a sentence */
#define HOSTS_LOOKED_AT 100 /* of one Secret */

/* Where spec.tls names it; absent: only an annotation does. */
static struct str field_of(const struct ingress_job *job, struct str secret)
{
	const struct msg_tls_list *tls = &job->ingress->spec.tls;

	for (size_t i = 0; i < tls->n; i++)
		if (str_eq(tls->items[i].secretName, secret))
			return pool_printf(job->pool, "spec.tls[%zu].secretName", i);
	return STR_NONE;
}

/* ---- what users will not be content with ---- */

static struct str name_list(const struct str_list *names, struct pool *pool)
{
	struct str text = names->n ? STR("") : STR("none");

	for (size_t i = 0; i < names->n && i < NAMES_SHOWN; i++)
		text = pool_printf(pool, STR_FMT "%s%s", STR_ARG(text), i ? ", " : "",
				   err_quote(names->items[i]));
	return names->n > NAMES_SHOWN ? pool_printf(pool, STR_FMT " and %zu more", STR_ARG(text),
						    names->n - NAMES_SHOWN)
				      : text;
}

/* Said of some hosts at most: each may have many names to be compared with. */
static void warn_host(struct ingress_job *job, struct str secret, struct str host,
		      const struct str_list *names, unsigned *left)
{
	if (!host.len || !*left)
		return;
	--*left;
	if (!x509_leaf_names_host(names, host))
		translator_answer_warn(job->out, job->pool, RULE_TLS_HOST,
				       "spec.tls: the certificate of Secret %s is not for %s; its "
				       "names are " STR_FMT,
				       err_quote(secret), err_quote(host),
				       STR_ARG(name_list(names, job->pool)));
}

/* Of an entry of spec.tls without hosts, the Secret is for all of the Ingress. */
static void warn_hosts(struct ingress_job *job, struct str secret, const struct str_list *names)
{
	const struct msg_ingress_spec *spec = &job->ingress->spec;
	unsigned left = HOSTS_LOOKED_AT;

	for (size_t i = 0; i < spec->tls.n; i++) {
		const struct msg_tls *tls = &spec->tls.items[i];

		if (!str_eq(tls->secretName, secret))
			continue;
		for (size_t k = 0; k < tls->hosts.n; k++)
			warn_host(job, secret, tls->hosts.items[k], names, &left);
		for (size_t k = 0; !tls->hosts.n && k < spec->rules.n; k++)
			warn_host(job, secret, spec->rules.items[k].host, names, &left);
	}
}

static void warn_time(struct ingress_job *job, struct str secret, const struct x509_leaf *leaf)
{
	const int64_t now = clock_wall();
	char when[CLOCK_TEXT_MAX];

	if (leaf->not_before <= now && now <= leaf->not_after)
		return;
	clock_text(now > leaf->not_after ? leaf->not_after : leaf->not_before, -1, when);
	translator_answer_warn(job->out, job->pool, RULE_TLS_TIME,
			       "spec.tls: the certificate of Secret %s %s %s", err_quote(secret),
			       now > leaf->not_after ? "has expired, on" : "is not valid before",
			       when);
}

static void warn_type(struct ingress_job *job, const struct msg_bundle_secret *secret)
{
	translator_answer_warn(job->out, job->pool, RULE_TLS_TYPE,
			       "spec.tls: Secret %s is of type %s, not kubernetes.io/tls, and is "
			       "left out",
			       err_quote(secret->name), err_quote(secret->type));
}

void translator_certificates_from_ingress(struct ingress_job *job)
{
	const struct msg_bundle_secret_list *secrets = &job->bundle->secrets;
	struct x509_leaf leaf;
	struct err err;

	for (size_t i = 0; i < job->bundle->notes.n; i++)
		translator_answer_warn(job->out, job->pool, RULE_TLS_MISSING, STR_FMT,
				       STR_ARG(job->bundle->notes.items[i]));
	for (size_t i = 0; i < secrets->n; i++) {
		const struct msg_bundle_secret *secret = &secrets->items[i];
		const struct str field = field_of(job, secret->name);

		if (!str_is(secret->type, "kubernetes.io/tls")) {
			if (field.ptr)
				warn_type(job, secret);
		} else if (translator_bundle_secret_check_pair(secret, job->pool, &leaf, &err)) {
			err_wrap(&err, "TLS Secret " STR_FMT, STR_ARG(secret->name));
			translator_answer_refuse(job->out, job->pool,
						 field.ptr ? field : STR("metadata.annotations"),
						 &err);
		} else if (field.ptr) {
			warn_hosts(job, secret->name, &leaf.names);
			warn_time(job, secret->name, &leaf);
			translator_answer_certificate(job->out, job->pool, job->bundle, secret);
		}
	}
}
