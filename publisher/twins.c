/* twins: routes of different owners with one from, path, prefix and regex.
 *
 *   in    routes that come and go
 *   out   a warning for each owner when its route begins to have a twin: naming the other one, or
 * the first of several owns  an index of all routes; of an owner only its address never warns again
 * while a twin lasts
 */
#include "publisher/twins.h"

#include "base/mem.h"

struct twin_member {
	const struct owner *owner;
	size_t n_routes;
};

struct twin {
	struct twin_member *members; /* in order of arrival */
	size_t n;
};

static void free_twin(void *ptr)
{
	struct twin *twin = ptr;

	mem_free(twin->members);
	mem_free(twin);
}

void publisher_twins_init(struct twins *twins, void *self,
			  void (*warn)(void *self, const struct route *route,
				       const struct owner *other))
{
	*twins = (struct twins){ .self = self, .warn = warn };
	map_init(&twins->places, free_twin);
}

void publisher_twins_clear(struct twins *twins)
{
	map_clear(&twins->places);
}

/* No field can hold what stands between two of them: lengths are part of the key. */
static struct str place_of(const struct route *r, struct pool *pool)
{
	return pool_printf(pool, "%zu %zu %zu " STR_FMT STR_FMT STR_FMT STR_FMT, r->from.len,
			   r->path.len, r->prefix.len, STR_ARG(r->from), STR_ARG(r->path),
			   STR_ARG(r->prefix), STR_ARG(r->regex));
}

static struct twin_member *find(struct twin *twin, const struct owner *owner)
{
	for (size_t i = 0; i < twin->n; i++)
		if (twin->members[i].owner == owner)
			return &twin->members[i];
	return NULL;
}

/* The newcomer hears of the first member, and that one of the newcomer unless it had a twin before.
 */
static void join(struct twins *twins, struct twin *twin, const struct route *route)
{
	twin->members = mem_realloc(twin->members, (twin->n + 1) * sizeof(*twin->members));
	twin->members[twin->n++] = (struct twin_member){ route->owner, 1 };
	if (twin->n == 1)
		return;
	twins->warn(twins->self, route, twin->members[0].owner);
	if (twin->n == 2) {
		struct route of_first = *route;

		of_first.owner = (struct owner *)twin->members[0].owner;
		twins->warn(twins->self, &of_first, route->owner);
	}
}

void publisher_twins_add(struct twins *twins, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct twin *twin;
	struct twin_member *member;

	pool_init(&pool);
	place = place_of(route, &pool);
	twin = map_get(&twins->places, place);
	if (!twin) {
		twin = mem_alloc(sizeof(*twin));
		map_put(&twins->places, place, twin);
	}
	member = find(twin, route->owner);
	if (member)
		member->n_routes++;
	else
		join(twins, twin, route);
	pool_clear(&pool);
}

void publisher_twins_drop(struct twins *twins, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct twin *twin;
	struct twin_member *member;

	pool_init(&pool);
	place = place_of(route, &pool);
	twin = map_get(&twins->places, place);
	member = twin ? find(twin, route->owner) : NULL;
	if (member && --member->n_routes == 0) {
		size_t at = (size_t)(member - twin->members);

		twin->n--;
		memmove(member, member + 1, (twin->n - at) * sizeof(*member));
		if (!twin->n)
			map_del(&twins->places, place);
	}
	pool_clear(&pool);
}
