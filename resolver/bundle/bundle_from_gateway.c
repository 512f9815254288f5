/* bundle_from_gateway: owners of the Gateway API with what they name.
 *
 *   in     an HTTPRoute, a Gateway, a ListenerSet, a GatewayClass, a PolicyFilter or a
 *          BackendTLSPolicy; the store
 *   out    a bundle; what is not there is not in it, and the translator says so
 *   owns   nothing
 *   never  takes what cannot be read just now for what is not there
 */
#include "resolver/bundle/gathering.h"

#include "base/text/text_set.h"
#include "net/hostname.h"
#include "resolver/bundle/route_hosts.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/grants.h"
#include "rules/rules.h"

static int add_filter(struct gathering *g, const struct msg_key *key)
{
	struct msg_policy_filter_list *list = &g->out->policy_filters;
	struct msg_policy_filter *filter;
	struct msg_object object;
	int rc = resolver_gathering_get(g, key, &object);

	if (rc < 1)
		return rc;
	filter = pool_push(g->pool, &list->items, &list->n, sizeof(*filter));
	filter->metadata = resolver_gathering_bare(&object.policy_filter->metadata);
	filter->spec = object.policy_filter->spec;
	return 0;
}

/* The labels of a Namespace count only where a listener selects by them, or a Gateway. */
static bool select_routes(const struct msg_listener_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].allowedRoutes && list->items[i].allowedRoutes->namespaces &&
		    list->items[i].allowedRoutes->namespaces->selector)
			return true;
	return false;
}

static bool has_selector(const struct msg_bundle *bundle)
{
	for (size_t i = 0; i < bundle->gateways.n; i++) {
		const struct msg_gateway_spec *spec = &bundle->gateways.items[i].spec;

		if (select_routes(&spec->listeners) ||
		    (spec->allowedListeners && spec->allowedListeners->namespaces &&
		     spec->allowedListeners->namespaces->selector))
			return true;
	}
	for (size_t i = 0; i < bundle->listener_sets.n; i++)
		if (select_routes(&bundle->listener_sets.items[i].spec.listeners))
			return true;
	return false;
}

static int add_namespace(struct gathering *g, const struct msg_key *key)
{
	struct msg_namespace_list *list = &g->out->namespaces;
	struct msg_namespace *namespace;
	struct msg_object object;
	int rc = has_selector(g->out) ? resolver_gathering_get(g, key, &object) : 0;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].metadata.name, key->name))
			return 0;
	if (rc < 1)
		return rc;
	namespace = pool_push(g->pool, &list->items, &list->n, sizeof(*namespace));
	namespace->metadata = resolver_gathering_bare(&object.namespace->metadata);
	return 0;
}

static int add_grants(struct gathering *g, const struct msg_key *asked)
{
	const char *why =
		resolver_bundle_parts_why_unread(g->source, MSG_KIND_REFERENCE_GRANT, g->pool);

	if (*why && !g->source->kinds[MSG_KIND_REFERENCE_GRANT].known)
		return err_rule(g->err, RULE_GATEWAY_UNREAD,
				"whether it may refer to namespace " STR_FMT " cannot be told%s",
				STR_ARG(asked->namespace), why);
	resolver_grants_add(g->source->graph, g->source->store, asked->namespace, g->pool,
			    &g->out->reference_grants);
	return 0;
}

static int add_class(struct gathering *g, struct str name)
{
	const struct msg_key key = { .kind = MSG_KIND_GATEWAY_CLASS, .name = name };
	struct msg_gateway_class_list *list = &g->out->gateway_classes;
	struct msg_gateway_class *class;
	struct msg_object object;
	int rc;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].metadata.name, name))
			return 0;
	rc = resolver_gathering_get(g, &key, &object);
	if (rc < 1)
		return rc;
	class = pool_push(g->pool, &list->items, &list->n, sizeof(*class));
	class->metadata = resolver_gathering_bare(&object.gateway_class->metadata);
	class->spec = object.gateway_class->spec;
	return 0;
}

/* A Gateway of ours: the resolver knows which those are. */
static int add_gateway(struct gathering *g, const struct msg_key *key)
{
	struct msg_gateway_list *list = &g->out->gateways;
	struct msg_gateway *gateway;
	struct msg_object object;
	int rc;

	for (size_t i = 0; i < list->n; i++)
		if (msg_meta_is_of(&list->items[i].metadata, key))
			return 0;
	rc = resolver_gathering_get(g, key, &object);
	if (rc < 1)
		return rc;
	gateway = pool_push(g->pool, &list->items, &list->n, sizeof(*gateway));
	gateway->metadata = resolver_gathering_bare(&object.gateway->metadata);
	gateway->metadata.labels = (struct str_map){ 0 };
	gateway->spec = object.gateway->spec;
	return add_class(g, gateway->spec.gatewayClassName);
}

static void push_set(struct gathering *g, const struct msg_listener_set *set)
{
	struct msg_listener_set_list *list = &g->out->listener_sets;

	*(struct msg_listener_set *)pool_push(g->pool, &list->items, &list->n, sizeof(*set)) = *set;
}

static bool has_set(const struct gathering *g, const struct msg_key *key)
{
	const struct msg_listener_set_list *list = &g->out->listener_sets;

	for (size_t i = 0; i < list->n; i++)
		if (msg_meta_is_of(&list->items[i].metadata, key))
			return true;
	return false;
}

/* All ListenerSets of a Gateway, with the labels of their namespaces: they share its ports. */
static int add_sets_of(struct gathering *g, const struct msg_key *gateway)
{
	struct key_list keys = resolver_graph_referrers(g->source->graph, gateway, g->pool);

	for (size_t i = 0; i < keys.n; i++) {
		struct msg_object object;
		struct msg_listener_set bared;

		if (keys.items[i].kind != MSG_KIND_LISTENER_SET || has_set(g, &keys.items[i]) ||
		    resolver_gathering_get(g, &keys.items[i], &object) < 1)
			continue;
		bared = (struct msg_listener_set){ resolver_gathering_bare(
							   &object.listener_set->metadata),
						   object.listener_set->spec, NULL };
		bared.metadata.labels = (struct str_map){ 0 };
		bared.metadata.creationTimestamp = object.listener_set->metadata.creationTimestamp;
		push_set(g, &bared);
	}
	for (size_t i = 0; i < g->out->listener_sets.n; i++) {
		const struct msg_key namespace = {
			MSG_KIND_NAMESPACE, STR(""),
			g->out->listener_sets.items[i].metadata.namespace
		};

		if (add_namespace(g, &namespace))
			return -1;
	}
	return 0;
}

/* The Gateway of a ListenerSet, if it is ours, with all its ListenerSets. */
static int add_gateway_of(struct gathering *g, const struct msg_key *set)
{
	struct key_list keys = resolver_graph_references(g->source->graph, set, g->pool);

	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_GATEWAY &&
		    resolver_gathering_is_ours(g, &keys.items[i]) &&
		    (add_gateway(g, &keys.items[i]) || add_sets_of(g, &keys.items[i])))
			return -1;
	return 0;
}

static int add(struct gathering *g, const struct msg_key *key)
{
	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_POLICY_FILTER:
		return add_filter(g, key);
	case MSG_KIND_SERVICE:
		return resolver_gathering_add_service(g, key);
	case MSG_KIND_NAMESPACE:
		return add_namespace(g, key);
	case MSG_KIND_REFERENCE_GRANT:
		return add_grants(g, key);
	case MSG_KIND_BACKEND_TLS_POLICY:
		return resolver_bundle_tls_add(g, key);
	default:
		return 0;
	}
}

/* Everything that the graph says an owner refers to, in the graph's order. */
static int add_all(struct gathering *g)
{
	struct key_list keys = resolver_graph_references(g->source->graph, &g->out->owner, g->pool);

	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_GATEWAY &&
		    resolver_gathering_is_ours(g, &keys.items[i]) && add_gateway(g, &keys.items[i]))
			return -1;
	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_LISTENER_SET &&
		    add_gateway_of(g, &keys.items[i]))
			return -1;
	for (size_t i = 0; i < keys.n; i++)
		if (add(g, &keys.items[i]))
			return -1;
	return 0;
}

/* ---- owners ---- */

/* One place in the bundle, the same in the ticket. */
static void add_secret(struct gathering *g, const struct msg_key *key,
		       const struct msg_bundle_secret *secret)
{
	struct msg_bundle_secret_list *facts = &g->out->secrets;
	struct msg_ticket_secret_list *vouched = &g->ticket->secrets;
	struct msg_ticket_secret *of_ticket;

	*(struct msg_bundle_secret *)pool_push(g->pool, &facts->items, &facts->n, sizeof(*secret)) =
		*secret;
	of_ticket = pool_push(g->pool, &vouched->items, &vouched->n, sizeof(*of_ticket));
	resolver_secrets_vouch(g->source->secrets, key, of_ticket);
	*(struct str *)pool_push(g->pool, &of_ticket->references.items, &of_ticket->references.n,
				 sizeof(struct str)) = STR(MSG_TICKET_LISTENERS);
}

/* What may be known of the Secrets that the graph says the owner of listeners refers to. */
static enum resolve_outcome add_secrets(struct gathering *g, const struct key_list *keys)
{
	enum resolve_outcome outcome = RESOLVE_BUNDLE;

	for (size_t i = 0; i < keys->n; i++) {
		const struct msg_key *key = &keys->items[i];
		struct msg_bundle_secret secret;

		if (key->kind != MSG_KIND_SECRET)
			continue;
		if (!resolver_secrets_get(g->source->secrets, key, &secret)) {
			outcome = RESOLVE_WAIT;
			continue;
		}
		if (secret.answer == MSG_SECRET_UNAVAILABLE) {
			err_rule(g->err, RULE_SECRET_UNREAD,
				 "Secret \"" STR_FMT "/" STR_FMT
				 "\" cannot be read just now, it is tried again",
				 STR_ARG(key->namespace), STR_ARG(key->name));
			return RESOLVE_REJECT;
		}
		if (secret.answer == MSG_SECRET_FOUND)
			add_secret(g, key, &secret);
	}
	return outcome;
}

/* Grants and Secrets of a Gateway or a ListenerSet. */
static enum resolve_outcome with_secrets(struct gathering *g)
{
	struct key_list keys = resolver_graph_references(g->source->graph, &g->out->owner, g->pool);

	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_REFERENCE_GRANT && add_grants(g, &keys.items[i]))
			return RESOLVE_REJECT;
	return add_secrets(g, &keys);
}

/* Whose certificate somebody provides, whether it is there yet or not. */
static struct str_list list_promised(const struct msg_listener_list *list, struct pool *pool)
{
	struct text_set hosts;

	text_set_init(&hosts, pool);
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_listener *listener = &list->items[i];

		if (listener->hostname.len && listener->tls && listener->tls->certificateRefs.n)
			text_set_add(&hosts, hostname_normal(listener->hostname, pool));
	}
	text_set_clear(&hosts);
	return hosts.list;
}

static enum resolve_outcome from_gateway(struct gathering *g, const struct msg_gateway *gateway)
{
	g->ticket->promised = list_promised(&gateway->spec.listeners, g->pool);
	*(struct msg_gateway *)pool_push(g->pool, &g->out->gateways.items, &g->out->gateways.n,
					 sizeof(*gateway)) = *gateway;
	return add_sets_of(g, &g->out->owner) ? RESOLVE_REJECT : with_secrets(g);
}

static enum resolve_outcome from_set(struct gathering *g, const struct msg_listener_set *set)
{
	g->ticket->promised = list_promised(&set->spec.listeners, g->pool);
	push_set(g, set);
	return add_gateway_of(g, &g->out->owner) ? RESOLVE_REJECT : with_secrets(g);
}

enum resolve_outcome resolver_bundle_from_gateway(const struct bundle_source *source,
						  const struct msg_object *object,
						  struct pool *pool, struct resolved *to,
						  struct err *err)
{
	struct msg_bundle *out = &to->bundle;
	struct gathering g = { source, pool, out, &to->ticket, err, false };

	switch ((enum msg_kind)object->key.kind) {
	case MSG_KIND_HTTP_ROUTE:
		out->http_route = object->http_route;
		break;
	case MSG_KIND_GATEWAY:
		return from_gateway(&g, object->gateway);
	case MSG_KIND_LISTENER_SET:
		return from_set(&g, object->listener_set);
	case MSG_KIND_GATEWAY_CLASS:
		*(struct msg_gateway_class *)pool_push(
			pool, &out->gateway_classes.items, &out->gateway_classes.n,
			sizeof(*object->gateway_class)) = *object->gateway_class;
		break;
	case MSG_KIND_POLICY_FILTER:
		*(struct msg_policy_filter *)pool_push(
			pool, &out->policy_filters.items, &out->policy_filters.n,
			sizeof(*object->policy_filter)) = *object->policy_filter;
		break;
	case MSG_KIND_BACKEND_TLS_POLICY:
		if (resolver_bundle_tls_from_policy(&g, object->backend_tls_policy))
			return RESOLVE_REJECT;
		return g.waits ? RESOLVE_WAIT : RESOLVE_BUNDLE;
	default:
		return RESOLVE_GONE;
	}
	if (add_all(&g))
		return RESOLVE_REJECT;
	if (g.waits)
		return RESOLVE_WAIT;
	if (out->http_route)
		resolver_route_hosts_list(out, pool, &to->ticket);
	return RESOLVE_BUNDLE;
}
