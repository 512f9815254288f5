/* backend_tls_status: what the status of a BackendTLSPolicy should say.
 *
 *   in     a policy, those that have a target of it, too, its Services, the Gateways it counts for
 *   out    an entry of status.ancestors for each of these
 *   owns   nothing
 *   never  says a word for a Gateway that is not ours
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/backend_tls.h"

static struct condition refuse(struct gateway_job *job, const char *reason, const struct err *why)
{
	return (struct condition){ "Accepted", false, reason,
				   pool_str(job->pool, str_from(why->text)) };
}

static const struct msg_bundle_service *service_of(const struct msg_bundle *bundle, struct str name)
{
	for (size_t i = 0; i < bundle->services.n; i++)
		if (str_eq(bundle->services.items[i].name, name))
			return &bundle->services.items[i];
	return NULL;
}

static bool has_port(const struct msg_bundle_service *service, struct str name)
{
	for (size_t i = 0; i < service->spec.ports.n; i++)
		if (str_eq(service->spec.ports.items[i].name, name))
			return true;
	return false;
}

/* The reason why the policy is not the one of this target; NULL: it is. */
static const char *judge_target(struct gateway_job *job,
				const struct msg_backend_tls_policy *policy,
				const struct msg_policy_target *target, struct err *err)
{
	const struct msg_bundle_service *service = service_of(job->bundle, target->name);
	const struct msg_backend_tls_policy *oldest = translator_backend_tls_oldest(
		job->bundle, policy->metadata.namespace, target->name, target->sectionName);

	if (target->group.len || !str_is(target->kind, "Service")) {
		err_set(err, "targetRefs names a %s of %s; it should name a Service",
			err_quote(target->kind), err_quote(target->group));
		return "TargetNotFound";
	}
	if (oldest && oldest != policy) {
		err_set(err, "the BackendTLSPolicy %s of Service %s%s%s is older",
			err_quote(oldest->metadata.name), err_quote(target->name),
			target->sectionName.len ? ", port " : "",
			target->sectionName.len ? err_quote(target->sectionName) : "");
		return "Conflicted";
	}
	if (job->settings->lenient)
		return NULL;
	if (!service) {
		err_set(err, "Service %s not found", err_quote(target->name));
		return "TargetNotFound";
	}
	if (!target->sectionName.len || has_port(service, target->sectionName))
		return NULL;
	err_set(err, "Service %s has no port of the name %s", err_quote(target->name),
		err_quote(target->sectionName));
	return "TargetNotFound";
}

static struct condition judge(struct gateway_job *job, const struct msg_backend_tls_policy *policy,
			      const struct backend_tls *tls)
{
	const struct msg_policy_target_list *targets = &policy->spec.targetRefs;
	struct err why = { "" };

	if (tls->reason)
		return refuse(job, tls->reason, &tls->sentence);
	for (size_t i = 0; i < targets->n; i++) {
		const char *reason = judge_target(job, policy, &targets->items[i], &why);

		if (reason)
			return refuse(job, reason, &why);
	}
	return (struct condition){ "Accepted", true, "Accepted", STR_NONE };
}

static void put_ancestor(struct gateway_job *job, const struct msg_meta *gateway,
			 const struct condition *conditions, struct value *v)
{
	const int64_t generation = job->bundle->backend_tls_policies.items[0].metadata.generation;
	struct value *ref = value_put(v, "ancestorRef", job->pool), *list;

	value_put_text(ref, "group", STR(GATEWAY_GROUP), job->pool);
	value_put_text(ref, "kind", STR("Gateway"), job->pool);
	value_put_text(ref, "namespace", gateway->namespace, job->pool);
	value_put_text(ref, "name", gateway->name, job->pool);
	value_put_text(v, "controllerName", job->settings->gateway_controller, job->pool);
	list = value_put_list(v, "conditions", job->pool);
	translator_condition_add(list, &conditions[0], generation, job->pool);
	translator_condition_add(list, &conditions[1], generation, job->pool);
}

static void warn(struct gateway_job *job, const struct condition *condition)
{
	if (!condition->status)
		translator_answer_warn(job->out, job->pool, RULE_BACKEND_TLS, STR_FMT,
				       STR_ARG(condition->message));
}

void translator_backend_tls_status_make(struct gateway_job *job)
{
	const struct msg_backend_tls_policy *policy = &job->bundle->backend_tls_policies.items[0];
	const struct backend_tls *tls = translator_backend_tls_judge(job, policy);
	const struct condition conditions[] = {
		judge(job, policy, tls),
		translator_condition_resolved(&tls->authorities.refusals,
					      "invalid caCertificateRefs", job->pool),
	};
	struct value *report = pool_alloc(job->pool, sizeof(*report));
	struct value *list = value_put_list(report, "ancestors", job->pool);

	for (size_t i = 0; i < job->bundle->gateways.n; i++)
		put_ancestor(job, &job->bundle->gateways.items[i].metadata, conditions,
			     value_add(list, job->pool));
	if (job->bundle->gateways.n) {
		warn(job, &conditions[0]);
		warn(job, &conditions[1]);
	}
	job->out->report = report;
}
