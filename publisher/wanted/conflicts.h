/* conflicts: routes of different owners with one host, kind and path. Where the namespaces differ,
 * those of the oldest are published alone; else, or where nobody is older, all are. */
#ifndef PUBLISHER_CONFLICTS_H
#define PUBLISHER_CONFLICTS_H

#include "publisher/wanted/owner.h"

struct conflicts {
	struct map places; /* what the routes have in common -> struct conflict */
	bool by_likeness;  /* that is their likeness, see below; else the place */
	void *self;
	/* Who else has one of its routes is different now; `verdict`: its verdict may be, too. */
	void (*changed)(void *self, struct owner *owner, bool verdict);
};

enum conflict_verdict {
	CONFLICT_NONE,    /* nobody else's counts */
	CONFLICT_SHARED,  /* `other` has it too, and both are published */
	CONFLICT_ALONE,   /* the same, but nothing of `other` is published */
	CONFLICT_YOUNGER, /* `other`, in another namespace, is older: this one is not published */
	CONFLICT_NEITHER  /* the same, and nothing of `other` is published either */
};

void publisher_conflicts_init(struct conflicts *conflicts, void *self,
			      void (*changed)(void *self, struct owner *owner, bool verdict));
void publisher_conflicts_clear(struct conflicts *conflicts);
/* The age of its owner does not change until it is dropped. */
void publisher_conflicts_add(struct conflicts *conflicts, const struct route *route);
/* The owners that have such a route, itself among them; borrowed. 0: the route was not added. */
size_t publisher_conflicts_owners(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool, const struct owner ***owners);
void publisher_conflicts_drop(struct conflicts *conflicts, const struct route *route);
enum conflict_verdict publisher_conflicts_judge(const struct conflicts *conflicts,
						const struct route *route,
						const struct owner **other);
/* Whether any of it is published is different now. */
void publisher_conflicts_tell(const struct conflicts *conflicts, const struct route *route);
/* Whether this is another verdict than the one that its owner was told last. */
bool publisher_conflicts_is_news(struct conflicts *conflicts, const struct route *route,
				 enum conflict_verdict verdict);
/* Whether an owner of this kind has a route of the same from, path, prefix and regex. */
bool publisher_conflicts_has(const struct conflicts *conflicts, const struct route *like,
			     enum msg_kind kind);
/* In a file, routes have no ids: Pomerium tells them apart by name, from, path and upstreams, and
 * takes none of a file in which two are alike (core, validateClusterNamesUnique). The owner that is
 * first to have such a route, by age and then by name, if that is another one; NULL: it is not. */
const struct owner *publisher_conflicts_first(const struct conflicts *likenesses,
					      const struct route *route);
/* The id for a route of an HTTPRoute that others have too: Pomerium serves the one whose id comes
 * first, which is that of the oldest owner. Absent: it needs none. */
struct str publisher_conflicts_id(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool);

#endif
