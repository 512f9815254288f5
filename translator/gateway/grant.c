/* grant: whether a reference into another namespace is allowed there.
 *
 *   in     the ReferenceGrants of a bundle, who refers to what
 *   out    yes or no: any one grant will do
 *   owns   nothing
 *   never  takes a grant from another namespace than that of what is referred to
 */
#include "translator/gateway/grant.h"

#include "translator/gateway/gateway_job.h"

static bool is_from(const struct msg_reference_grant *grant, const struct grant_question *q)
{
	for (size_t i = 0; i < grant->spec.from.n; i++) {
		const struct msg_grant_from *from = &grant->spec.from.items[i];

		if (str_is(from->group, GATEWAY_GROUP) && str_is(from->kind, q->from_kind) &&
		    str_eq(from->namespace, q->from_namespace))
			return true;
	}
	return false;
}

static bool is_to(const struct msg_reference_grant *grant, const struct grant_question *q)
{
	for (size_t i = 0; i < grant->spec.to.n; i++) {
		const struct msg_grant_to *to = &grant->spec.to.items[i];

		if (str_eq(to->group, q->to_group) && str_eq(to->kind, q->to_kind) &&
		    (!to->name.len || str_eq(to->name, q->to_name)))
			return true;
	}
	return false;
}

bool translator_grant_allows(const struct msg_bundle *bundle, const struct grant_question *q)
{
	if (str_eq(q->from_namespace, q->to_namespace))
		return true;
	for (size_t i = 0; i < bundle->reference_grants.n; i++) {
		const struct msg_reference_grant *grant = &bundle->reference_grants.items[i];

		if (str_eq(grant->metadata.namespace, q->to_namespace) && is_from(grant, q) &&
		    is_to(grant, q))
			return true;
	}
	return false;
}
