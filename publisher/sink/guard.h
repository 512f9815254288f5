/* guard: many routes gone at once are more often an accident than a wish, and so are all of them
 * for want of a class or of files. They stay until somebody says otherwise. So does meanwhile what
 * would be deleted: their certificates are records of their own. All other changes go their way. */
#ifndef PUBLISHER_GUARD_H
#define PUBLISHER_GUARD_H

#include <cjson/cJSON.h>

#include "publisher/sink/pace.h"
#include "publisher/sink/plan.h"

struct guard_terms {
	long share;    /* percent of the routes that are too many; 0 or 100: none are */
	bool allowed;  /* the Pomerium object says that they may go */
	bool no_class; /* no class is left, so all that goes is one accident or one wish */
};

struct guard {
	const struct plan *plan; /* of the sink that is guarded, and its pace */
	struct pace *pace;
	struct guard_terms terms;
	bool holds; /* something is held back */
};

/* Whether so many of these routes may not go at once. */
bool publisher_guard_is_too_much(const struct guard_terms *terms, size_t n_fewer, size_t n_routes);
/* Whether these changes would take away too much; says so once. */
bool publisher_guard_holds(struct guard *guard, const struct plan_changes *changes);
/* The Pomerium object has said so; what was held back is due if it may go now. */
void publisher_guard_allow(struct guard *guard, bool allowed);
/* Adds what is held back: it stays touched. */
void publisher_guard_explain(const struct guard *guard, cJSON *list);

#endif
