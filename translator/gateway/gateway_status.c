/* gateway_status: what the status of a Gateway should say.
 *
 *   in     a Gateway of ours, its ListenerSets, the Secrets and grants that its listeners refer to
 *   out    its conditions, those of its listeners, how many ListenerSets are attached
 *   owns   nothing
 *   never  knows addresses: the publisher adds those
 */
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/condition.h"
#include "translator/gateway/listener_status.h"

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
	if (!accepted->status) {
		programmed->status = false;
		programmed->reason = "Invalid";
	}
}

static size_t count_accepted(const struct listener_group *group)
{
	size_t n = 0;

	for (size_t i = 0; i < group->specs->n; i++)
		n += translator_listener_is_accepted(&group->items[i]);
	return n;
}

bool translator_gateway_status_is_accepted(const struct msg_gateway *gateway,
					   const struct listener_groups *groups)
{
	struct condition accepted, programmed;

	judge_gateway(gateway, count_accepted(&groups->items[0]), &accepted, &programmed);
	return accepted.status;
}

/* ListenerSets that have a listener in use. */
static size_t count_sets(const struct listener_groups *groups)
{
	size_t n = 0;

	for (size_t i = 1; i < groups->n; i++)
		n += groups->items[i].is_allowed && count_accepted(&groups->items[i]);
	return n;
}

void translator_gateway_status_make(struct gateway_job *job)
{
	const struct msg_gateway *gateway = &job->bundle->gateways.items[0];
	struct listener_groups groups = translator_listener_judge(job, gateway);
	struct value *report = pool_alloc(job->pool, sizeof(*report)), *list;
	struct condition accepted, programmed;

	translator_listener_status_put(job, &groups.items[0], report);
	judge_gateway(gateway, count_accepted(&groups.items[0]), &accepted, &programmed);
	if (!accepted.status)
		translator_answer_warn(job->out, job->pool, RULE_GATEWAY_REFUSED, STR_FMT,
				       STR_ARG(accepted.message));
	list = value_put_list(report, "conditions", job->pool);
	translator_condition_add(list, &accepted, gateway->metadata.generation, job->pool);
	translator_condition_add(list, &programmed, gateway->metadata.generation, job->pool);
	value_put_int(report, "attachedListenerSets",
		      accepted.status ? (int64_t)count_sets(&groups) : 0, job->pool);
	job->out->report = report;
}
