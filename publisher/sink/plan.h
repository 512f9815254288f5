/* plan: what is stored, and which of it differs from what is wanted. Keeps digests, not bytes.
 *
 * An id names what a sink stores of one owner: a record of the databroker, a part of the file. */
#ifndef PUBLISHER_PLAN_H
#define PUBLISHER_PLAN_H

#include "base/hash.h"
#include "base/map.h"
#include "base/pool.h"

struct plan_entry {
	struct hash digest;
	uint64_t version; /* what is newer has a larger one */
	uint64_t round;   /* of reading, in which it was seen last */
	size_t n_routes;
	bool lost; /* of a databroker that was wiped since: somebody may still have it */
};

struct plan {
	struct map stored;  /* id -> struct plan_entry */
	struct map touched; /* ids that may differ from what is wanted */
	size_t n_routes;    /* of all that is stored */
	uint64_t round;
};

void publisher_plan_init(struct plan *plan);
void publisher_plan_clear(struct plan *plan);
void publisher_plan_touch(struct plan *plan, struct str id);

/* What is stored under an id; NULL: nothing. */
const struct plan_entry *publisher_plan_get(const struct plan *plan, struct str id);
/* Somebody has stored this in that version. Touches it, unless something newer is known. */
void publisher_plan_note(struct plan *plan, struct str id, const struct plan_entry *seen);
/* It is stored no more, since that version. */
void publisher_plan_gone(struct plan *plan, struct str id, uint64_t version);
/* The same for what we wrote ourselves, which touches nothing; sent NULL: removed. */
void publisher_plan_written(struct plan *plan, struct str id, const struct plan_entry *sent,
			    uint64_t version);
/* Between these, everything is noted anew, whatever its version. What was not seen is gone, or lost
 * if the databroker is not the same as before. */
void publisher_plan_begin(struct plan *plan);
void publisher_plan_end(struct plan *plan, bool same);

enum plan_want {
	PLAN_STORE,
	PLAN_REMOVE,
	PLAN_KEEP /* what is stored: nothing better is known */
};
struct plan_source {
	void *self;
	/* What is wanted under an id, and for PLAN_STORE its digest and routes. */
	enum plan_want (*want)(void *self, struct str id, struct plan_entry *next);
};
struct plan_change {
	struct str id;
	bool gone;
	size_t n_fewer;         /* routes that it takes away */
	bool is_less;           /* it does, or those of its owner that change with it */
	struct plan_entry next; /* what is stored afterwards */
};
struct plan_changes {
	struct plan_change *items;
	size_t n;
};
/* Those of the touched that differ from what is wanted; they live in the pool. */
void publisher_plan_make(const struct plan *plan, const struct plan_source *source,
			 struct pool *pool, struct plan_changes *out);
/* Whether there is something to write under one id. */
bool publisher_plan_differs(const struct plan *plan, struct str id, enum plan_want want,
			    const struct plan_entry *next);

#endif
