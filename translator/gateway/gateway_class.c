/* gateway_class: what the status of a GatewayClass should say.
 *
 *   in     a GatewayClass of ours, the PolicyFilter that it names as the default policy
 *   out    its condition; what is supported of the Gateway API
 *   owns   the list of that
 *   never  claims what Pomerium cannot do
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/gateway_job.h"

/* In byte order. */
static const char *const features[] = {
	"BackendTLSPolicy",
	"Gateway",
	"HTTPRoute",
	"HTTPRoute303RedirectStatusCode",
	"HTTPRoute307RedirectStatusCode",
	"HTTPRoute308RedirectStatusCode",
	"HTTPRouteBackendProtocolH2C",
	"HTTPRouteBackendProtocolWebSocket",
	"HTTPRouteBackendTimeout",
	"HTTPRouteNamedRouteRule",
	"HTTPRoutePathRedirect",
	"HTTPRoutePortRedirect",
	"HTTPRouteRequestTimeout",
	"HTTPRouteSchemeRedirect",
	"ListenerSet",
	"ReferenceGrant",
};

static int check_parameters(struct gateway_job *job, const struct msg_object_ref *ref,
			    struct err *err)
{
	if (!ref)
		return 0;
	if (!str_is(ref->group, GATEWAY_POLICY_GROUP) || !str_is(ref->kind, "PolicyFilter") ||
	    !ref->namespace.len)
		return err_set(err,
			       "spec.parametersRef names a %s of %s; it should name a PolicyFilter "
			       "of " GATEWAY_POLICY_GROUP " with its namespace: the default policy",
			       err_quote(ref->kind), err_quote(ref->group));
	return translator_policy_filter_policy(job, ref->namespace, ref->name, err)
		       ? 0
		       : err_wrap(err, "spec.parametersRef");
}

void translator_gateway_class_make(struct gateway_job *job)
{
	const struct msg_gateway_class *class = &job->bundle->gateway_classes.items[0];
	struct value *report = pool_alloc(job->pool, sizeof(*report)), *list;
	struct condition accepted = { "Accepted", true, "Accepted", STR_NONE };
	struct err err = { "" };

	if (check_parameters(job, class->spec.parametersRef, &err)) {
		accepted.status = false;
		accepted.reason = "InvalidParameters";
		accepted.message = pool_str(job->pool, str_from(err.text));
		translator_answer_warn(job->out, job->pool, RULE_GATEWAY_REFUSED, "%s", err.text);
	}
	translator_condition_add(value_put_list(report, "conditions", job->pool), &accepted,
				 class->metadata.generation, job->pool);
	list = value_put_list(report, "supportedFeatures", job->pool);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		value_put_text(value_add(list, job->pool), "name", str_from(features[i]),
			       job->pool);
	job->out->report = report;
}
