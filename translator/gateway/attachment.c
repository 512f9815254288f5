/* attachment: which listeners an HTTPRoute is attached to, and under which hosts.
 *
 *   in     an HTTPRoute, the Gateways of ours that it names, the labels of its namespace
 *   out    for each parent whether it takes the route, or why not; the hosts of all of them
 *   owns   nothing
 *   never  says a word about a parent that is not ours
 */
#include "translator/gateway/attachment.h"

#include "base/map.h"
#include "net/hostname.h"
#include "translator/gateway/listener.h"
#include "translator/gateway/selector.h"

struct search {
	struct gateway_job *job;
	const struct msg_http_route *route;
	struct attachment *out;
	struct map listeners; /* those attached to */
	struct map hosts;     /* those in out->hosts */
};

static char there; /* the value in both maps */

/* ---- hosts ---- */

static void add_host(struct search *s, struct str host)
{
	struct str_list *hosts = &s->out->hosts;

	if (map_get(&s->hosts, host))
		return;
	map_put(&s->hosts, host, &there);
	*(struct str *)pool_push(s->job->pool, &hosts->items, &hosts->n, sizeof(host)) = host;
}

/* False if the two have no host in common. */
static bool add_hosts(struct search *s, struct str listener)
{
	const struct str_list *own = &s->route->spec.hostnames;
	bool any = false;

	if (!own->n) {
		add_host(s, listener.len ? listener : STR("*"));
		return true;
	}
	for (size_t i = 0; i < own->n; i++) {
		struct str host =
			listener.len ? hostname_meet(listener, own->items[i]) : own->items[i];

		if (!host.len)
			continue;
		add_host(s, host);
		any = true;
	}
	return any;
}

/* ---- listeners ---- */

static const struct msg_namespace *namespace_of(const struct msg_bundle *bundle, struct str name)
{
	for (size_t i = 0; i < bundle->namespaces.n; i++)
		if (str_eq(bundle->namespaces.items[i].metadata.name, name))
			return &bundle->namespaces.items[i];
	return NULL;
}

static bool allows_namespace(const struct search *s, const struct msg_gateway *gateway,
			     const struct msg_listener *listener)
{
	const struct msg_from_namespaces *from =
		listener->allowedRoutes ? listener->allowedRoutes->namespaces : NULL;
	struct str own = s->route->metadata.namespace;
	const struct msg_namespace *namespace;

	if (!from || str_is(gateway_default(from->from, "Same"), "Same"))
		return str_eq(own, gateway->metadata.namespace);
	if (str_is(from->from, "All"))
		return true;
	if (!str_is(from->from, "Selector"))
		return false;
	namespace = namespace_of(s->job->bundle, own);
	return namespace &&
	       translator_selector_matches(from->selector, &namespace->metadata.labels);
}

static void note_listener(struct search *s, const struct msg_gateway *gateway,
			  const struct msg_listener *listener)
{
	struct msg_attachment_list *list = &s->job->out->attachments;
	struct msg_attachment *item;
	struct str place = pool_printf(s->job->pool, STR_FMT "/" STR_FMT "/" STR_FMT,
				       STR_ARG(gateway->metadata.namespace),
				       STR_ARG(gateway->metadata.name), STR_ARG(listener->name));

	if (map_get(&s->listeners, place))
		return;
	map_put(&s->listeners, place, &there);
	item = pool_push(s->job->pool, &list->items, &list->n, sizeof(*item));
	*item = (struct msg_attachment){ gateway->metadata.namespace, gateway->metadata.name,
					 listener->name };
}

/* NULL, or why the listener does not take the route. */
static const char *attach(struct search *s, const struct msg_gateway *gateway,
			  const struct msg_listener *listener)
{
	if (!allows_namespace(s, gateway, listener))
		return "NotAllowedByListeners";
	if (!add_hosts(s, listener->hostname))
		return "NoMatchingListenerHostname";
	note_listener(s, gateway, listener);
	return NULL;
}

static bool is_meant(const struct msg_parent_ref *ref, const struct msg_listener *listener)
{
	return (!ref->sectionName.len || str_eq(ref->sectionName, listener->name)) &&
	       (ref->port < 0 || ref->port == listener->port);
}

static const char *attach_parent(struct search *s, const struct attachment_parent *parent)
{
	const struct msg_gateway *gateway = parent->gateway;
	struct listener *listeners = translator_listener_judge(gateway, s->job->pool);
	const char *first = NULL;
	bool accepted = false;

	for (size_t i = 0; i < gateway->spec.listeners.n; i++) {
		const char *refused;

		if (!translator_listener_is_open(&listeners[i]) ||
		    !is_meant(parent->ref, listeners[i].spec))
			continue;
		refused = attach(s, gateway, listeners[i].spec);
		accepted |= !refused;
		if (!first)
			first = refused;
	}
	if (accepted)
		return NULL;
	return first ? first : "NoMatchingParent";
}

/* The Gateway of ours that a parentRef names; NULL: it names something else. */
static const struct msg_gateway *gateway_of(const struct search *s,
					    const struct msg_parent_ref *ref)
{
	struct str namespace = ref->namespace.len ? ref->namespace : s->route->metadata.namespace;

	if (!str_is(gateway_default(ref->group, GATEWAY_GROUP), GATEWAY_GROUP) ||
	    !str_is(gateway_default(ref->kind, "Gateway"), "Gateway"))
		return NULL;
	for (size_t i = 0; i < s->job->bundle->gateways.n; i++) {
		const struct msg_gateway *gateway = &s->job->bundle->gateways.items[i];

		if (str_eq(gateway->metadata.namespace, namespace) &&
		    str_eq(gateway->metadata.name, ref->name))
			return gateway;
	}
	return NULL;
}

/* Nothing attaches where a backend has filters of its own: they cannot be expressed. */
static bool has_backend_filters(const struct msg_http_route *route)
{
	for (size_t i = 0; i < route->spec.rules.n; i++) {
		const struct msg_http_backend_ref_list *refs =
			&route->spec.rules.items[i].backendRefs;

		for (size_t k = 0; k < refs->n; k++)
			if (refs->items[k].filters.n)
				return true;
	}
	return false;
}

void translator_attachment_find(struct gateway_job *job, struct attachment *out)
{
	struct search s = { .job = job, .route = job->bundle->http_route, .out = out };
	const struct msg_parent_ref_list *refs = &s.route->spec.parentRefs;
	bool refused = has_backend_filters(s.route);

	map_init(&s.listeners, NULL);
	map_init(&s.hosts, NULL);
	for (size_t i = 0; i < refs->n; i++) {
		struct attachment_parent *parent;
		const struct msg_gateway *gateway = gateway_of(&s, &refs->items[i]);

		if (!gateway)
			continue;
		parent = pool_push(job->pool, &out->parents, &out->n_parents, sizeof(*parent));
		parent->ref = &refs->items[i];
		parent->gateway = gateway;
		parent->refused = refused ? "UnsupportedValue" : attach_parent(&s, parent);
	}
	map_clear(&s.hosts);
	map_clear(&s.listeners);
}
