/* conflicts: routes of different owners with one from, path, prefix and regex. Both are published;
 * each owner is told. */
#ifndef PUBLISHER_CONFLICTS_H
#define PUBLISHER_CONFLICTS_H

#include "publisher/wanted/owner.h"

struct conflicts {
	struct map places; /* from, path, prefix and regex -> struct conflict */
	void *self;
	/* A conflict begins: `owner` has a route that `other` has too. */
	void (*warn)(void *self, const struct route *route, const struct owner *other);
};

void publisher_conflicts_init(struct conflicts *conflicts, void *self,
			      void (*warn)(void *self, const struct route *route,
					   const struct owner *other));
void publisher_conflicts_clear(struct conflicts *conflicts);
void publisher_conflicts_add(struct conflicts *conflicts, const struct route *route);
void publisher_conflicts_drop(struct conflicts *conflicts, const struct route *route);

#endif
