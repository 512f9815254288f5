/* authority: who may sign for a backend.
 *
 *   in     the caCertificateRefs of a policy, the ConfigMaps and Secrets of the bundle
 *   out    PEM in base64, or why a reference is not good
 *   owns   nothing
 *   never  reads one twice, however many policies name it; makes more text than one owner may have
 */
#include "translator/gateway/authority.h"

#include "x509/x509_strict.h"

#define TEXTS_MAX (16u << 20) /* bytes, of all policies of a bundle: a CONFIG has no more */

/* One of the bundle. */
struct authority {
	bool is_judged;
	struct err why;   /* it is not good; empty: it is */
	const void *last; /* the policy that has taken it */
	struct str base64;
};

struct collecting {
	struct gateway_job *job;
	const struct msg_backend_tls_policy *policy;
	struct authorities *out;
	const struct msg_bundle_authority *first;
	struct buf texts; /* of all, if there are several */
	size_t n_texts;
};

static const struct msg_bundle_authority *find(const struct msg_bundle *bundle,
					       const struct msg_key *key)
{
	for (size_t i = 0; i < bundle->authorities.n; i++)
		if (msg_key_equal(&bundle->authorities.items[i].key, key))
			return &bundle->authorities.items[i];
	return NULL;
}

static struct authority *entry_of(struct gateway_job *job, const struct msg_bundle_authority *of)
{
	const struct msg_bundle_authority_list *list = &job->bundle->authorities;

	if (!job->authorities)
		job->authorities = pool_array(job->pool, list->n, sizeof(*job->authorities));
	return &job->authorities[of - list->items];
}

static void judge(const struct msg_bundle_authority *of, struct authority *entry)
{
	if (entry->is_judged)
		return;
	entry->is_judged = true;
	if (of->answer == MSG_SECRET_ABSENT)
		err_set(&entry->why, "not found");
	else if (of->answer != MSG_SECRET_FOUND)
		err_set(&entry->why, "may not be read: the API server forbids it, a Role must "
				     "allow \"get\" on it");
	else if (!of->text.ptr)
		err_set(&entry->why, "has no ca.crt, or there is a private key in it");
	else if (x509_strict_check_bundle(of->text, &entry->why))
		(void)err_wrap(&entry->why, "ca.crt cannot be used");
}

/* With a line break behind it: the next one may follow. */
static void add_text(struct buf *out, struct str text)
{
	buf_str(out, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_putc(out, '\n');
}

static int encode(struct gateway_job *job, const struct buf *texts, struct str *out,
		  struct err *err)
{
	struct buf base64;

	job->n_authority_bytes += texts->full ? TEXTS_MAX + 1 : texts->len;
	if (job->n_authority_bytes > TEXTS_MAX)
		return err_set(err,
			       "spec.validation.caCertificateRefs: the authorities of all policies "
			       "together have more than %u MiB",
			       TEXTS_MAX >> 20);
	buf_init(&base64, 2 * TEXTS_MAX);
	buf_base64(&base64, buf_view(texts));
	*out = pool_str(job->pool, buf_view(&base64));
	buf_clear(&base64);
	return 0;
}

/* NULL, or the reason why the reference is not good. */
static const char *take(struct collecting *c, const struct msg_object_ref *ref, struct err *why)
{
	struct msg_key key = { MSG_KIND_NONE, c->policy->metadata.namespace, ref->name };
	const struct msg_bundle_authority *of;
	struct authority *entry;

	if (!ref->group.len && str_is(ref->kind, "ConfigMap"))
		key.kind = MSG_KIND_CONFIG_MAP;
	else if (!ref->group.len && str_is(ref->kind, "Secret"))
		key.kind = MSG_KIND_SECRET;
	if (key.kind == MSG_KIND_NONE) {
		err_set(why, "is neither a ConfigMap nor a Secret");
		return "InvalidKind";
	}
	of = find(c->job->bundle, &key);
	if (c->job->settings->lenient && (!of || of->answer != MSG_SECRET_FOUND))
		return NULL; /* it is in no manifest, as if it were good */
	if (!of) {
		err_set(why, "not found");
		return "InvalidCACertificateRef";
	}
	entry = entry_of(c->job, of);
	judge(of, entry);
	if (entry->why.text[0]) {
		*why = entry->why;
		return "InvalidCACertificateRef";
	}
	if (entry->last == c->policy)
		return NULL;
	entry->last = c->policy;
	if (!c->n_texts++) {
		c->first = of;
		return NULL;
	}
	if (c->n_texts == 2)
		add_text(&c->texts, c->first->text);
	add_text(&c->texts, of->text);
	return NULL;
}

/* Most policies name one, and many the same. */
static int finish(struct collecting *c, struct err *err)
{
	struct authority *only;

	if (c->n_texts > 1)
		return encode(c->job, &c->texts, &c->out->base64, err);
	only = entry_of(c->job, c->first);
	if (!only->base64.ptr) {
		add_text(&c->texts, c->first->text);
		if (encode(c->job, &c->texts, &only->base64, err))
			return -1;
	}
	c->out->base64 = only->base64;
	return 0;
}

int translator_authority_collect(struct gateway_job *job,
				 const struct msg_backend_tls_policy *policy,
				 struct authorities *out, struct err *err)
{
	const struct msg_object_ref_list *refs = &policy->spec.validation.caCertificateRefs;
	struct collecting c = { .job = job, .policy = policy, .out = out };
	int rc;

	*out = (struct authorities){ 0 };
	buf_init(&c.texts, TEXTS_MAX + 1);
	for (size_t i = 0; i < refs->n; i++) {
		const struct msg_object_ref *ref = &refs->items[i];
		struct err why = { "" };
		const char *reason = take(&c, ref, &why);

		out->n_good += !reason;
		if (reason)
			translator_condition_refuse(&out->refusals, reason,
						    pool_printf(job->pool, STR_FMT " %s %s",
								STR_ARG(ref->kind),
								err_quote(ref->name), why.text),
						    job->pool);
	}
	rc = c.n_texts ? finish(&c, err) : 0;
	buf_clear(&c.texts);
	return rc;
}
