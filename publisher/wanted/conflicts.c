/* conflicts: routes of different owners with one from, path, prefix and regex.
 *
 *   in     routes that come and go
 *   out    a warning for each owner when its route begins to conflict: it names the other owner, or
 *          the first of several
 *   owns   an index of all routes; of an owner only its address
 *   never  warns again while a conflict lasts
 */
#include "publisher/wanted/conflicts.h"

#include "base/mem.h"

struct conflict_member {
	const struct owner *owner;
	int64_t created;
	size_t n_routes;
};

struct conflict {
	struct conflict_member *members; /* in order of arrival */
	size_t n;
};

static void free_conflict(void *ptr)
{
	struct conflict *conflict = ptr;

	mem_free(conflict->members);
	mem_free(conflict);
}

void publisher_conflicts_init(struct conflicts *conflicts, void *self,
			      void (*warn)(void *self, const struct route *route,
					   const struct owner *other))
{
	*conflicts = (struct conflicts){ .self = self, .warn = warn };
	map_init(&conflicts->places, free_conflict);
}

void publisher_conflicts_clear(struct conflicts *conflicts)
{
	map_clear(&conflicts->places);
}

/* No field can hold what stands between two of them: lengths are part of the key. */
static struct str place_of(const struct route *r, struct pool *pool)
{
	return pool_printf(pool, "%zu %zu %zu " STR_FMT STR_FMT STR_FMT STR_FMT, r->from.len,
			   r->path.len, r->prefix.len, STR_ARG(r->from), STR_ARG(r->path),
			   STR_ARG(r->prefix), STR_ARG(r->regex));
}

static struct conflict_member *find(struct conflict *conflict, const struct owner *owner)
{
	for (size_t i = 0; i < conflict->n; i++)
		if (conflict->members[i].owner == owner)
			return &conflict->members[i];
	return NULL;
}

static void tell_all(const struct conflicts *conflicts, const struct conflict *conflict)
{
	for (size_t i = 0; conflicts->changed && i < conflict->n; i++)
		conflicts->changed(conflicts->self, conflict->members[i].owner);
}

/* The newcomer is warned of the first member, and the first member of the newcomer, unless it had a
 * conflict already. */
static void join(struct conflicts *conflicts, struct conflict *conflict, const struct route *route)
{
	conflict->members =
		mem_realloc(conflict->members, (conflict->n + 1) * sizeof(*conflict->members));
	conflict->members[conflict->n++] =
		(struct conflict_member){ route->owner, route->created, 1 };
	if (conflict->n == 1)
		return;
	tell_all(conflicts, conflict);
	conflicts->warn(conflicts->self, route, conflict->members[0].owner);
	if (conflict->n == 2) {
		struct route of_first = *route;

		of_first.owner = (struct owner *)conflict->members[0].owner;
		conflicts->warn(conflicts->self, &of_first, route->owner);
	}
}

void publisher_conflicts_add(struct conflicts *conflicts, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct conflict *conflict;
	struct conflict_member *member;

	pool_init(&pool);
	place = place_of(route, &pool);
	conflict = map_get(&conflicts->places, place);
	if (!conflict) {
		conflict = mem_alloc(sizeof(*conflict));
		map_put(&conflicts->places, place, conflict);
	}
	member = find(conflict, route->owner);
	if (member)
		member->n_routes++;
	else
		join(conflicts, conflict, route);
	pool_clear(&pool);
}

void publisher_conflicts_drop(struct conflicts *conflicts, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct conflict *conflict;
	struct conflict_member *member;

	pool_init(&pool);
	place = place_of(route, &pool);
	conflict = map_get(&conflicts->places, place);
	member = conflict ? find(conflict, route->owner) : NULL;
	if (member && --member->n_routes == 0) {
		size_t at = (size_t)(member - conflict->members);

		conflict->n--;
		memmove(member, member + 1, (conflict->n - at) * sizeof(*member));
		tell_all(conflicts, conflict);
		if (!conflict->n)
			map_del(&conflicts->places, place);
	}
	pool_clear(&pool);
}

bool publisher_conflicts_has(const struct conflicts *conflicts, const struct route *like,
			     enum msg_kind kind)
{
	const struct conflict *conflict;
	struct pool pool;
	bool has = false;

	pool_init(&pool);
	conflict = map_get(&conflicts->places, place_of(like, &pool));
	for (size_t i = 0; conflict && i < conflict->n; i++)
		has |= conflict->members[i].owner->key.kind == kind;
	pool_clear(&pool);
	return has;
}

/* Ids of Ingresses begin with a brace: what is younger than one of them comes after it. */
struct str publisher_conflicts_id(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool)
{
	const struct msg_key *key = &route->owner->key;
	const struct conflict *conflict;
	bool younger = false;

	if (key->kind != MSG_KIND_HTTP_ROUTE)
		return STR_NONE;
	conflict = map_get(&conflicts->places, place_of(route, pool));
	if (!conflict || (conflict->n < 2 && conflict->members[0].n_routes < 2))
		return STR_NONE; /* nor has its owner another one with the same match */
	for (size_t i = 0; i < conflict->n; i++)
		younger |= conflict->members[i].owner->key.kind == MSG_KIND_INGRESS &&
			   conflict->members[i].created < route->created;
	return pool_printf(pool, "%sgateway/%012lld/" STR_FMT "/" STR_FMT "/%05zu",
			   younger ? "~" : "", (long long)route->created, STR_ARG(key->namespace),
			   STR_ARG(key->name), route->index);
}

size_t publisher_conflicts_owners(const struct conflicts *conflicts, const struct route *route,
				  struct pool *pool, const struct owner ***owners)
{
	const struct conflict *conflict = map_get(&conflicts->places, place_of(route, pool));
	const size_t n = conflict ? conflict->n : 0;

	*owners = pool_array(pool, n + 1, sizeof(**owners));
	for (size_t i = 0; i < n; i++)
		(*owners)[i] = conflict->members[i].owner;
	return n;
}
