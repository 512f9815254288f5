/* conflicts: routes of different owners with one host, kind and path.
 *
 *   in     routes that come and go
 *   out    which of them are published; whose verdict may have changed
 *   owns   an index of all routes; what each owner was told
 *   never  looks at routes of other places
 */
#include "publisher/wanted/conflicts.h"

#include <ctype.h>

#include "base/mem.h"
#include "net/hostname.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/hosts/host_owner.h"

struct conflict_member {
	struct owner *owner;
	size_t n_routes;
	enum conflict_verdict told;
};

struct conflict {
	struct conflict_member *members; /* the oldest first */
	size_t n;
};

static void free_conflict(void *ptr)
{
	struct conflict *conflict = ptr;

	mem_free(conflict->members);
	mem_free(conflict);
}

void publisher_conflicts_init(struct conflicts *conflicts, void *self,
			      void (*changed)(void *self, struct owner *owner, bool verdict))
{
	*conflicts = (struct conflicts){ .self = self, .changed = changed };
	map_init(&conflicts->places, free_conflict);
}

void publisher_conflicts_clear(struct conflicts *conflicts)
{
	map_clear(&conflicts->places);
}

/* The port in a `from` that is not the one of its scheme, with its colon. */
static struct str port_of(struct str from)
{
	const long at = str_rfind(from, ':');
	struct str port = str_slice(from, (size_t)(at + 1), from.len);

	for (size_t i = 0; i < port.len; i++)
		if (!isdigit((unsigned char)port.ptr[i]))
			return STR("");
	return at < 0 || !port.len || str_is(port, "443") ? STR("")
							  : str_slice(from, (size_t)at, from.len);
}

/* One spelling for what is one host for a browser. */
static struct str normal_from(struct str from, struct pool *pool)
{
	struct str scheme, rest;

	if (!str_cut(from, ':', &scheme, &rest))
		return from;
	return pool_printf(pool, STR_FMT "://" STR_FMT STR_FMT, STR_ARG(scheme),
			   STR_ARG(hostname_normal(hostname_of_url(from), pool)),
			   STR_ARG(port_of(from)));
}

/* No field can hold what stands between two of them: lengths are part of the key. */
static struct str place_of(const struct route *r, struct pool *pool)
{
	const struct str from = normal_from(r->from, pool);

	return pool_printf(pool, "%zu %zu %zu " STR_FMT STR_FMT STR_FMT STR_FMT, from.len,
			   r->path.len, r->prefix.len, STR_ARG(from), STR_ARG(r->path),
			   STR_ARG(r->prefix), STR_ARG(r->regex));
}

static void add_length(struct str *key, struct str text, struct pool *pool)
{
	*key = pool_printf(pool, STR_FMT "%zu " STR_FMT, STR_ARG(*key), text.len, STR_ARG(text));
}

/* What Pomerium calls a route in a file. */
static struct str likeness_of(const struct route *r, struct pool *pool)
{
	struct str key = place_of(r, pool);
	const Pomerium__Config__Route *route;
	struct buf both;

	buf_init(&both, BUF_MAX_MESSAGE);
	buf_str(&both, r->packed.shared);
	buf_str(&both, r->packed.own);
	route = (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&both), pool,
				  NULL);
	buf_wipe(&both);
	if (!route || !route->n_to)
		return STR_NONE; /* no upstream, no cluster */
	add_length(&key, r->from, pool);
	add_length(&key, pb_str(route->name), pool);
	for (size_t i = 0; i < route->n_to; i++)
		add_length(&key, pb_str(route->to[i]), pool);
	return key;
}

/* Absent: it has nothing in common with others. */
static struct str key_of(const struct conflicts *conflicts, const struct route *r,
			 struct pool *pool)
{
	return conflicts->by_likeness ? likeness_of(r, pool) : place_of(r, pool);
}

/* Where it stands among the members, or would. */
static size_t position_in(const struct conflict *conflict, const struct owner *owner)
{
	size_t low = 0, high = conflict->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (publisher_host_owner_compare(conflict->members[middle].owner, owner) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct conflict_member *find(const struct conflict *conflict, const struct owner *owner)
{
	const size_t at = position_in(conflict, owner);

	return at < conflict->n && conflict->members[at].owner == owner ? &conflict->members[at]
									: NULL;
}

static void tell_all(const struct conflicts *conflicts, const struct conflict *conflict,
		     bool verdict)
{
	for (size_t i = 0; i < conflict->n; i++)
		conflicts->changed(conflicts->self, conflict->members[i].owner, verdict);
}

/* Whether the verdict of others may hang on this member: it is among the oldest, or alone with one
 * other, or of unknown age. */
static bool is_decisive(const struct conflict *conflict, const struct owner *owner)
{
	const struct owner *oldest = conflict->members[0].owner;

	return conflict->n <= 2 || !owner->created || owner->created == oldest->created ||
	       !conflict->members[conflict->n - 1].owner->created;
}

static void join(struct conflicts *conflicts, struct conflict *conflict, const struct route *route)
{
	const size_t at = position_in(conflict, route->owner);
	struct conflict_member *members =
		mem_realloc(conflict->members, (conflict->n + 1) * sizeof(*conflict->members));

	memmove(members + at + 1, members + at, (conflict->n - at) * sizeof(*members));
	members[at] = (struct conflict_member){ .owner = route->owner, .n_routes = 1 };
	conflict->members = members;
	if (++conflict->n == 1)
		return;
	if (conflict->n == 2)
		members[1 - at].owner->n_contested++;
	route->owner->n_contested++;
	tell_all(conflicts, conflict, is_decisive(conflict, route->owner));
}

void publisher_conflicts_add(struct conflicts *conflicts, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct conflict *conflict = NULL;
	struct conflict_member *member;

	pool_init(&pool);
	place = key_of(conflicts, route, &pool);
	if (place.len)
		conflict = map_get_or_make(&conflicts->places, place, sizeof(*conflict));
	member = conflict ? find(conflict, route->owner) : NULL;
	if (member)
		member->n_routes++;
	else if (conflict)
		join(conflicts, conflict, route);
	pool_wipe(&pool);
}

static void leave(struct conflicts *conflicts, struct conflict *conflict,
		  struct conflict_member *member)
{
	const size_t at = (size_t)(member - conflict->members);
	const bool decisive = is_decisive(conflict, member->owner);

	member->owner->n_contested -= conflict->n > 1;
	conflict->n--;
	memmove(member, member + 1, (conflict->n - at) * sizeof(*member));
	if (conflict->n == 1) {
		conflict->members[0].owner->n_contested--;
		conflict->members[0].told = CONFLICT_NONE;
	}
	tell_all(conflicts, conflict, decisive);
}

void publisher_conflicts_drop(struct conflicts *conflicts, const struct route *route)
{
	struct pool pool;
	struct str place;
	struct conflict *conflict;
	struct conflict_member *member;

	pool_init(&pool);
	place = key_of(conflicts, route, &pool);
	conflict = map_get(&conflicts->places, place);
	member = conflict ? find(conflict, route->owner) : NULL;
	if (member && --member->n_routes == 0) {
		leave(conflicts, conflict, member);
		if (!conflict->n)
			map_del(&conflicts->places, place);
	}
	pool_clear(&pool);
}

/* ---- verdicts ---- */

/* The oldest one, if it is older than all of this namespace; NULL: it is not. */
static const struct owner *older_than(const struct conflict *conflict, const struct owner *owner)
{
	const struct owner *oldest = conflict->members[0].owner;
	int64_t created = owner->created;

	for (size_t i = 0; i < conflict->n; i++) {
		const struct owner *other = conflict->members[i].owner;

		if (!str_eq(other->key.namespace, owner->key.namespace)) {
			if (created && other->created != oldest->created)
				break; /* who comes later is younger */
			continue;
		}
		if (other->created)
			created = other->created;
		break;
	}
	return publisher_host_owner_is_older(oldest->created, created) ? oldest : NULL;
}

static struct conflict *conflict_of(const struct conflicts *conflicts, const struct route *route)
{
	struct conflict *conflict;
	struct pool pool;

	pool_init(&pool);
	conflict = map_get(&conflicts->places, key_of(conflicts, route, &pool));
	pool_wipe(&pool);
	return conflict;
}

const struct owner *publisher_conflicts_first(const struct conflicts *likenesses,
					      const struct route *route)
{
	const struct conflict *conflict = conflict_of(likenesses, route);

	return conflict && conflict->members[0].owner != route->owner ? conflict->members[0].owner
								      : NULL;
}

enum conflict_verdict publisher_conflicts_judge(const struct conflicts *conflicts,
						const struct route *route,
						const struct owner **other)
{
	const struct conflict *conflict = conflict_of(conflicts, route);

	*other = NULL;
	if (!conflict || conflict->n < 2)
		return CONFLICT_NONE;
	*other = older_than(conflict, route->owner);
	if (*other)
		return (*other)->is_barred ? CONFLICT_NEITHER : CONFLICT_YOUNGER;
	for (size_t i = 0; i < conflict->n && (!*other || (*other)->is_barred); i++)
		if (conflict->members[i].owner != route->owner &&
		    !older_than(conflict, conflict->members[i].owner))
			*other = conflict->members[i].owner;
	if (!*other)
		return CONFLICT_NONE;
	return (*other)->is_barred ? CONFLICT_ALONE : CONFLICT_SHARED;
}

void publisher_conflicts_tell(const struct conflicts *conflicts, const struct route *route)
{
	const struct conflict *conflict = conflict_of(conflicts, route);

	if (conflict && conflict->n > 1)
		tell_all(conflicts, conflict, true);
}

bool publisher_conflicts_is_news(struct conflicts *conflicts, const struct route *route,
				 enum conflict_verdict verdict)
{
	struct conflict *conflict = conflict_of(conflicts, route);
	struct conflict_member *member = conflict ? find(conflict, route->owner) : NULL;

	if (!member || member->told == verdict)
		return false;
	member->told = verdict;
	return verdict != CONFLICT_NONE;
}

bool publisher_conflicts_has(const struct conflicts *conflicts, const struct route *like,
			     enum msg_kind kind)
{
	const struct conflict *conflict = conflict_of(conflicts, like);

	for (size_t i = 0; conflict && i < conflict->n; i++)
		if (conflict->members[i].owner->key.kind == kind)
			return true;
	return false;
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
	conflict = conflict_of(conflicts, route);
	if (!conflict || (conflict->n < 2 && conflict->members[0].n_routes < 2))
		return STR_NONE; /* nor has its owner another one with the same match */
	for (size_t i = 0; i < conflict->n; i++)
		younger |= conflict->members[i].owner->key.kind == MSG_KIND_INGRESS &&
			   conflict->members[i].owner->created < route->owner->created;
	return pool_printf(pool, "%sgateway/%012lld/" STR_FMT "/" STR_FMT "/%05zu",
			   younger ? "~" : "", (long long)route->owner->created,
			   STR_ARG(key->namespace), STR_ARG(key->name),
			   publisher_route_index(route));
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
