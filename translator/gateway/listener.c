/* listener: what the listeners of a Gateway and of its ListenerSets can be used for.
 *
 *   in     a Gateway, the ListenerSets that name it, the labels of their namespaces
 *   out    for each listener its kinds of routes, and what is wrong with it
 *   owns   nothing
 *   never  looks at certificates: see listener_status.c
 */
#include "translator/gateway/listener.h"

#include <stdlib.h>
#include "base/map.h"
#include "translator/gateway/selector.h"

static bool is_http_route(const struct msg_route_kind *kind)
{
	return str_is(gateway_default(kind->group, GATEWAY_GROUP), GATEWAY_GROUP) &&
	       str_is(kind->kind, "HTTPRoute");
}

static void judge_kinds(struct listener *listener, struct pool *pool)
{
	const struct msg_allowed_routes *allowed = listener->spec->allowedRoutes;
	struct buf bad;

	listener->takes_http_routes = !allowed || !allowed->kinds.n;
	if (listener->takes_http_routes)
		return;
	buf_init(&bad, BUF_MAX_TEXT);
	for (size_t i = 0; i < allowed->kinds.n; i++) {
		const struct msg_route_kind *kind = &allowed->kinds.items[i];

		if (!is_http_route(kind)) {
			buf_puts(&bad, bad.len ? ", " : "");
			buf_str(&bad, kind->kind);
		} else if (!listener->takes_http_routes) {
			listener->takes_http_routes = true;
			listener->kind_group = kind->group;
		}
	}
	if (bad.len)
		listener->bad_kinds = pool_str(pool, buf_view(&bad));
	buf_clear(&bad);
}

/* Of all that want one port the first says the protocol; of all that want one port and hostname the
 * first has it. */
static void find_conflict(struct listener *listener, struct map *taken, struct pool *pool)
{
	const struct msg_listener *spec = listener->spec;
	struct str port = pool_printf(pool, "%lld", (long long)spec->port);
	struct str place =
		pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(port), STR_ARG(spec->hostname));
	const struct msg_listener *first = map_get(taken, port);

	if (first && !str_eq(first->protocol, spec->protocol))
		listener->conflict = "ProtocolConflict";
	else if (map_get(taken, place))
		listener->conflict = "HostnameConflict";
	if (listener->conflict || !listener->is_supported)
		return;
	map_put(taken, port, (void *)spec);
	map_put(taken, place, (void *)spec);
}

/* ---- who may ---- */

static const struct msg_namespace *namespace_of(const struct msg_bundle *bundle, struct str name)
{
	for (size_t i = 0; i < bundle->namespaces.n; i++)
		if (str_eq(bundle->namespaces.items[i].metadata.name, name))
			return &bundle->namespaces.items[i];
	return NULL;
}

bool translator_listener_admits(const struct msg_bundle *bundle,
				const struct msg_from_namespaces *from, const char *otherwise,
				struct str own, struct str namespace)
{
	struct str word = gateway_default(from ? from->from : STR_NONE, otherwise);
	const struct msg_namespace *labelled;

	if (str_is(word, "Same"))
		return str_eq(own, namespace);
	if (str_is(word, "All"))
		return true;
	if (!from || !str_is(word, "Selector"))
		return false;
	labelled = namespace_of(bundle, namespace);
	return labelled && translator_selector_matches(from->selector, &labelled->metadata.labels);
}

/* ---- groups ---- */

static int compare(const void *a, const void *b)
{
	const struct msg_meta *x = ((const struct listener_group *)a)->metadata;
	const struct msg_meta *y = ((const struct listener_group *)b)->metadata;
	int order = (x->creationTimestamp > y->creationTimestamp) -
		    (x->creationTimestamp < y->creationTimestamp);

	if (!order)
		order = str_cmp(x->namespace, y->namespace);
	return order ? order : str_cmp(x->name, y->name);
}

static bool names(const struct msg_listener_set *set, const struct msg_gateway *gateway)
{
	const struct msg_object_ref *ref = &set->spec.parentRef;

	return str_is(gateway_default(ref->group, GATEWAY_GROUP), GATEWAY_GROUP) &&
	       str_is(gateway_default(ref->kind, "Gateway"), "Gateway") &&
	       str_eq(ref->namespace.len ? ref->namespace : set->metadata.namespace,
		      gateway->metadata.namespace) &&
	       str_eq(ref->name, gateway->metadata.name);
}

static void judge_group(struct listener_group *group, struct map *taken, struct pool *pool)
{
	group->items = pool_array(pool, group->specs->n, sizeof(*group->items));
	for (size_t i = 0; i < group->specs->n; i++) {
		struct listener *listener = &group->items[i];

		listener->spec = &group->specs->items[i];
		listener->is_supported = str_is(listener->spec->protocol, "HTTP") ||
					 str_is(listener->spec->protocol, "HTTPS");
		if (listener->is_supported)
			judge_kinds(listener, pool);
		/* a Gateway's own that is not supported is called so, whatever has its port */
		if (group->is_allowed && (listener->is_supported || group->set))
			find_conflict(listener, taken, pool);
	}
}

struct listener_groups translator_listener_judge(const struct gateway_job *job,
						 const struct msg_gateway *gateway)
{
	const struct msg_listener_set_list *sets = &job->bundle->listener_sets;
	const struct msg_allowed_listeners *allowed = gateway->spec.allowedListeners;
	struct listener_groups out = { pool_array(job->pool, sets->n + 1, sizeof(*out.items)), 1 };
	struct map taken;

	out.items[0] = (struct listener_group){ .metadata = &gateway->metadata,
						.specs = &gateway->spec.listeners,
						.is_allowed = true };
	for (size_t i = 0; i < sets->n; i++) {
		const struct msg_listener_set *set = &sets->items[i];

		if (names(set, gateway))
			out.items[out.n++] = (struct listener_group){
				.set = set,
				.metadata = &set->metadata,
				.specs = &set->spec.listeners,
				.is_allowed = translator_listener_admits(
					job->bundle, allowed ? allowed->namespaces : NULL, "None",
					gateway->metadata.namespace, set->metadata.namespace),
			};
	}
	qsort(out.items + 1, out.n - 1, sizeof(*out.items), compare);
	map_init(&taken, NULL);
	for (size_t i = 0; i < out.n; i++)
		judge_group(&out.items[i], &taken, job->pool);
	map_clear(&taken);
	return out;
}

const struct listener_group *translator_listener_group(const struct listener_groups *groups,
						       const struct msg_listener_set *set)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->items[i].set == set)
			return &groups->items[i];
	return NULL;
}

bool translator_listener_is_accepted(const struct listener *listener)
{
	return listener->is_supported && !listener->conflict;
}

bool translator_listener_is_open(const struct listener *listener)
{
	return translator_listener_is_accepted(listener) && listener->takes_http_routes;
}
