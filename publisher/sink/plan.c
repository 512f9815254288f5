/* plan: which owners differ from what is published.
 *
 *   in     owners that something happened to, what is wanted
 *   out    those whose digest is another one than the published
 *   owns   a digest of each published owner
 *   never  looks at an owner that nothing happened to
 */
#include "publisher/sink/plan.h"

#include "base/mem.h"

void publisher_plan_init(struct plan *plan)
{
	*plan = (struct plan){ 0 };
	map_init(&plan->published, mem_free);
	map_init(&plan->touched, NULL);
	pool_init(&plan->keys);
}

void publisher_plan_clear(struct plan *plan)
{
	map_clear(&plan->published);
	map_clear(&plan->touched);
	pool_clear(&plan->keys);
}

void publisher_plan_touch(struct plan *plan, const struct msg_key *owner, uint64_t seen_ns)
{
	struct pool pool;
	struct str text;

	if (seen_ns && (!plan->since_ns || seen_ns < plan->since_ns))
		plan->since_ns = seen_ns;
	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	if (!map_get(&plan->touched, text)) {
		struct msg_key *key = pool_alloc(&plan->keys, sizeof(*key));

		*key = msg_key_dup(owner, &plan->keys);
		map_put(&plan->touched, text, key);
	}
	pool_clear(&pool);
}

static const struct good *good_of(const struct wanted *wanted, struct str text)
{
	const struct owner *owner = publisher_wanted_find(wanted, text);

	return owner ? owner->good : NULL;
}

static bool differs(const struct good *good, const struct hash *published)
{
	if (!good || !published)
		return good || published;
	return !hash_equal(&good->digest, published);
}

void publisher_plan_make(const struct plan *plan, const struct wanted *wanted, struct pool *pool,
			 struct plan_changes *out)
{
	struct str text;
	void *key;

	out->n = 0;
	out->items = pool_array(pool, plan->touched.n + 1, sizeof(*out->items));
	for (size_t i = 0; map_next(&plan->touched, &i, &text, &key);) {
		const struct good *good = good_of(wanted, text);

		if (differs(good, map_get(&plan->published, text)))
			out->items[out->n++] = (struct plan_change){ *(struct msg_key *)key, good };
	}
}

void publisher_plan_take(struct plan *plan, const struct wanted *wanted, struct pool *pool,
			 struct plan_changes *out)
{
	publisher_plan_make(plan, wanted, pool, out);
	for (size_t i = 0; i < out->n; i++)
		out->items[i].owner = msg_key_dup(&out->items[i].owner, pool);
	map_clear(&plan->touched);
	pool_clear(&plan->keys);
	plan->since_ns = 0;
}

void publisher_plan_done(struct plan *plan, const struct plan_changes *changes)
{
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < changes->n; i++) {
		const struct plan_change *change = &changes->items[i];
		struct str text = msg_key_text(&change->owner, &pool);

		if (change->good)
			map_put(&plan->published, text, mem_dup(&change->good->digest, HASH_LEN));
		else
			map_del(&plan->published, text);
	}
	pool_clear(&pool);
}

void publisher_plan_again(struct plan *plan, const struct plan_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		publisher_plan_touch(plan, &changes->items[i].owner, 0);
}
