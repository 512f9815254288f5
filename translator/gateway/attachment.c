/* attachment: which listeners an HTTPRoute is attached to, and under which hosts.
 *
 *   in     an HTTPRoute, the Gateways and ListenerSets of ours that it names, the labels of its
 *          namespace
 *   out    for each parent whether it takes the route, or why not; the hosts of all of them
 *   owns   nothing
 *   never  says a word about a parent that is not ours
 */
#include "translator/gateway/attachment.h"

#include "base/map.h"
#include "net/hostname.h"
#include "translator/gateway/listener.h"

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

static void note_listener(struct search *s, const struct listener_group *group,
			  const struct msg_listener *listener)
{
	struct msg_attachment_list *list = &s->job->out->attachments;
	const struct msg_key parent = { group->set ? MSG_KIND_LISTENER_SET : MSG_KIND_GATEWAY,
					group->metadata->namespace, group->metadata->name };
	struct str place = pool_printf(s->job->pool, "%d/" STR_FMT "/" STR_FMT "/" STR_FMT,
				       (int)parent.kind, STR_ARG(parent.namespace),
				       STR_ARG(parent.name), STR_ARG(listener->name));

	if (map_get(&s->listeners, place))
		return;
	map_put(&s->listeners, place, &there);
	*(struct msg_attachment *)pool_push(s->job->pool, &list->items, &list->n,
					    sizeof(*list->items)) =
		(struct msg_attachment){ parent, listener->name };
}

/* NULL, or why the listener does not take the route. */
static const char *attach(struct search *s, const struct listener_group *group,
			  const struct msg_listener *listener)
{
	const struct msg_allowed_routes *allowed = listener->allowedRoutes;

	if (!translator_listener_admits(s->job->bundle, allowed ? allowed->namespaces : NULL,
					"Same", group->metadata->namespace,
					s->route->metadata.namespace))
		return "NotAllowedByListeners";
	if (!add_hosts(s, listener->hostname))
		return "NoMatchingListenerHostname";
	note_listener(s, group, listener);
	return NULL;
}

static bool is_meant(const struct msg_parent_ref *ref, const struct msg_listener *listener)
{
	return (!ref->sectionName.len || str_eq(ref->sectionName, listener->name)) &&
	       (ref->port < 0 || ref->port == listener->port);
}

static const char *attach_parent(struct search *s, const struct attachment_parent *parent)
{
	struct listener_groups groups = translator_listener_judge(s->job, parent->gateway);
	const struct listener_group *group = translator_listener_group(&groups, parent->set);
	const char *first = NULL;
	bool accepted = false;

	for (size_t i = 0; group && group->is_allowed && i < group->specs->n; i++) {
		const char *refused;

		if (!translator_listener_is_open(&group->items[i]) ||
		    !is_meant(parent->ref, group->items[i].spec))
			continue;
		refused = attach(s, group, group->items[i].spec);
		accepted |= !refused;
		if (!first)
			first = refused;
	}
	if (accepted)
		return NULL;
	return first ? first : "NoMatchingParent";
}

/* A Gateway of ours; NULL: it is none. */
static const struct msg_gateway *gateway_of(const struct search *s, struct str namespace,
					    struct str name)
{
	for (size_t i = 0; i < s->job->bundle->gateways.n; i++) {
		const struct msg_gateway *gateway = &s->job->bundle->gateways.items[i];

		if (str_eq(gateway->metadata.namespace, namespace) &&
		    str_eq(gateway->metadata.name, name))
			return gateway;
	}
	return NULL;
}

static const struct msg_listener_set *set_of(const struct search *s, struct str namespace,
					     struct str name)
{
	for (size_t i = 0; i < s->job->bundle->listener_sets.n; i++) {
		const struct msg_listener_set *set = &s->job->bundle->listener_sets.items[i];

		if (str_eq(set->metadata.namespace, namespace) && str_eq(set->metadata.name, name))
			return set;
	}
	return NULL;
}

static const struct msg_gateway *gateway_of_set(const struct search *s,
						const struct msg_listener_set *set)
{
	const struct msg_object_ref *ref = &set->spec.parentRef;

	return gateway_of(s, ref->namespace.len ? ref->namespace : set->metadata.namespace,
			  ref->name);
}

/* False: the parentRef names something that is not ours. */
static bool find_parent(const struct search *s, const struct msg_parent_ref *ref,
			struct attachment_parent *out)
{
	struct str namespace = ref->namespace.len ? ref->namespace : s->route->metadata.namespace;
	struct str kind = gateway_default(ref->kind, "Gateway");

	*out = (struct attachment_parent){ .ref = ref };
	if (!str_is(gateway_default(ref->group, GATEWAY_GROUP), GATEWAY_GROUP))
		return false;
	if (str_is(kind, "Gateway")) {
		out->gateway = gateway_of(s, namespace, ref->name);
	} else if (str_is(kind, "ListenerSet")) {
		out->set = set_of(s, namespace, ref->name);
		if (out->set)
			out->gateway = gateway_of_set(s, out->set);
	}
	return out->gateway != NULL;
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
		struct attachment_parent *parent, found;

		if (!find_parent(&s, &refs->items[i], &found))
			continue;
		parent = pool_push(job->pool, &out->parents, &out->n_parents, sizeof(*parent));
		*parent = found;
		parent->refused = refused ? "UnsupportedValue" : attach_parent(&s, parent);
	}
	map_clear(&s.hosts);
	map_clear(&s.listeners);
}
