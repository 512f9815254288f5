/* backend_tls: what a BackendTLSPolicy asks for, and for which backends it does.
 *
 *   in     the policies of a bundle, the ConfigMaps and Secrets that they name
 *   out    a server name and authorities, or why they cannot be held
 *   owns   nothing
 *   never  lets a backend be spoken to without the TLS that its policy asks for
 */
#include "translator/gateway/backend_tls.h"

#include "net/hostname.h"

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

/* ---- what it asks for ---- */

static int check(const struct msg_backend_tls_validation *v, struct err *err)
{
	const struct msg_subject_alt_name *name =
		v->subjectAltNames.n ? &v->subjectAltNames.items[0] : NULL;

	if (v->hostname.len > HOSTNAME_MAX || !hostname_is_dns_name(v->hostname, true))
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
	if (translator_authority_collect(job, policy, &(*out)->authorities, &(*out)->sentence) ||
	    check(v, &(*out)->sentence)) {
		(*out)->reason = "Invalid";
	} else if (v->caCertificateRefs.n && !(*out)->authorities.n_good) {
		(*out)->reason = "NoValidCACertificate";
		err_set(&(*out)->sentence, "none of spec.validation.caCertificateRefs is good");
	}
	return *out;
}

bool translator_backend_tls_is_same(const struct backend_tls *a, const struct backend_tls *b)
{
	if (!a || !b)
		return a == b;
	return str_eq(a->hostname, b->hostname) &&
	       str_eq(a->authorities.base64, b->authorities.base64);
}

void translator_backend_tls_apply(const struct backend_tls *tls, Pomerium__Config__Route *route)
{
	PB_SET_TEXT(route, tls_upstream_server_name, tls->hostname);
	if (tls->authorities.base64.len)
		PB_SET_TEXT(route, tls_custom_ca, tls->authorities.base64);
}
