/* condition: conditions of a status, as Kubernetes writes them, but for the time. */
#ifndef TRANSLATOR_CONDITION_H
#define TRANSLATOR_CONDITION_H

#include "base/value_build.h"

struct condition {
	const char *type;
	bool status;
	const char *reason;
	struct str message; /* may be absent */
};

/* Appends to a list of conditions. */
void translator_condition_add(struct value *list, const struct condition *condition,
			      int64_t generation, struct pool *pool);

/* Names by reason, in the order in which the reasons came up. */
struct refusals {
	struct refusal_group *items;
	size_t n;
};
struct refusal_group {
	const char *reason;
	struct str_list names;
};
void translator_condition_refuse(struct refusals *refusals, const char *reason, struct str name,
				 struct pool *pool);
/* ResolvedRefs: true, or false with "WHAT (REASON): NAME, NAME; ..." and the last reason. */
struct condition translator_condition_resolved(const struct refusals *refusals, const char *what,
					       struct pool *pool);

#endif
