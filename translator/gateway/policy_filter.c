/* policy_filter: the policy of a PolicyFilter.
 *
 *   in     the PolicyFilters of a bundle
 *   out    policies, compiled once for each; what the status of one should say
 *   owns   nothing
 *   never  lets a rule go on without the policy that it names
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/gateway_job.h"
#include "translator/ppl/ppl_compile.h"

static int compile(struct pool *pool, const struct msg_policy_filter *filter, struct str *rego,
		   struct err *err)
{
	if (translator_ppl_compile(filter->spec.ppl, pool, rego, err))
		return err_wrap(err, "couldn't parse policy");
	return 0;
}

static Pomerium__Config__Policy *policy_at(struct gateway_job *job, size_t i, struct err *err)
{
	const struct msg_policy_filter *filter = &job->bundle->policy_filters.items[i];
	Pomerium__Config__Policy *policy;
	struct str rego;

	if (!job->policies)
		job->policies =
			pool_array(job->pool, job->bundle->policy_filters.n, sizeof(policy));
	if (job->policies[i])
		return job->policies[i];
	if (compile(job->pool, filter, &rego, err)) {
		(void)err_wrap(err, "PolicyFilter " STR_FMT "/" STR_FMT,
			       STR_ARG(filter->metadata.namespace), STR_ARG(filter->metadata.name));
		return NULL;
	}
	policy = PB_NEW(job->pool, pomerium__config__policy);
	PB_SET_TEXT(policy, source_ppl, filter->spec.ppl);
	PB_PUSH(job->pool, policy, rego, pb_bytes(rego));
	job->policies[i] = policy;
	return policy;
}

Pomerium__Config__Policy *translator_policy_filter_policy(struct gateway_job *job,
							  struct str namespace, struct str name,
							  struct err *err)
{
	for (size_t i = 0; i < job->bundle->policy_filters.n; i++) {
		const struct msg_meta *meta = &job->bundle->policy_filters.items[i].metadata;

		if (!str_eq(meta->namespace, namespace) || !str_eq(meta->name, name))
			continue;
		if (!meta->deletionTimestamp)
			return policy_at(job, i, err);
		err_set(err, "PolicyFilter \"" STR_FMT "/" STR_FMT "\" is being deleted",
			STR_ARG(namespace), STR_ARG(name));
		return NULL;
	}
	err_set(err, "PolicyFilter \"" STR_FMT "/" STR_FMT "\" not found", STR_ARG(namespace),
		STR_ARG(name));
	return NULL;
}

void translator_policy_filter_make(struct gateway_job *job)
{
	const struct msg_policy_filter *filter = &job->bundle->policy_filters.items[0];
	struct value *report = pool_alloc(job->pool, sizeof(*report));
	struct condition valid = { "Valid", true, "Valid", STR_NONE };
	struct err err = { "" };
	struct str rego;

	if (compile(job->pool, filter, &rego, &err)) {
		valid.status = false;
		valid.reason = "Invalid";
		valid.message = pool_str(job->pool, str_from(err.text));
		translator_answer_warn(job->out, job->pool, RULE_POLICY_FILTER, "spec.ppl: %s",
				       err.text);
	}
	translator_condition_add(value_put_list(report, "conditions", job->pool), &valid,
				 filter->metadata.generation, job->pool);
	job->out->report = report;
}
