/* route_hosts: the hosts that the routes of an HTTPRoute may have.
 *
 *   in     an HTTPRoute, the listeners of what it names
 *   out    what it has in common with those that it means; all of a bundle, for its ticket
 *   owns   nothing
 *   never  takes a listener for one that the HTTPRoute does not name
 */
#include "resolver/bundle/route_hosts.h"

#include "net/hostname.h"
#include "resolver/graph/gateway_keys.h"

void resolver_route_hosts_init(struct route_hosts *hosts, const struct msg_http_route *route,
			       struct pool *pool)
{
	hosts->route = route;
	text_set_init(&hosts->set, pool);
}

void resolver_route_hosts_clear(struct route_hosts *hosts)
{
	text_set_clear(&hosts->set);
}

static void add(struct route_hosts *hosts, struct str host)
{
	struct pool *pool = hosts->set.pool;
	const struct str url = pool_printf(pool, "https://" STR_FMT, STR_ARG(host));

	text_set_add(&hosts->set, hostname_normal(hostname_of_url(url), pool));
}

static void add_under(struct route_hosts *hosts, const struct msg_listener *listener)
{
	const struct str_list *own = &hosts->route->spec.hostnames;

	if (!own->n)
		add(hosts, listener->hostname.len ? listener->hostname : STR("*"));
	for (size_t i = 0; i < own->n; i++) {
		struct str host = listener->hostname.len
					  ? hostname_meet(listener->hostname, own->items[i])
					  : own->items[i];

		if (host.len)
			add(hosts, host);
	}
}

static bool is_meant(const struct msg_parent_ref *ref, const struct msg_listener *listener)
{
	return (!ref->sectionName.len || str_eq(ref->sectionName, listener->name)) &&
	       (ref->port < 0 || ref->port == listener->port);
}

void resolver_route_hosts_add(struct route_hosts *hosts, size_t i,
			      const struct msg_listener_list *listeners)
{
	const struct msg_parent_ref *ref = &hosts->route->spec.parentRefs.items[i];

	for (size_t k = 0; k < listeners->n; k++)
		if (is_meant(ref, &listeners->items[k]))
			add_under(hosts, &listeners->items[k]);
}

/* NULL: the bundle has no such Gateway or ListenerSet. */
static const struct msg_listener_list *listeners_of(const struct msg_bundle *bundle,
						    const struct msg_key *key)
{
	const struct msg_gateway_list *gateways = &bundle->gateways;
	const struct msg_listener_set_list *sets = &bundle->listener_sets;

	for (size_t i = 0; key->kind == MSG_KIND_GATEWAY && i < gateways->n; i++)
		if (msg_meta_is_of(&gateways->items[i].metadata, key))
			return &gateways->items[i].spec.listeners;
	for (size_t i = 0; key->kind == MSG_KIND_LISTENER_SET && i < sets->n; i++)
		if (msg_meta_is_of(&sets->items[i].metadata, key))
			return &sets->items[i].spec.listeners;
	return NULL;
}

void resolver_route_hosts_list(const struct msg_bundle *bundle, struct pool *pool,
			       struct msg_ticket *out)
{
	struct route_hosts hosts;

	resolver_route_hosts_init(&hosts, bundle->http_route, pool);
	for (size_t i = 0; i < bundle->http_route->spec.parentRefs.n; i++) {
		const struct msg_key parent = resolver_gateway_keys_parent(bundle->http_route, i);
		const struct msg_listener_list *list = listeners_of(bundle, &parent);

		if (list)
			resolver_route_hosts_add(&hosts, i, list);
	}
	out->hosts = hosts.set.list;
	resolver_route_hosts_clear(&hosts);
}
