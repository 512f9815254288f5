/* gateways: what a change of the Gateway API's objects means for the owners.
 *
 *   in     an object that is new, different or gone
 *   out    the owners concerned are marked, the edges of the graph are as they should be
 *   owns   the hash of what others depend on in a GatewayClass, a Gateway, a ListenerSet and a
 *          PolicyFilter
 *   never  makes a change of a status one of all who refer to the object
 *
 * Edges of the graph:
 *
 *   GatewayClass   -> the PolicyFilter with the default policy
 *   Gateway        -> its GatewayClass; of ours: its Secrets, as far as they are granted, and the
 *                     grants of other namespaces
 *   ListenerSet    -> its Gateway, ours or not; of ours as of a Gateway, and its Namespace
 *   HTTPRoute      -> its Gateways and ListenerSets, ours or not; of ours: its Namespace, Services,
 *                     PolicyFilters, those of the classes, and the grants of other namespaces
 *   ReferenceGrant -> all grants of its namespace
 *
 * Those of BackendTLSPolicies are in tls_policies.c.
 */
#include "resolver/owners/resolve_inside.h"

#include "base/mem.h"
#include "resolver/bundle/route_hosts.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/grants.h"
#include "resolver/graph/key.h"
#include "resolver/owners/route_cost.h"

/* ---- shapes ---- */

bool resolver_gateways_set_shape(struct resolve *self, const struct msg_key *key,
				 struct msg_object *stripped)
{
	struct key_text buf;
	struct str text = resolver_key_text(key, &buf);
	struct hash *old = map_get(&self->shapes, text), *next;
	struct buf packed;
	bool same;

	if (!stripped)
		return map_del(&self->shapes, text);
	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, stripped, &packed);
	next = mem_alloc(sizeof(*next));
	*next = hash_of(buf_view(&packed));
	buf_clear(&packed);
	same = old && hash_equal(old, next);
	map_put(&self->shapes, text, next);
	return !same;
}

struct msg_meta resolver_gateways_strip(const struct msg_meta *meta)
{
	return (struct msg_meta){ .namespace = meta->namespace,
				  .name = meta->name,
				  .uid = STR(""),
				  .deletionTimestamp = meta->deletionTimestamp };
}

/* ---- what all do ---- */

static bool is_ours(const struct resolve *self, const struct msg_key *key)
{
	return key->kind != MSG_KIND_NONE && resolver_changes_is_owner(self, key);
}

void resolver_gateways_finish(struct resolve *self, const struct msg_key *key,
			      struct gateway_keys *keys, bool ours, uint64_t seen_ns)
{
	bool was = resolver_changes_set_ours(self, key, ours);

	resolver_changes_set_edges(self, key, &keys->list);
	resolver_gateway_keys_clear(keys);
	if (ours || was)
		resolver_changes_mark(self, key, seen_ns);
}

/* ---- HTTPRoutes ---- */

bool resolver_gateways_has_entries(const struct resolve *self, const struct value *list)
{
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++)
		if (str_eq(value_text(&list->list.items[i], "controllerName"),
			   self->settings.gateway_controller))
			return true;
	return false;
}

/* Entries that we have written stay ours to take away. */
static bool has_own_entries(const struct resolve *self, const struct msg_http_route *route)
{
	return resolver_gateways_has_entries(self, value_get(route->status, "parents"));
}

/* `parent`: a Gateway or a ListenerSet. */
static void add_policy_of(const struct resolve *self, const struct msg_key *parent,
			  struct pool *pool, struct gateway_keys *keys)
{
	struct msg_key class = { .kind = MSG_KIND_GATEWAY_CLASS }, gateway = *parent;
	struct msg_object object;

	if (parent->kind == MSG_KIND_LISTENER_SET &&
	    resolver_store_get(&self->store, parent, pool, &object) == 0)
		gateway = resolver_gateway_keys_gateway(object.listener_set);
	if (gateway.kind != MSG_KIND_GATEWAY ||
	    resolver_store_get(&self->store, &gateway, pool, &object) < 0)
		return;
	class.name = object.gateway->spec.gatewayClassName;
	if (resolver_store_get(&self->store, &class, pool, &object) == 0)
		resolver_gateway_keys_add(keys, resolver_gateway_keys_policy(object.gateway_class));
}

static bool is_same_list(const struct key_list *a, const struct key_list *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (!msg_key_equal(&a->items[i], &b->items[i]))
			return false;
	return a->n == b->n;
}

/* What it has in common with the listeners of its parent i. */
static void add_hosts(const struct resolve *self, const struct msg_key *parent, size_t i,
		      struct route_hosts *hosts)
{
	struct msg_object object;

	if (resolver_store_get(&self->store, parent, hosts->set.pool, &object) < 0)
		return;
	resolver_route_hosts_add(hosts, i,
				 parent->kind == MSG_KIND_GATEWAY
					 ? &object.gateway->spec.listeners
					 : &object.listener_set->spec.listeners);
}

/* The parents with all that is known of them; true if one of them is ours. */
static bool add_parents(struct resolve *self, const struct msg_http_route *route,
			struct gateway_keys *keys, struct route_hosts *hosts)
{
	bool ours = false;

	for (size_t i = 0; i < route->spec.parentRefs.n; i++) {
		const struct msg_key parent = resolver_gateway_keys_parent(route, i);

		resolver_gateway_keys_add(keys, parent);
		if (!is_ours(self, &parent))
			continue;
		ours = true;
		add_policy_of(self, &parent, keys->pool, keys);
		add_hosts(self, &parent, i, hosts);
	}
	return ours;
}

/* All that it names, and what it costs; true if it is ours. */
static bool read_route(struct resolve *self, const struct msg_key *key,
		       const struct msg_http_route *route, struct gateway_keys *keys)
{
	struct route_hosts hosts;
	struct msg_cost cost;
	bool ours;

	resolver_route_hosts_init(&hosts, route, keys->pool);
	ours = add_parents(self, route, keys, &hosts);
	if (!ours)
		ours = self->settings.gateway_api && has_own_entries(self, route);
	if (ours) {
		cost = resolver_route_cost_of(&self->ppl_sizes, route, &hosts.set.list,
					      &keys->list);
		resolver_changes_set_ours(self, key, true);
		resolver_changes_charge(self, key, &route->metadata, &cost);
		resolver_gateway_keys_of_route(route, keys);
	}
	resolver_route_hosts_clear(&hosts);
	return ours;
}

/* `anew`: what its parents are has changed. */
static void update_route(struct resolve *self, const struct msg_object *object, bool anew,
			 uint64_t seen_ns)
{
	const struct msg_key *key = &object->key;
	struct gateway_keys keys;
	struct key_list old;
	struct pool pool;
	bool ours;

	pool_init(&pool);
	old = resolver_graph_references(&self->graph, key, &pool);
	resolver_gateway_keys_init(&keys, &pool);
	ours = object->http_route && read_route(self, key, object->http_route, &keys);
	resolver_gateways_finish(self, key, &keys, ours, seen_ns);
	if (anew || !is_same_list(&old, &keys.list)) {
		resolver_tls_policies_follow_route(self, &old, seen_ns);
		resolver_tls_policies_follow_route(self, &keys.list, seen_ns);
	}
	pool_clear(&pool);
}

static void update_route_anew(struct resolve *self, const struct msg_object *object,
			      uint64_t seen_ns)
{
	update_route(self, object, true, seen_ns);
}

/* Of a Gateway, a ListenerSet or a PolicyFilter. */
static void update_routes_of(struct resolve *self, const struct msg_key *named, uint64_t seen_ns)
{
	resolver_changes_each_object(self, named, MSG_KIND_HTTP_ROUTE, update_route_anew, seen_ns);
}

/* ---- ListenerSets ---- */

/* Values of a Secret elsewhere are not asked for before a grant allows it. */
static void drop_ungranted(const struct resolve *self, const struct msg_key *referrer,
			   struct gateway_keys *keys, struct pool *pool)
{
	size_t kept = 0;

	for (size_t i = 0; i < keys->list.n; i++) {
		const struct msg_key *key = &keys->list.items[i];

		if (key->kind != MSG_KIND_SECRET ||
		    resolver_grants_allow(&self->graph, &self->store, referrer, key, pool))
			keys->list.items[kept++] = *key;
	}
	keys->list.n = kept;
}

/* Edges and ownership alone. */
static void link_set(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_listener_set *set = object->listener_set;
	const struct msg_key *key = &object->key;
	struct msg_key gateway = { 0 };
	struct gateway_keys keys;
	struct pool pool;
	bool ours;

	pool_init(&pool);
	resolver_gateway_keys_init(&keys, &pool);
	if (set)
		gateway = resolver_gateway_keys_gateway(set);
	if (gateway.kind != MSG_KIND_NONE)
		resolver_gateway_keys_add(&keys, gateway);
	ours = is_ours(self, &gateway);
	if (ours) {
		resolver_gateway_keys_add(
			&keys, (struct msg_key){ MSG_KIND_NAMESPACE, STR(""), key->namespace });
		resolver_gateway_keys_of_listeners(&set->spec.listeners, key->namespace, &keys);
		drop_ungranted(self, key, &keys, &pool);
	}
	resolver_gateways_finish(self, key, &keys, ours, seen_ns);
	pool_clear(&pool);
}

static void link_set_and_routes(struct resolve *self, const struct msg_object *object,
				uint64_t seen_ns)
{
	link_set(self, object, seen_ns);
	update_routes_of(self, &object->key, seen_ns);
}

/* Those of a Gateway: what one of them has, others may not have. */
static void update_sets_of(struct resolve *self, const struct msg_key *gateway, uint64_t seen_ns)
{
	resolver_changes_each_object(self, gateway, MSG_KIND_LISTENER_SET, link_set_and_routes,
				     seen_ns);
}

/* A Gateway counts its ListenerSets. */
static void touch_gateway(struct resolve *self, const struct msg_key *gateway, uint64_t seen_ns)
{
	if (!is_ours(self, gateway))
		return;
	resolver_changes_mark(self, gateway, seen_ns);
	update_sets_of(self, gateway, seen_ns);
}

/* The Gateways that a ListenerSet refers to just now: one or none. */
static void touch_gateways_of(struct resolve *self, const struct msg_key *set, uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool;

	pool_init(&pool);
	list = resolver_graph_references(&self->graph, set, &pool);
	for (size_t i = 0; i < list.n; i++)
		if (list.items[i].kind == MSG_KIND_GATEWAY)
			touch_gateway(self, &list.items[i], seen_ns);
	pool_clear(&pool);
}

static void update_set(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_listener_set *set = object->listener_set;
	const struct msg_key *key = &object->key;
	struct msg_object stripped = { .key = *key };
	struct msg_listener_set shape;

	if (set) {
		shape = (struct msg_listener_set){ resolver_gateways_strip(&set->metadata),
						   set->spec, NULL };
		shape.metadata.creationTimestamp = set->metadata.creationTimestamp;
		stripped.listener_set = &shape;
	}
	if (!resolver_gateways_set_shape(self, key, set ? &stripped : NULL)) {
		link_set(self, object, seen_ns);
		return;
	}
	touch_gateways_of(self, key, seen_ns); /* the one that it had */
	link_set_and_routes(self, object, seen_ns);
	touch_gateways_of(self, key, seen_ns);
}

/* ---- Gateways ---- */

/* Edges and ownership alone: what refers to it is its caller's. */
static void link_gateway(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_gateway *gateway = object->gateway;
	const struct msg_key *key = &object->key;
	struct msg_key class = { .kind = MSG_KIND_GATEWAY_CLASS };
	struct gateway_keys keys;
	struct pool pool;
	bool ours = false;

	pool_init(&pool);
	resolver_gateway_keys_init(&keys, &pool);
	if (gateway) {
		class.name = gateway->spec.gatewayClassName;
		resolver_gateway_keys_add(&keys, class);
		ours = is_ours(self, &class);
	}
	if (ours) {
		resolver_gateway_keys_of_listeners(&gateway->spec.listeners, key->namespace, &keys);
		drop_ungranted(self, key, &keys, &pool);
	}
	resolver_gateways_finish(self, key, &keys, ours, seen_ns);
	pool_clear(&pool);
}

static void update_below(struct resolve *self, const struct msg_key *gateway, uint64_t seen_ns)
{
	update_routes_of(self, gateway, seen_ns);
	update_sets_of(self, gateway, seen_ns);
}

static void link_gateway_and_below(struct resolve *self, const struct msg_object *object,
				   uint64_t seen_ns)
{
	link_gateway(self, object, seen_ns);
	update_below(self, &object->key, seen_ns);
}

static void update_gateway(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_gateway *gateway = object->gateway;
	const struct msg_key *key = &object->key;
	struct msg_object stripped = { .key = *key };
	struct msg_gateway shape;
	bool was = is_ours(self, key), changed;

	if (gateway) {
		shape = (struct msg_gateway){ resolver_gateways_strip(&gateway->metadata),
					      gateway->spec, NULL };
		stripped.gateway = &shape;
	}
	changed = resolver_gateways_set_shape(self, key, gateway ? &stripped : NULL);
	link_gateway(self, object, seen_ns);
	if (changed || was != is_ours(self, key))
		update_below(self, key, seen_ns);
}

/* ---- GatewayClasses ---- */

static void update_class(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_gateway_class *class = object->gateway_class;
	const struct msg_key *key = &object->key;
	bool ours = class && self->settings.gateway_api &&
		    str_eq(class->spec.controllerName, self->settings.gateway_controller);
	struct msg_object stripped = { .key = *key };
	struct msg_gateway_class shape;
	struct gateway_keys keys;
	struct pool pool;

	pool_init(&pool);
	resolver_gateway_keys_init(&keys, &pool);
	if (ours)
		resolver_gateway_keys_add(&keys, resolver_gateway_keys_policy(class));
	if (class) {
		shape = (struct msg_gateway_class){ resolver_gateways_strip(&class->metadata),
						    class->spec, NULL };
		stripped.gateway_class = &shape;
	}
	self->n_gateway_classes -= resolver_changes_is_owner(self, key);
	resolver_gateways_finish(self, key, &keys, ours, seen_ns);
	self->n_gateway_classes += ours;
	if (resolver_gateways_set_shape(self, key, class ? &stripped : NULL))
		resolver_changes_each_object(self, key, MSG_KIND_GATEWAY, link_gateway_and_below,
					     seen_ns);
	pool_clear(&pool);
}

/* ---- what they name ---- */

/* NULL: it is gone. */
static void note_size(struct resolve *self, const struct msg_key *key,
		      const struct msg_policy_filter *filter)
{
	struct key_text buf;
	const struct str text = resolver_key_text(key, &buf);

	if (filter)
		map_put(&self->ppl_sizes, text,
			mem_dup(&filter->spec.ppl.len, sizeof(filter->spec.ppl.len)));
	else
		map_del(&self->ppl_sizes, text);
}

static void update_filter(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_policy_filter *filter = object->policy_filter;
	const struct msg_key *key = &object->key;
	struct msg_object stripped = { .key = *key };
	struct msg_policy_filter shape;
	struct gateway_keys none;
	struct pool pool;

	pool_init(&pool);
	resolver_gateway_keys_init(&none, &pool);
	if (filter) {
		shape = (struct msg_policy_filter){ resolver_gateways_strip(&filter->metadata),
						    filter->spec, NULL };
		stripped.policy_filter = &shape;
	}
	note_size(self, key, filter);
	resolver_gateways_finish(self, key, &none, filter && self->settings.gateway_api, seen_ns);
	if (resolver_gateways_set_shape(self, key, filter ? &stripped : NULL)) {
		resolver_changes_mark_referrers(self, key, seen_ns);
		update_routes_of(self, key, seen_ns);
	}
	pool_clear(&pool);
}

static void update_grant(struct resolve *self, const struct msg_key *key, bool exists,
			 uint64_t seen_ns)
{
	struct msg_key all = resolver_gateway_keys_grants(key->namespace);
	const struct msg_key askers = resolver_gateway_keys_askers(key->namespace);
	const struct key_list keys = { &all, exists ? 1 : 0 };

	resolver_graph_set(&self->graph, key, &keys);
	resolver_changes_each_object(self, &askers, MSG_KIND_GATEWAY, link_gateway, seen_ns);
	resolver_changes_each_object(self, &askers, MSG_KIND_LISTENER_SET, link_set_and_routes,
				     seen_ns);
	resolver_changes_each_key(self, &askers, MSG_KIND_HTTP_ROUTE, resolver_changes_mark,
				  seen_ns);
}

void resolver_gateways_follow(struct resolve *self, const struct msg_object *object,
			      uint64_t seen_ns)
{
	const struct msg_key *key = &object->key;

	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_NAMESPACE:
		resolver_changes_mark_referrers(self, key, seen_ns);
		/* Its labels say whether a Gateway takes the ListenerSets in it. */
		resolver_changes_each_key(self, key, MSG_KIND_LISTENER_SET, touch_gateways_of,
					  seen_ns);
		break;
	case MSG_KIND_LISTENER_SET:
		update_set(self, object, seen_ns);
		break;
	case MSG_KIND_GATEWAY_CLASS:
		update_class(self, object, seen_ns);
		break;
	case MSG_KIND_GATEWAY:
		update_gateway(self, object, seen_ns);
		break;
	case MSG_KIND_HTTP_ROUTE:
		update_route(self, object, false, seen_ns);
		break;
	case MSG_KIND_REFERENCE_GRANT:
		update_grant(self, key, object->reference_grant != NULL, seen_ns);
		break;
	case MSG_KIND_POLICY_FILTER:
		update_filter(self, object, seen_ns);
		break;
	case MSG_KIND_BACKEND_TLS_POLICY:
		resolver_tls_policies_update(self, object, seen_ns);
		break;
	default:
		break;
	}
}
