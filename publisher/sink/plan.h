/* plan: which owners differ from what is published. Keeps digests, not bytes. */
#ifndef PUBLISHER_PLAN_H
#define PUBLISHER_PLAN_H

#include "publisher/wanted/wanted.h"

struct plan {
	struct map published; /* msg_key_text -> struct hash: what was published of each owner */
	struct map touched;   /* msg_key_text -> struct msg_key: owners that may differ */
	struct pool keys;     /* of those */
	uint64_t since_ns;    /* when the oldest of these changes was seen; 0: unknown */
};

struct plan_change {
	struct msg_key owner;
	const struct good *good; /* NULL: it is to go */
};
struct plan_changes {
	struct plan_change *items;
	size_t n;
};

void publisher_plan_init(struct plan *plan);
void publisher_plan_clear(struct plan *plan);
/* Something about an owner may be different now. */
void publisher_plan_touch(struct plan *plan, const struct msg_key *owner, uint64_t seen_ns);
/* The owners among those touched that differ from what is published; lives in the pool, borrows
 * from `wanted`. */
void publisher_plan_make(const struct plan *plan, const struct wanted *wanted, struct pool *pool,
			 struct plan_changes *out);
/* The same, and nothing is touched afterwards: they are on their way. */
void publisher_plan_take(struct plan *plan, const struct wanted *wanted, struct pool *pool,
			 struct plan_changes *out);
/* These changes are published now. */
void publisher_plan_done(struct plan *plan, const struct plan_changes *changes);
/* They are not: they are touched again. */
void publisher_plan_again(struct plan *plan, const struct plan_changes *changes);

#endif
