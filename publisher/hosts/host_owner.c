/* host_owner: which namespace a host belongs to.
 *
 *   in     owners that name hosts, and their ages
 *   out    who is before whom
 *   owns   an index by host, in it by namespace
 *   never  compares ages across hosts; decides what follows from them
 */
#include "publisher/hosts/host_owner.h"

#include "base/mem.h"

/* Of one namespace: the oldest first, unknown ages last. */
struct host_side {
	struct owner **owners;
	size_t n;
};

struct host_claim {
	struct host_side *sides;
	size_t n;
};

static void free_claim(void *ptr)
{
	struct host_claim *claim = ptr;

	for (size_t i = 0; i < claim->n; i++)
		mem_free(claim->sides[i].owners);
	mem_free(claim->sides);
	mem_free(claim);
}

bool publisher_host_owner_is_older(int64_t created, int64_t other)
{
	return created && other && created < other;
}

void publisher_host_owner_init(struct host_claims *claims)
{
	*claims = (struct host_claims){ 0 };
	map_init(&claims->hosts, free_claim);
}

void publisher_host_owner_clear(struct host_claims *claims)
{
	map_clear(&claims->hosts);
}

int publisher_host_owner_compare(const struct owner *a, const struct owner *b)
{
	if (a->created != b->created && a->created && b->created)
		return a->created < b->created ? -1 : 1;
	if (a->created != b->created)
		return a->created ? -1 : 1;
	return msg_key_cmp(&a->key, &b->key);
}

/* Where it stands, or would. */
static size_t position_in(const struct host_side *side, const struct owner *owner)
{
	size_t low = 0, high = side->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (publisher_host_owner_compare(side->owners[middle], owner) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct host_side *side_of(const struct host_claim *claim, struct str namespace)
{
	for (size_t i = 0; claim && i < claim->n; i++)
		if (str_eq(claim->sides[i].owners[0]->key.namespace, namespace))
			return &claim->sides[i];
	return NULL;
}

static void tell(const struct host_claims *claims, struct str host)
{
	if (claims->changed)
		claims->changed(claims->self, host);
}

static struct host_side *new_side(struct host_claim *claim)
{
	claim->sides = mem_realloc(claim->sides, (claim->n + 1) * sizeof(*claim->sides));
	claim->sides[claim->n] = (struct host_side){ NULL, 0 };
	return &claim->sides[claim->n++];
}

void publisher_host_owner_claim(struct host_claims *claims, struct str host, struct owner *owner)
{
	struct host_claim *claim = map_get_or_make(&claims->hosts, host, sizeof(*claim));
	struct host_side *side = side_of(claim, owner->key.namespace);
	size_t at;

	if (!side)
		side = new_side(claim);
	at = position_in(side, owner);
	side->owners = mem_realloc(side->owners, (side->n + 1) * sizeof(struct owner *));
	memmove(side->owners + at + 1, side->owners + at, (side->n - at) * sizeof(struct owner *));
	side->owners[at] = owner;
	side->n++;
	if (at == 0)
		tell(claims, host);
}

static void drop_side(struct host_claim *claim, struct host_side *side)
{
	mem_free(side->owners);
	*side = claim->sides[--claim->n];
}

void publisher_host_owner_withdraw(struct host_claims *claims, struct str host,
				   const struct owner *owner)
{
	struct host_claim *claim = map_get(&claims->hosts, host);
	struct host_side *side = side_of(claim, owner->key.namespace);
	size_t at;

	if (!side)
		return;
	at = position_in(side, owner);
	if (at == side->n || side->owners[at] != owner)
		return;
	side->n--;
	memmove(side->owners + at, side->owners + at + 1, (side->n - at) * sizeof(struct owner *));
	if (!side->n)
		drop_side(claim, side);
	if (at == 0)
		tell(claims, host);
	if (!claim->n)
		map_del(&claims->hosts, host);
}

/* ---- who is before whom ---- */

const struct owner *publisher_host_owner_before(const struct host_claims *claims, struct str host,
						struct str namespace)
{
	const struct host_claim *claim = map_get(&claims->hosts, host);
	const struct host_side *mine = side_of(claim, namespace);
	const struct owner *found = NULL;

	for (size_t i = 0; mine && i < claim->n; i++) {
		const struct owner *oldest = claim->sides[i].owners[0];

		if (publisher_host_owner_is_older(oldest->created, mine->owners[0]->created) &&
		    (!found || publisher_host_owner_compare(oldest, found) < 0))
			found = oldest;
	}
	return found;
}

bool publisher_host_owner_is(const struct host_claims *claims, struct str host,
			     struct str namespace)
{
	return side_of(map_get(&claims->hosts, host), namespace) &&
	       !publisher_host_owner_before(claims, host, namespace);
}

struct str publisher_host_owner_nth(const struct host_claims *claims, struct str host, size_t i)
{
	const struct host_claim *claim = map_get(&claims->hosts, host);

	for (size_t k = 0; claim && k < claim->n; k++) {
		const struct str namespace = claim->sides[k].owners[0]->key.namespace;

		if (!publisher_host_owner_before(claims, host, namespace) && i-- == 0)
			return namespace;
	}
	return STR_NONE;
}

const struct owner *publisher_host_owner_oldest(const struct host_claims *claims, struct str host)
{
	const struct host_claim *claim = map_get(&claims->hosts, host);
	const struct owner *found = NULL;

	for (size_t i = 0; claim && i < claim->n; i++)
		if (!found || publisher_host_owner_compare(claim->sides[i].owners[0], found) < 0)
			found = claim->sides[i].owners[0];
	return found;
}

void publisher_host_owner_each(const struct host_claims *claims, struct str host, void *self,
			       void (*call)(void *self, struct owner *owner))
{
	const struct host_claim *claim = map_get(&claims->hosts, host);

	for (size_t k = 0; claim && k < claim->n; k++)
		for (size_t i = 0; i < claim->sides[k].n; i++)
			call(self, claim->sides[k].owners[i]);
}
