/* backend_tls: what a BackendTLSPolicy asks for, and for which backends it does.
 *
 *   in     the policies of a bundle, the ConfigMaps and Secrets that they name
 *   out    a server name and authorities, or why they cannot be held
 *   owns   nothing
 *   never  lets a backend be spoken to without the TLS that its policy asks for
 */
#include "translator/gateway/backend_tls.h"

#include <ctype.h>

#include "x509/x509_strict.h"

#define HOSTNAME_MAX 253

/* ---- which one ---- */

static bool is_target(const struct msg_policy_target *target, struct str service,
		      struct str section)
{
	return !target->group.len && str_is(target->kind, "Service") &&
	       str_eq(target->name, service) && str_eq(target->sectionName, section);
}

static bool has_target(const struct msg_backend_tls_policy *policy, struct str namespace,
		       struct str service, struct str section)
{
	const struct msg_policy_target_list *targets = &policy->spec.targetRefs;

	if (!str_eq(policy->metadata.namespace, namespace))
		return false;
	for (size_t i = 0; i < targets->n; i++)
		if (is_target(&targets->items[i], service, section))
			return true;
	return false;
}

/* Both are of one namespace. */
static bool is_older(const struct msg_meta *a, const struct msg_meta *b)
{
	if (a->creationTimestamp != b->creationTimestamp)
		return a->creationTimestamp < b->creationTimestamp;
	return str_cmp(a->name, b->name) < 0;
}

const struct msg_backend_tls_policy *translator_backend_tls_oldest(const struct msg_bundle *bundle,
								   struct str namespace,
								   struct str service,
								   struct str section)
{
	const struct msg_backend_tls_policy *oldest = NULL;

	for (size_t i = 0; i < bundle->backend_tls_policies.n; i++) {
		const struct msg_backend_tls_policy *policy =
			&bundle->backend_tls_policies.items[i];

		if (has_target(policy, namespace, service, section) &&
		    (!oldest || is_older(&policy->metadata, &oldest->metadata)))
			oldest = policy;
	}
	return oldest;
}

const struct msg_backend_tls_policy *
translator_backend_tls_find(const struct msg_bundle *bundle,
			    const struct msg_bundle_service *service,
			    const struct msg_service_port *port)
{
	const struct msg_backend_tls_policy *found = NULL;

	if (port && port->name.len)
		found = translator_backend_tls_oldest(bundle, service->namespace, service->name,
						      port->name);
	return found ? found
		     : translator_backend_tls_oldest(bundle, service->namespace, service->name,
						     STR_NONE);
}

/* ---- authorities ---- */

static const struct msg_bundle_authority *authority_of(const struct msg_bundle *bundle,
						       const struct msg_key *key)
{
	for (size_t i = 0; i < bundle->authorities.n; i++)
		if (msg_key_equal(&bundle->authorities.items[i].key, key))
			return &bundle->authorities.items[i];
	return NULL;
}

static int check_authority(const struct msg_bundle_authority *authority, struct err *err)
{
	if (!authority || authority->answer == MSG_SECRET_ABSENT)
		return err_set(err, "not found");
	if (authority->answer != MSG_SECRET_FOUND)
		return err_set(err, "may not be read: the API server forbids it, a Role must allow "
				    "\"get\" on it");
	if (!authority->text.ptr)
		return err_set(err, "has no ca.crt, or there is a private key in it");
	return x509_strict_check_bundle(authority->text, err)
		       ? err_wrap(err, "ca.crt cannot be used")
		       : 0;
}

/* With a line break behind it: the next one may follow. */
static void add_text(struct buf *out, struct str text)
{
	buf_str(out, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_putc(out, '\n');
}

/* NULL, or the reason why the reference is not good. */
static const char *judge_ref(struct gateway_job *job, const struct msg_object_ref *ref,
			     struct str namespace, struct buf *texts, struct err *err)
{
	struct msg_key key = { MSG_KIND_NONE, namespace, ref->name };
	const struct msg_bundle_authority *authority;

	if (!ref->group.len && str_is(ref->kind, "ConfigMap"))
		key.kind = MSG_KIND_CONFIG_MAP;
	else if (!ref->group.len && str_is(ref->kind, "Secret"))
		key.kind = MSG_KIND_SECRET;
	if (key.kind == MSG_KIND_NONE) {
		err_set(err, "is neither a ConfigMap nor a Secret");
		return "InvalidKind";
	}
	authority = authority_of(job->bundle, &key);
	if (job->settings->lenient && (!authority || authority->answer != MSG_SECRET_FOUND))
		return NULL; /* it is in no manifest, as if it were good */
	if (check_authority(authority, err))
		return "InvalidCACertificateRef";
	add_text(texts, authority->text);
	return NULL;
}

static void judge_refs(struct gateway_job *job, const struct msg_backend_tls_policy *policy,
		       struct backend_tls *out)
{
	const struct msg_object_ref_list *refs = &policy->spec.validation.caCertificateRefs;
	struct buf texts, base64;
	size_t n_good = 0;

	buf_init(&texts, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < refs->n; i++) {
		const struct msg_object_ref *ref = &refs->items[i];
		struct err why = { "" };
		const char *reason = judge_ref(job, ref, policy->metadata.namespace, &texts, &why);

		n_good += !reason;
		if (reason)
			translator_condition_refuse(&out->refusals, reason,
						    pool_printf(job->pool, STR_FMT " %s %s",
								STR_ARG(ref->kind),
								err_quote(ref->name), why.text),
						    job->pool);
	}
	buf_init(&base64, BUF_MAX_MESSAGE);
	buf_base64(&base64, buf_view(&texts));
	out->authorities = pool_str(job->pool, buf_view(&base64));
	buf_clear(&base64);
	buf_clear(&texts);
	if (!n_good) {
		out->reason = "NoValidCACertificate";
		err_set(&out->sentence, "none of spec.validation.caCertificateRefs is good");
	}
}

/* ---- the rest of it ---- */

/* As the API server does. */
static bool is_hostname(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		const bool is_edge = i == 0 || i + 1 == text.len || text.ptr[i - 1] == '.' ||
				     text.ptr[i + 1] == '.';

		if (!islower((unsigned char)c) && !isdigit((unsigned char)c) &&
		    (is_edge || (c != '-' && c != '.')))
			return false;
	}
	return text.len > 0 && text.len <= HOSTNAME_MAX;
}

static int check(const struct msg_backend_tls_validation *v, struct err *err)
{
	const struct msg_subject_alt_name *name =
		v->subjectAltNames.n ? &v->subjectAltNames.items[0] : NULL;

	if (!is_hostname(v->hostname))
		return err_set(err,
			       "spec.validation.hostname is %s; it should be the name of a host, "
			       "in lower case, without \"*\"",
			       err_quote(v->hostname));
	if (name && (v->subjectAltNames.n > 1 || !str_is(name->type, "Hostname") ||
		     !str_eq(name->hostname, v->hostname)))
		return err_set(err,
			       "spec.validation.subjectAltNames has something else than the "
			       "hostname %s alone: Pomerium compares one name, which it also asks "
			       "for",
			       err_quote(v->hostname));
	if (v->wellKnownCACertificates.len && v->caCertificateRefs.n)
		return err_set(err, "spec.validation has both caCertificateRefs and "
				    "wellKnownCACertificates; one of them is right");
	if (v->caCertificateRefs.n || str_is(v->wellKnownCACertificates, "System"))
		return 0;
	return err_set(err,
		       "spec.validation.wellKnownCACertificates is %s; it should be System, or "
		       "there should be caCertificateRefs",
		       err_quote(v->wellKnownCACertificates));
}

const struct backend_tls *translator_backend_tls_judge(struct gateway_job *job,
						       const struct msg_backend_tls_policy *policy)
{
	const struct msg_backend_tls_policy_list *all = &job->bundle->backend_tls_policies;
	const struct msg_backend_tls_validation *v = &policy->spec.validation;
	struct backend_tls **out;

	if (!job->tls)
		job->tls = pool_array(job->pool, all->n, sizeof(*job->tls));
	out = &job->tls[policy - all->items];
	if (*out)
		return *out;
	*out = pool_alloc(job->pool, sizeof(**out));
	(*out)->hostname = v->hostname;
	if (v->caCertificateRefs.n)
		judge_refs(job, policy, *out);
	if (check(v, &(*out)->sentence))
		(*out)->reason = "Invalid";
	return *out;
}

bool translator_backend_tls_is_same(const struct backend_tls *a, const struct backend_tls *b)
{
	if (!a || !b)
		return a == b;
	return str_eq(a->hostname, b->hostname) && str_eq(a->authorities, b->authorities);
}

void translator_backend_tls_apply(const struct backend_tls *tls, Pomerium__Config__Route *route)
{
	PB_SET_TEXT(route, tls_upstream_server_name, tls->hostname);
	if (tls->authorities.len)
		PB_SET_TEXT(route, tls_custom_ca, tls->authorities);
}
