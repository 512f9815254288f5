/* listener_set: what the status of a ListenerSet should say.
 *
 *   in     a ListenerSet, its Gateway, which is ours, and what else is attached to that
 *   out    its conditions and those of its listeners; the certificates that these offer
 *   owns   nothing
 *   never  says a word about a listener of a ListenerSet that the Gateway does not allow
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/listener_status.h"

static struct condition refuse(const char *reason, struct str message)
{
	return (struct condition){ "Accepted", false, reason, message };
}

/* NULL: the Gateway is not there, or allows no such ListenerSet. */
static const struct listener_group *
group_of(struct gateway_job *job, const struct msg_listener_set *set, struct condition *accepted)
{
	const struct msg_gateway_list *gateways = &job->bundle->gateways;
	const struct listener_group *group;
	struct listener_groups groups;

	*accepted = refuse("ParentNotAccepted", STR("its Gateway is not accepted"));
	if (!gateways->n)
		return NULL;
	groups = translator_listener_judge(job, &gateways->items[0]);
	group = translator_listener_group(&groups, set);
	if (!group || !translator_gateway_status_is_accepted(&gateways->items[0], &groups))
		return NULL;
	if (group->is_allowed)
		return group;
	*accepted = refuse("NotAllowed", STR("spec.allowedListeners of its Gateway does not allow "
					     "its namespace"));
	return NULL;
}

void translator_listener_set_make(struct gateway_job *job)
{
	const struct msg_listener_set *set = &job->bundle->listener_sets.items[0];
	struct value *report = pool_alloc(job->pool, sizeof(*report)), *list;
	struct condition accepted, programmed;
	const struct listener_group *group = group_of(job, set, &accepted);
	size_t n = 0;

	if (group)
		n = translator_listener_status_put(job, group, report);
	if (group && n)
		accepted =
			(struct condition){ "Accepted", true,
					    n < group->specs->n ? "ListenersNotValid" : "Accepted",
					    STR_NONE };
	else if (group)
		accepted = refuse("ListenersNotValid", STR("no listener is valid"));
	if (!accepted.status)
		translator_answer_warn(job->out, job->pool, RULE_GATEWAY_REFUSED, STR_FMT,
				       STR_ARG(accepted.message));
	programmed = accepted;
	programmed.type = "Programmed";
	if (programmed.status)
		programmed.reason = "Programmed";
	list = value_put_list(report, "conditions", job->pool);
	translator_condition_add(list, &accepted, set->metadata.generation, job->pool);
	translator_condition_add(list, &programmed, set->metadata.generation, job->pool);
	job->out->report = report;
}
