/* claim: what an owner claims beside the others: the hosts that it names, and the places of its
 * routes.
 *
 *   in     hosts, the routes that it would publish if it were alone, its age
 *   out    claims of hosts and places, as they are now
 *   owns   the names of the hosts
 *   never  decides who gets what
 */
#include "publisher/wanted/claim.h"

#include "base/mem.h"
#include "base/text/text_set.h"
#include "net/hostname.h"
#include "publisher/wanted/refuse.h"
#include "publisher/wanted/settle.h"

/* ---- hosts ---- */

static void add_route_hosts(struct text_set *hosts, const struct good *good)
{
	for (size_t i = 0; good && i < good->n_routes; i++)
		if (!i || !str_eq(good->routes[i].from, good->routes[i - 1].from))
			text_set_add(hosts, hostname_normal(publisher_route_host(&good->routes[i]),
							    hosts->pool));
}

static void withdraw_but(struct wanted *self, struct owner *owner, const struct text_set *kept)
{
	size_t n = 0;

	for (size_t i = 0; i < owner->hosts.n; i++) {
		struct str host = owner->hosts.items[i];

		if (kept && text_set_has(kept, host)) {
			owner->hosts.items[n++] = host;
			continue;
		}
		publisher_host_owner_withdraw(&self->claims, host, owner);
		mem_free((char *)host.ptr);
	}
	owner->hosts.n = n;
}

static void claim_all(struct wanted *self, struct owner *owner, const struct text_set *hosts)
{
	struct map had;

	map_init(&had, NULL);
	withdraw_but(self, owner, hosts);
	for (size_t i = 0; i < owner->hosts.n; i++)
		map_put(&had, owner->hosts.items[i], owner);
	owner->hosts.items =
		mem_realloc(owner->hosts.items, (hosts->list.n + 1) * sizeof(*owner->hosts.items));
	for (size_t i = 0; i < hosts->list.n; i++) {
		struct str host = hosts->list.items[i];

		if (map_get(&had, host))
			continue;
		owner->hosts.items[owner->hosts.n++] =
			(struct str){ mem_dup(host.ptr, host.len), host.len };
		publisher_host_owner_claim(&self->claims, host, owner);
	}
	map_clear(&had);
}

/* How a host is spelled is decided among all that have it. */
static void mark_spellers(struct wanted *self, const struct owner *owner)
{
	for (size_t i = 0; !self->waits && self->n_capitals && i < owner->hosts.n; i++)
		publisher_host_owner_each(&self->claims, owner->hosts.items[i], self,
					  publisher_settle_mark);
}

void publisher_claim_hosts(struct wanted *self, struct owner *owner, const struct str_list *named)
{
	struct text_set hosts;
	struct pool pool;

	pool_init(&pool);
	text_set_init(&hosts, &pool);
	for (size_t i = 0; i < named->n; i++)
		text_set_add(&hosts, named->items[i]);
	add_route_hosts(&hosts, owner->whole);
	if (!str_list_eq(&owner->hosts, &hosts.list)) {
		claim_all(self, owner, &hosts);
		mark_spellers(self, owner);
	}
	text_set_clear(&hosts);
	pool_clear(&pool);
}

/* ---- places of routes ---- */

static void add_places(struct wanted *self, const struct good *whole)
{
	for (size_t i = 0; whole && i < whole->n_routes; i++) {
		publisher_conflicts_add(&self->conflicts, &whole->routes[i]);
		if (self->needs.yaml)
			publisher_conflicts_add(&self->likenesses, &whole->routes[i]);
	}
}

static void drop_places(struct wanted *self, const struct good *whole)
{
	for (size_t i = 0; whole && i < whole->n_routes; i++) {
		publisher_conflicts_drop(&self->conflicts, &whole->routes[i]);
		if (self->needs.yaml)
			publisher_conflicts_drop(&self->likenesses, &whole->routes[i]);
	}
}

void publisher_claim_take(struct wanted *self, struct owner *owner, struct good *whole)
{
	struct good *old = owner->whole;

	mark_spellers(self, owner);
	self->n_capitals -= owner->has_capitals;
	owner->whole = whole;
	publisher_refuse_look(owner);
	self->n_capitals += owner->has_capitals;
	mark_spellers(self, owner);
	add_places(self, whole);
	drop_places(self, old);
	publisher_wanted_let_go(self, &old);
}

void publisher_claim_drop(struct wanted *self, struct owner *owner)
{
	publisher_claim_take(self, owner, NULL);
	withdraw_but(self, owner, NULL);
}

void publisher_claim_age(struct wanted *self, struct owner *owner, int64_t created)
{
	if (owner->created == created)
		return;
	drop_places(self, owner->whole);
	for (size_t i = 0; i < owner->hosts.n; i++)
		publisher_host_owner_withdraw(&self->claims, owner->hosts.items[i], owner);
	owner->created = created;
	for (size_t i = 0; i < owner->hosts.n; i++)
		publisher_host_owner_claim(&self->claims, owner->hosts.items[i], owner);
	add_places(self, owner->whole);
}
