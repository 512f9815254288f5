/* condition: conditions of a status.
 *
 *   in     what is true of an object and why; the names that it refers to in vain
 *   out    conditions in a list
 *   owns   nothing
 *   never  knows the time, or what the object says now: that is the publisher's
 */
#include "translator/gateway/condition.h"

#define MAX_MESSAGE 32768 /* bytes; Kubernetes refuses more */

void translator_condition_add(struct value *list, const struct condition *condition,
			      int64_t generation, struct pool *pool)
{
	struct value *v = value_add(list, pool);
	struct str message = str_slice(condition->message, 0, MAX_MESSAGE);

	while (message.len && !str_is_utf8(message))
		message.len--;
	value_put_text(v, "type", str_from(condition->type), pool);
	value_put_text(v, "status", condition->status ? STR("True") : STR("False"), pool);
	value_put_text(v, "reason", str_from(condition->reason), pool);
	value_put_text(v, "message", message, pool);
	value_put_int(v, "observedGeneration", generation, pool);
}

void translator_condition_refuse(struct refusals *refusals, const char *reason, struct str name,
				 struct pool *pool)
{
	struct refusal_group *group = NULL;
	struct str *item;

	for (size_t i = 0; i < refusals->n; i++)
		if (strcmp(refusals->items[i].reason, reason) == 0)
			group = &refusals->items[i];
	if (!group) {
		group = pool_push(pool, &refusals->items, &refusals->n, sizeof(*group));
		group->reason = reason;
	}
	item = pool_push(pool, &group->names.items, &group->names.n, sizeof(*item));
	*item = name;
}

struct condition translator_condition_resolved(const struct refusals *refusals, const char *what,
					       struct pool *pool)
{
	struct condition out = { "ResolvedRefs", true, "ResolvedRefs", STR_NONE };
	struct buf text;

	if (!refusals->n)
		return out;
	buf_init(&text, MAX_MESSAGE);
	for (size_t i = 0; i < refusals->n; i++) {
		const struct refusal_group *group = &refusals->items[i];

		buf_printf(&text, "%s%s (%s): ", i ? "; " : "", what, group->reason);
		for (size_t k = 0; k < group->names.n; k++) {
			buf_puts(&text, k ? ", " : "");
			buf_str(&text, group->names.items[k]);
		}
		out.reason = group->reason;
	}
	out.status = false;
	out.message = pool_str(pool, buf_view(&text));
	buf_clear(&text);
	return out;
}
