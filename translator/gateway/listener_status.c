/* listener_status: what is said of the listeners of a Gateway or of a ListenerSet, and the
 * certificates that they offer.
 *
 *   in     judged listeners, the Secrets and grants that they refer to
 *   out    the conditions of each; a certificate for each good reference
 *   owns   nothing
 *   never  counts routes: the publisher adds those
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/grant.h"
#include "translator/gateway/listener_status.h"

/* ---- certificates ---- */

/* NULL, or the reason why it is refused. */
static const char *offer(struct gateway_job *job, const struct listener_group *group,
			 const struct msg_object_ref *ref)
{
	const struct grant_question q = {
		.from_kind = group->set ? "ListenerSet" : "Gateway",
		.from_namespace = group->metadata->namespace,
		.to_group = ref->group,
		.to_kind = gateway_default(ref->kind, "Secret"),
		.to_namespace = ref->namespace.len ? ref->namespace : group->metadata->namespace,
		.to_name = ref->name,
	};
	const struct msg_bundle_secret *secret;

	if (!translator_grant_allows(job->bundle, &q))
		return "RefNotPermitted";
	if (q.to_group.len || !str_is(q.to_kind, "Secret"))
		return "InvalidCertificateRef";
	secret = translator_bundle_secret_find(job->bundle, q.to_namespace, q.to_name);
	if (!secret && job->settings->lenient)
		return NULL;
	if (!secret || !str_is(secret->type, "kubernetes.io/tls") ||
	    translator_bundle_secret_check_pair(secret, NULL, NULL, NULL))
		return "InvalidCertificateRef";
	translator_answer_certificate(job->out, job->pool, job->bundle, secret);
	return NULL;
}

/* Returns how many are good. */
static size_t offer_all(struct gateway_job *job, const struct listener_group *group,
			const struct msg_object_ref_list *refs, struct refusals *refusals)
{
	size_t good = 0;

	for (size_t i = 0; i < refs->n; i++) {
		const char *reason = offer(job, group, &refs->items[i]);

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

/* The first reason stays. */
static void invalidate(struct condition *programmed, const char *reason)
{
	if (!programmed->status)
		return;
	programmed->status = false;
	programmed->reason = reason;
}

static void judge(struct gateway_job *job, const struct listener_group *group,
		  const struct listener *listener, struct listener_conditions *c)
{
	const struct msg_listener_tls *tls = listener->spec->tls;
	struct refusals refusals = { 0 };

	*c = (struct listener_conditions){ { "Accepted", true, "Accepted", STR_NONE },
					   { "Programmed", true, "Programmed", STR_NONE },
					   { "ResolvedRefs", true, "ResolvedRefs", STR_NONE } };
	if (!translator_listener_is_accepted(listener)) {
		c->accepted.status = false;
		c->accepted.reason =
			listener->conflict ? listener->conflict : "UnsupportedProtocol";
		invalidate(&c->programmed,
			   group->set && listener->conflict ? listener->conflict : "Invalid");
	}
	if (tls && !offer_all(job, group, &tls->certificateRefs, &refusals))
		invalidate(&c->programmed, "Invalid");
	c->resolved =
		translator_condition_resolved(&refusals, "invalid certificate refs", job->pool);
	if (!listener->bad_kinds.ptr)
		return;
	invalidate(&c->programmed, "Invalid");
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

static void warn(struct gateway_job *job, const struct listener_group *group, size_t i,
		 const struct listener_conditions *c)
{
	const struct condition *bad = !c->accepted.status   ? &c->accepted
				      : !c->resolved.status ? &c->resolved
							    : &c->programmed;
	const struct msg_listener *spec = group->items[i].spec;

	if (bad->status)
		return;
	translator_answer_warn(
		job->out, job->pool, RULE_GATEWAY_LISTENER,
		"spec.listeners[%zu]: listener %s on port %lld, protocol %s: %s%s" STR_FMT, i,
		err_quote(spec->name), (long long)spec->port, err_quote(spec->protocol),
		bad->reason, bad->message.len ? ": " : "", STR_ARG(bad->message));
}

/* Returns whether the listener is programmed. */
static bool put_listener(struct gateway_job *job, const struct listener_group *group, size_t i,
			 struct value *v)
{
	const struct listener *listener = &group->items[i];
	int64_t generation = group->metadata->generation;
	struct listener_conditions c;
	struct value *list;

	judge(job, group, listener, &c);
	warn(job, group, i, &c);
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
	return c.programmed.status;
}

size_t translator_listener_status_put(struct gateway_job *job, const struct listener_group *group,
				      struct value *report)
{
	struct value *list = value_put_list(report, "listeners", job->pool);
	size_t n = 0;

	for (size_t i = 0; i < group->specs->n; i++)
		n += put_listener(job, group, i, value_add(list, job->pool));
	return n;
}
