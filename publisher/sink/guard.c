/* guard: many routes gone at once, or all of them with their class, stay until somebody says
 * otherwise.
 *
 *   in     the changes that are due; the word of the Pomerium object; whether a class is left
 *   out    whether those that take routes away have to wait
 *   owns   whether the log has said so
 *   never  holds back anything else
 */
#include "publisher/sink/guard.h"

#include "base/cjson.h"
#include "base/log.h"

#define FREE_ROUTES 20 /* so few may always go */

bool publisher_guard_is_too_much(const struct guard_terms *terms, size_t n_fewer, size_t n_routes)
{
	const size_t share = (size_t)terms->share;

	if (!share || share >= 100 || terms->allowed || !n_fewer)
		return false;
	return terms->no_class || (n_fewer > FREE_ROUTES && n_fewer * 100 >= n_routes * share);
}

bool publisher_guard_holds(struct guard *guard, const struct plan_changes *changes)
{
	size_t n_fewer = 0;
	bool too_much;

	for (size_t i = 0; i < changes->n; i++)
		n_fewer += changes->items[i].n_fewer;
	too_much = publisher_guard_is_too_much(&guard->terms, n_fewer, guard->plan->n_routes);
	if (too_much && !guard->holds)
		log_error(guard->terms.no_class ? "no class is left, the routes stay"
						: "too many routes would go at once, they stay",
			  "routes=%zu of=%zu max_delete_share=%ld hint=%s", n_fewer,
			  guard->plan->n_routes, guard->terms.share,
			  log_value("if that is meant, give the Pomerium object the annotation "
				    "ingress.pomerium.io/allow-mass-delete: \"true\", or start "
				    "with --max-delete-share 100"));
	guard->holds = too_much;
	return too_much;
}

void publisher_guard_allow(struct guard *guard, bool allowed)
{
	if (allowed == guard->terms.allowed)
		return;
	guard->terms.allowed = allowed;
	log_info(allowed ? "many routes may go at once now" : "many routes may not go at once",
		 NULL);
	if (allowed && guard->holds)
		publisher_pace_touch(guard->pace, 0); /* what was held back is touched still */
}

void publisher_guard_explain(const struct guard *guard, cJSON *list)
{
	const struct plan *plan = guard->plan;
	struct str id;

	for (size_t i = 0; guard->holds && map_next(&plan->touched, &i, &id, NULL);) {
		const struct plan_entry *stored = publisher_plan_get(plan, id);
		cJSON *item;

		if (!stored || !stored->n_routes)
			continue;
		item = cjson_put_object(list, NULL);
		cjson_put_text(item, "record", id);
		cjson_put_number(item, "routes", (long long)stored->n_routes);
	}
}
