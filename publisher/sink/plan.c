/* plan: what is stored, and which of it differs from what is wanted.
 *
 *   in     what was read, followed, written and touched; what is wanted, from the sink
 *   out    the changes that make what is stored what is wanted
 *   owns   a digest of everything that is stored
 *   never  looks at what nothing happened to
 */
#include "publisher/sink/plan.h"

#include "base/mem.h"

void publisher_plan_init(struct plan *plan)
{
	*plan = (struct plan){ 0 };
	map_init(&plan->stored, mem_free);
	map_init(&plan->touched, NULL);
}

void publisher_plan_clear(struct plan *plan)
{
	map_clear(&plan->stored);
	map_clear(&plan->touched);
}

void publisher_plan_touch(struct plan *plan, struct str id)
{
	map_put(&plan->touched, id, plan);
}

const struct plan_entry *publisher_plan_get(const struct plan *plan, struct str id)
{
	return map_get(&plan->stored, id);
}

/* While everything is read anew, versions may have started again. */
static bool is_old(const struct plan *plan, const struct plan_entry *entry, uint64_t version)
{
	return entry && entry->round == plan->round && version <= entry->version;
}

/* False: something newer is known. */
static bool set(struct plan *plan, struct str id, const struct plan_entry *seen)
{
	struct plan_entry *entry = map_get(&plan->stored, id);

	if (is_old(plan, entry, seen->version))
		return false;
	if (!entry) {
		entry = mem_alloc(sizeof(*entry));
		map_put(&plan->stored, id, entry);
	}
	plan->n_routes += seen->n_routes - entry->n_routes;
	*entry = *seen;
	entry->round = plan->round;
	return true;
}

static bool forget(struct plan *plan, struct str id, uint64_t version)
{
	const struct plan_entry *entry = map_get(&plan->stored, id);

	if (!entry || is_old(plan, entry, version))
		return false;
	plan->n_routes -= entry->n_routes;
	map_del(&plan->stored, id);
	return true;
}

void publisher_plan_note(struct plan *plan, struct str id, const struct plan_entry *seen)
{
	if (set(plan, id, seen))
		publisher_plan_touch(plan, id);
}

void publisher_plan_gone(struct plan *plan, struct str id, uint64_t version)
{
	if (forget(plan, id, version))
		publisher_plan_touch(plan, id);
}

void publisher_plan_written(struct plan *plan, struct str id, const struct plan_entry *sent,
			    uint64_t version)
{
	struct plan_entry entry;

	if (!sent) {
		forget(plan, id, version);
		return;
	}
	entry = *sent;
	entry.version = version;
	set(plan, id, &entry);
}

/* Entries of earlier rounds give way to any version. */
void publisher_plan_begin(struct plan *plan)
{
	plan->round++;
}

void publisher_plan_end(struct plan *plan, bool same)
{
	struct str id;
	void *value;

	for (size_t i = 0; map_next(&plan->stored, &i, &id, &value);) {
		struct plan_entry *entry = value;

		if (entry->round == plan->round)
			continue;
		publisher_plan_touch(plan, id);
		plan->n_routes -= entry->n_routes;
		*entry = (struct plan_entry){ .round = plan->round, .lost = true };
		if (same)
			map_del(&plan->stored, id);
	}
}

/* ---- the changes ---- */

static bool is_stored(const struct plan_entry *entry)
{
	return entry && !entry->lost;
}

bool publisher_plan_differs(const struct plan *plan, struct str id, enum plan_want want,
			    const struct plan_entry *next)
{
	const struct plan_entry *entry = publisher_plan_get(plan, id);

	if (want != PLAN_STORE)
		return entry && want == PLAN_REMOVE;
	return !is_stored(entry) || !hash_equal(&entry->digest, &next->digest);
}

void publisher_plan_make(const struct plan *plan, const struct plan_source *source,
			 struct pool *pool, struct plan_changes *out)
{
	struct str id;

	out->n = 0;
	out->items = pool_array(pool, plan->touched.n + 1, sizeof(*out->items));
	for (size_t i = 0; map_next(&plan->touched, &i, &id, NULL);) {
		const struct plan_entry *entry = publisher_plan_get(plan, id);
		const size_t had = entry ? entry->n_routes : 0;
		struct plan_change change = { .n_fewer = 0 };
		const enum plan_want want = source->want(source->self, id, &change.next);

		if (!publisher_plan_differs(plan, id, want, &change.next))
			continue;
		change.id = pool_str(pool, id);
		change.gone = want == PLAN_REMOVE;
		change.is_less = had > change.next.n_routes;
		if (change.is_less)
			change.n_fewer = had - change.next.n_routes;
		out->items[out->n++] = change;
	}
}
