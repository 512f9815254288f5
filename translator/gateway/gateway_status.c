/* gateway_status: what the status of a Gateway should say, and the certificates that it offers.
 *
 *   in     a Gateway of ours, the Secrets and grants that its listeners refer to
 *   out    conditions of the Gateway and of its listeners; a certificate for each good reference
 *   owns   nothing
 *   never  counts routes or knows addresses: the publisher adds those
 */
#include "translator/answer.h"
#include "translator/bundle_secret.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/gateway_job.h"
#include "translator/gateway/grant.h"
#include "translator/gateway/listener.h"

/* ---- certificates ---- */

/* NULL, or the reason why it is refused. */
static const char *offer(struct gateway_job *job, const struct msg_gateway *gateway,
			 const struct msg_object_ref *ref)
{
	const struct grant_question q = {
		.from_kind = "Gateway",
		.from_namespace = gateway->metadata.namespace,
		.to_group = ref->group,
		.to_kind = gateway_default(ref->kind, "Secret"),
		.to_namespace = ref->namespace.len ? ref->namespace : gateway->metadata.namespace,
		.to_name = ref->name,
	};
	const struct msg_bundle_secret *secret;

	if (!translator_grant_allows(job->bundle, &q))
		return "RefNotPermitted";
	if (q.to_group.len || !str_is(q.to_kind, "Secret"))
		return "InvalidCertificateRef";
	secret = translator_bundle_secret_find(job->bundle, q.to_namespace, q.to_name);
	if (!secret || !str_is(secret->type, "kubernetes.io/tls") ||
	    translator_bundle_secret_check_pair(secret, X509_SERVER, NULL))
		return "InvalidCertificateRef";
	translator_answer_certificate(job->out, job->pool, job->bundle, secret);
	return NULL;
}

/* Returns how many are good. */
static size_t offer_all(struct gateway_job *job, const struct msg_gateway *gateway,
			const struct msg_object_ref_list *refs, struct refusals *refusals)
{
	size_t good = 0;

	for (size_t i = 0; i < refs->n; i++) {
		const char *reason = offer(job, gateway, &refs->items[i]);

		good += !reason;
		if (reason)
			translator_condition_refuse(refusals, reason, refs->items[i].name,
						    job->pool);
	}
	return good;
}

/* ---- listeners ---- */

struct listener_conditions {
	struct condition accepted, programmed, resolved;
};

static void invalidate(struct condition *programmed)
{
	programmed->status = false;
	programmed->reason = "Invalid";
}

static void judge(struct gateway_job *job, const struct msg_gateway *gateway,
		  const struct listener *listener, struct listener_conditions *c)
{
	const struct msg_listener_tls *tls = listener->spec->tls;
	struct refusals refusals = { 0 };

	*c = (struct listener_conditions){ { "Accepted", true, "Accepted", STR_NONE },
					   { "Programmed", true, "Programmed", STR_NONE },
					   { "ResolvedRefs", true, "ResolvedRefs", STR_NONE } };
	if (!listener->is_supported || listener->conflict) {
		c->accepted.status = false;
		c->accepted.reason =
			listener->conflict ? listener->conflict : "UnsupportedProtocol";
		invalidate(&c->programmed);
	}
	if (tls && !offer_all(job, gateway, &tls->certificateRefs, &refusals))
		invalidate(&c->programmed);
	c->resolved =
		translator_condition_resolved(&refusals, "invalid certificate refs", job->pool);
	if (!listener->bad_kinds.ptr)
		return;
	invalidate(&c->programmed);
	c->resolved.status = false;
	c->resolved.reason = "InvalidRouteKinds";
	c->resolved.message = pool_printf(
		job->pool, "unsupported route kinds: " STR_FMT " (only HTTPRoute is supported)",
		STR_ARG(listener->bad_kinds));
}

static void put_kinds(struct value *v, const struct listener *listener, struct pool *pool)
{
	struct value *list = value_put_list(v, "supportedKinds", pool), *kind;

	if (!listener->takes_http_routes)
		return;
	kind = value_add(list, pool);
	value_put_nullable(kind, "group", listener->kind_group, pool);
	value_put_text(kind, "kind", STR("HTTPRoute"), pool);
}

/* Returns whether the listener is accepted. */
static bool put_listener(struct gateway_job *job, const struct msg_gateway *gateway,
			 const struct listener *listener, struct value *v)
{
	int64_t generation = gateway->metadata.generation;
	struct listener_conditions c;
	struct value *list;

	judge(job, gateway, listener, &c);
	value_put_text(v, "name", listener->spec->name, job->pool);
	put_kinds(v, listener, job->pool);
	list = value_put_list(v, "conditions", job->pool);
	translator_condition_add(list, &c.accepted, generation, job->pool);
	if (listener->conflict)
		translator_condition_add(
			list,
			&(struct condition){ "Conflicted", true, listener->conflict, STR_NONE },
			generation, job->pool);
	translator_condition_add(list, &c.programmed, generation, job->pool);
	translator_condition_add(list, &c.resolved, generation, job->pool);
	return c.accepted.status;
}

/* ---- the Gateway ---- */

static void refuse(struct condition *accepted, const char *reason, struct str message)
{
	accepted->status = false;
	accepted->reason = reason;
	accepted->message = message;
}

static void judge_gateway(const struct msg_gateway *gateway, size_t n_accepted,
			  struct condition *accepted, struct condition *programmed)
{
	const struct msg_gateway_spec *spec = &gateway->spec;

	*accepted = (struct condition){ "Accepted", true, "Accepted", STR_NONE };
	*programmed = (struct condition){ "Programmed", true, "Programmed", STR_NONE };
	if (n_accepted < spec->listeners.n)
		accepted->reason = "ListenersNotValid";
	if (!n_accepted && spec->listeners.n)
		refuse(accepted, "ListenersNotValid", STR("no listener is accepted"));
	else if (spec->infrastructure && spec->infrastructure->parametersRef)
		refuse(accepted, "InvalidParameters",
		       STR("spec.infrastructure.parametersRef is not supported"));
	else if (spec->addresses.n)
		refuse(accepted, "UnsupportedAddress",
		       STR("spec.addresses is not supported: all Gateways have the addresses of "
			   "Pomerium"));
	if (!accepted->status)
		invalidate(programmed);
}

void translator_gateway_status_make(struct gateway_job *job)
{
	const struct msg_gateway *gateway = &job->bundle->gateways.items[0];
	struct listener *listeners = translator_listener_judge(gateway, job->pool);
	struct value *report = pool_alloc(job->pool, sizeof(*report));
	struct value *list = value_put_list(report, "listeners", job->pool);
	struct condition accepted, programmed;
	size_t n_accepted = 0;

	for (size_t i = 0; i < gateway->spec.listeners.n; i++)
		n_accepted += put_listener(job, gateway, &listeners[i], value_add(list, job->pool));
	judge_gateway(gateway, n_accepted, &accepted, &programmed);
	list = value_put_list(report, "conditions", job->pool);
	translator_condition_add(list, &accepted, gateway->metadata.generation, job->pool);
	translator_condition_add(list, &programmed, gateway->metadata.generation, job->pool);
	job->out->report = report;
}
