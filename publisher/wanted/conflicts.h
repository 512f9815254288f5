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
	/* Who else has one of its routes is different now: its ids may be. May be NULL. */
	void (*changed)(void *self, const struct owner *owner);
};

void publisher_conflicts_init(struct conflicts *conflicts, void *self,
			      void (*warn)(void *self, const struct route *route,
					   const struct owner *other));
void publisher_conflicts_clear(struct conflicts *conflicts);
void publisher_conflicts_add(struct conflicts *conflicts, const struct route *route);
/* The owners that have such a route, itself among them; borrowed. 0: the route was not added. */
size_t publisher_conflicts_owners(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool, const struct owner ***owners);
void publisher_conflicts_drop(struct conflicts *conflicts, const struct route *route);
/* Whether an owner of this kind has a route of the same from, path, prefix and regex. */
bool publisher_conflicts_has(const struct conflicts *conflicts, const struct route *like,
			     enum msg_kind kind);
/* The id for a route of an HTTPRoute that others have too: Pomerium serves the one whose id comes
 * first, which is that of the oldest owner. Absent: it needs none. */
struct str publisher_conflicts_id(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool);

#endif
