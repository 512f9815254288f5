/* route_hosts: the hosts that the routes of an HTTPRoute may have.
 *
 *   in     a bundle of an HTTPRoute
 *   out    the hosts in its ticket: what it has in common with the listeners that it names
 *   owns   nothing
 *   never  takes a listener for one that the HTTPRoute does not name
 */
#include "resolver/bundle/route_hosts.h"

#include "net/hostname.h"
#include "resolver/bundle/bundle_parts.h"
#include "resolver/graph/gateway_keys.h"

struct listing {
	const struct msg_bundle *bundle;
	struct pool *pool;
	struct msg_ticket *out;
	struct map seen;
};

static void add(struct listing *l, struct str host)
{
	struct str url = pool_printf(l->pool, "https://" STR_FMT, STR_ARG(host));

	resolver_bundle_parts_add_host(&l->seen, hostname_normal(hostname_of_url(url), l->pool),
				       l->pool, &l->out->hosts);
}

static void add_under(struct listing *l, const struct msg_listener *listener)
{
	const struct str_list *own = &l->bundle->http_route->spec.hostnames;

	if (!own->n)
		add(l, listener->hostname.len ? listener->hostname : STR("*"));
	for (size_t i = 0; i < own->n; i++) {
		struct str host = listener->hostname.len
					  ? hostname_meet(listener->hostname, own->items[i])
					  : own->items[i];

		if (host.len)
			add(l, host);
	}
}

static bool is_named(const struct msg_meta *meta, const struct msg_key *key)
{
	return str_eq(meta->namespace, key->namespace) && str_eq(meta->name, key->name);
}

/* NULL: the bundle has no such Gateway or ListenerSet. */
static const struct msg_listener_list *listeners_of(const struct msg_bundle *bundle,
						    const struct msg_key *key)
{
	const struct msg_gateway_list *gateways = &bundle->gateways;
	const struct msg_listener_set_list *sets = &bundle->listener_sets;

	for (size_t i = 0; key->kind == MSG_KIND_GATEWAY && i < gateways->n; i++)
		if (is_named(&gateways->items[i].metadata, key))
			return &gateways->items[i].spec.listeners;
	for (size_t i = 0; key->kind == MSG_KIND_LISTENER_SET && i < sets->n; i++)
		if (is_named(&sets->items[i].metadata, key))
			return &sets->items[i].spec.listeners;
	return NULL;
}

void resolver_route_hosts_list(const struct msg_bundle *bundle, struct pool *pool,
			       struct msg_ticket *out)
{
	struct listing l = { .bundle = bundle, .pool = pool, .out = out };

	map_init(&l.seen, NULL);
	for (size_t i = 0; i < bundle->http_route->spec.parentRefs.n; i++) {
		const struct msg_key parent = resolver_gateway_keys_parent(bundle->http_route, i);
		const struct msg_listener_list *list = listeners_of(bundle, &parent);

		for (size_t k = 0; list && k < list->n; k++)
			add_under(&l, &list->items[k]);
	}
	map_clear(&l.seen);
}
