/* parts: an owner that is too large for one record, in several.
 *
 *   in     the routes of an owner; the id of a record; changes that are due
 *   out    which routes are in which record; what an owner loses over all of its records
 *   owns   nothing
 *   never  cuts a route in two: one that is too large makes a record that is
 */
#include "publisher/databroker/parts.h"

#include "base/mem.h"

#define ROUTE_BYTES 1024 /* what packing a route may add to its pieces: another id, its length */

/* ---- ids ---- */

struct str publisher_parts_id(struct str id, unsigned number, struct pool *pool)
{
	return number == 1 ? id : pool_printf(pool, STR_FMT "#%u", STR_ARG(id), number);
}

unsigned publisher_parts_cut(struct str *id)
{
	const long at = str_rfind(*id, '#');
	unsigned number;

	if (at < 0)
		return 1;
	if (id->len != (size_t)at + 2)
		return 0;
	number = (unsigned)(id->ptr[at + 1] - '0');
	if (number < 2 || number > PARTS_MAX)
		return 0;
	*id = str_slice(*id, 0, (size_t)at);
	return number;
}

static size_t stored_routes(const struct plan *plan, struct str id)
{
	const struct plan_entry *entry = publisher_plan_get(plan, id);

	return entry ? entry->n_routes : 0;
}

size_t publisher_parts_place(const struct plan *plan, struct str id)
{
	struct str owner = id;
	const unsigned number = publisher_parts_cut(&owner);
	struct pool pool;
	bool several;
	size_t n = 0;

	pool_init(&pool);
	several = number > 1 || publisher_plan_get(plan, publisher_parts_id(id, 2, &pool));
	for (unsigned i = 1; i < number; i++)
		n += stored_routes(plan, publisher_parts_id(owner, i, &pool));
	pool_clear(&pool);
	return several ? n : PARTS_ALONE;
}

/* ---- routes ---- */

static size_t size_of(const struct packed_route *route)
{
	return ROUTE_BYTES + route->shared.len + route->policies.len + route->own.len;
}

/* The number of the last part that was begun; `part` is that of the number, or empty. */
static unsigned find(const struct good *good, unsigned number, struct part *part)
{
	unsigned n = 1;
	size_t size = 0;

	*part = (struct part){ 0, 0 };
	for (size_t i = 0; i < good->n_routes; i++) {
		const size_t more = size_of(&good->routes[i].packed);

		if (size && size + more > PART_MAX && n < PARTS_MAX) {
			n++;
			size = 0;
		}
		size += more;
		if (n != number)
			continue;
		part->from = part->to ? part->from : i;
		part->to = i + 1;
	}
	return n;
}

size_t publisher_parts_size(const struct good *good, struct part part)
{
	size_t size = 0;

	for (size_t i = part.from; i < part.to; i++)
		size += size_of(&good->routes[i].packed);
	return size;
}

unsigned publisher_parts_count(const struct good *good)
{
	struct part part;

	return find(good, 1, &part);
}

struct part publisher_parts_get(const struct good *good, unsigned number)
{
	struct part part;

	(void)find(good, number, &part);
	return part;
}

/* ---- changes ---- */

struct balance {
	size_t had, has; /* routes in the records that change */
	bool told;
};

static bool is_in_parts(const struct plan_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		if (memchr(changes->items[i].id.ptr, '#', changes->items[i].id.len))
			return true;
	return false;
}

static struct balance *balance_of(struct map *owners, struct str id)
{
	(void)publisher_parts_cut(&id);
	return map_get_or_make(owners, id, sizeof(struct balance));
}

void publisher_parts_balance(const struct plan *plan, struct plan_changes *changes)
{
	struct map owners;

	if (!is_in_parts(changes))
		return;
	map_init(&owners, mem_free);
	for (size_t i = 0; i < changes->n; i++) {
		struct balance *balance = balance_of(&owners, changes->items[i].id);

		balance->had += stored_routes(plan, changes->items[i].id);
		balance->has += changes->items[i].next.n_routes;
	}
	for (size_t i = 0; i < changes->n; i++) {
		struct balance *balance = balance_of(&owners, changes->items[i].id);
		struct plan_change *change = &changes->items[i];

		change->n_fewer = 0;
		change->is_less = balance->had > balance->has;
		if (change->is_less && !balance->told)
			change->n_fewer = balance->had - balance->has;
		balance->told = true;
	}
	map_clear(&owners);
}
