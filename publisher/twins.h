/* twins: routes of different owners with one from, path, prefix and regex. Both are published; each
 * owner is told. */
#ifndef PUBLISHER_TWINS_H
#define PUBLISHER_TWINS_H

#include "publisher/owner.h"

struct twins {
	struct map places; /* from, path, prefix and regex -> struct twin */
	void *self;
	/* A twin begins: `owner` has a route that `other` has too. */
	void (*warn)(void *self, const struct route *route, const struct owner *other);
};

void publisher_twins_init(struct twins *twins, void *self,
			  void (*warn)(void *self, const struct route *route,
				       const struct owner *other));
void publisher_twins_clear(struct twins *twins);
void publisher_twins_add(struct twins *twins, const struct route *route);
void publisher_twins_drop(struct twins *twins, const struct route *route);

#endif
