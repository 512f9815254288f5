/* bundle_from_gateway: owners of the Gateway API with what they name.
 *
 *   in     an HTTPRoute, a Gateway, a GatewayClass or a PolicyFilter; the store
 *   out    a bundle; what is not there is not in it, and the translator says so
 *   owns   nothing
 *   never  takes what cannot be read just now for what is not there
 */
#include "resolver/bundle/bundle_parts.h"

#include "net/hostname.h"
#include "rules/rules.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/grants.h"
#include "resolver/graph/key.h"

struct gathering {
	const struct bundle_source *source;
	struct pool *pool;
	struct msg_bundle *out;
	struct msg_ticket *ticket;
	struct err *err;
};

/* What an owner says of itself stays; of the others there is no status and no time. */
static struct msg_meta bare(const struct msg_meta *meta)
{
	return (struct msg_meta){ .namespace = meta->namespace,
				  .name = meta->name,
				  .uid = STR(""),
				  .labels = meta->labels,
				  .deletionTimestamp = meta->deletionTimestamp };
}

/* 1: it is there. 0: it is not. -1: nobody can tell just now. */
static int get(struct gathering *g, const struct msg_key *key, struct msg_object *out)
{
	const char *why;

	if (resolver_store_get(g->source->store, key, g->pool, out) == 0)
		return 1;
	why = resolver_bundle_parts_why_unread(g->source, (enum msg_kind)key->kind, g->pool);
	if (!*why)
		return 0;
	return err_rule(g->err, RULE_GATEWAY_UNREAD, "%s \"" STR_FMT "/" STR_FMT "\" not found%s",
			msg_kind_name((enum msg_kind)key->kind), STR_ARG(key->namespace),
			STR_ARG(key->name), why);
}

static int add_filter(struct gathering *g, const struct msg_key *key)
{
	struct msg_policy_filter_list *list = &g->out->policy_filters;
	struct msg_policy_filter *filter;
	struct msg_object object;
	int rc = get(g, key, &object);

	if (rc < 1)
		return rc;
	filter = pool_push(g->pool, &list->items, &list->n, sizeof(*filter));
	filter->metadata = bare(&object.policy_filter->metadata);
	filter->spec = object.policy_filter->spec;
	return 0;
}

static int add_service(struct gathering *g, const struct msg_key *key)
{
	struct msg_bundle_service_list *list = &g->out->services;
	struct msg_bundle_service *service;
	struct msg_object object;
	int rc = get(g, key, &object);

	if (rc < 1)
		return rc;
	service = pool_push(g->pool, &list->items, &list->n, sizeof(*service));
	service->namespace = key->namespace;
	service->name = key->name;
	service->spec = object.service->spec;
	return 0;
}

/* The labels of a Namespace count only where a listener selects by them. */
static bool has_selector(const struct msg_bundle *bundle)
{
	for (size_t i = 0; i < bundle->gateways.n; i++) {
		const struct msg_listener_list *list = &bundle->gateways.items[i].spec.listeners;

		for (size_t k = 0; k < list->n; k++)
			if (list->items[k].allowedRoutes &&
			    list->items[k].allowedRoutes->namespaces &&
			    list->items[k].allowedRoutes->namespaces->selector)
				return true;
	}
	return false;
}

static int add_namespace(struct gathering *g, const struct msg_key *key)
{
	struct msg_namespace_list *list = &g->out->namespaces;
	struct msg_namespace *namespace;
	struct msg_object object;
	int rc = has_selector(g->out) ? get(g, key, &object) : 0;

	if (rc < 1)
		return rc;
	namespace = pool_push(g->pool, &list->items, &list->n, sizeof(*namespace));
	namespace->metadata = bare(&object.namespace->metadata);
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
	rc = get(g, &key, &object);
	if (rc < 1)
		return rc;
	class = pool_push(g->pool, &list->items, &list->n, sizeof(*class));
	class->metadata = bare(&object.gateway_class->metadata);
	class->spec = object.gateway_class->spec;
	return 0;
}

/* A Gateway of ours: the resolver knows which those are. */
static int add_gateway(struct gathering *g, const struct msg_key *key)
{
	struct msg_gateway_list *list = &g->out->gateways;
	struct msg_gateway *gateway;
	struct msg_object object;
	int rc = get(g, key, &object);

	if (rc < 1)
		return rc;
	gateway = pool_push(g->pool, &list->items, &list->n, sizeof(*gateway));
	gateway->metadata = bare(&object.gateway->metadata);
	gateway->metadata.labels = (struct str_map){ 0 };
	gateway->spec = object.gateway->spec;
	return add_class(g, gateway->spec.gatewayClassName);
}

static int add(struct gathering *g, const struct msg_key *key)
{
	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_POLICY_FILTER:
		return add_filter(g, key);
	case MSG_KIND_SERVICE:
		return add_service(g, key);
	case MSG_KIND_NAMESPACE:
		return add_namespace(g, key);
	case MSG_KIND_REFERENCE_GRANT:
		return add_grants(g, key);
	default:
		return 0;
	}
}

static bool is_ours(const struct gathering *g, const struct msg_key *gateway)
{
	struct key_text text;

	return map_get(g->source->owners, resolver_key_text(gateway, &text)) != NULL;
}

/* Everything that the graph says an owner refers to, in the graph's order. */
static int add_all(struct gathering *g)
{
	struct key_list keys = resolver_graph_references(g->source->graph, &g->out->owner, g->pool);

	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_GATEWAY && is_ours(g, &keys.items[i]) &&
		    add_gateway(g, &keys.items[i]))
			return -1;
	for (size_t i = 0; i < keys.n; i++)
		if (add(g, &keys.items[i]))
			return -1;
	return 0;
}

/* ---- hosts ---- */

static void add_host(struct gathering *g, struct map *seen, struct str host)
{
	struct str url = pool_printf(g->pool, "https://" STR_FMT, STR_ARG(host));

	resolver_bundle_parts_add_host(seen, hostname_normal(hostname_of_url(url), g->pool),
				       g->pool, &g->ticket->hosts);
}

static void add_hosts_of(struct gathering *g, struct map *seen, const struct msg_listener *listener)
{
	const struct str_list *own = &g->out->http_route->spec.hostnames;

	if (!own->n)
		add_host(g, seen, listener->hostname.len ? listener->hostname : STR("*"));
	for (size_t i = 0; i < own->n; i++) {
		struct str host = listener->hostname.len
					  ? hostname_meet(listener->hostname, own->items[i])
					  : own->items[i];

		if (host.len)
			add_host(g, seen, host);
	}
}

/* Those that its routes may have: what it has in common with the listeners of its Gateways. */
static void list_hosts(struct gathering *g)
{
	struct map seen;

	map_init(&seen, NULL);
	for (size_t i = 0; i < g->out->gateways.n; i++) {
		const struct msg_listener_list *list = &g->out->gateways.items[i].spec.listeners;

		for (size_t k = 0; k < list->n; k++)
			add_hosts_of(g, &seen, &list->items[k]);
	}
	map_clear(&seen);
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

/* What may be known of the Secrets that the graph says a Gateway refers to. */
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

static enum resolve_outcome from_gateway(struct gathering *g, const struct msg_gateway *gateway)
{
	struct key_list keys = resolver_graph_references(g->source->graph, &g->out->owner, g->pool);

	*(struct msg_gateway *)pool_push(g->pool, &g->out->gateways.items, &g->out->gateways.n,
					 sizeof(*gateway)) = *gateway;
	for (size_t i = 0; i < keys.n; i++)
		if (keys.items[i].kind == MSG_KIND_REFERENCE_GRANT && add_grants(g, &keys.items[i]))
			return RESOLVE_REJECT;
	return add_secrets(g, &keys);
}

enum resolve_outcome resolver_bundle_from_gateway(const struct bundle_source *source,
						  const struct msg_object *object,
						  struct pool *pool, struct resolved *to,
						  struct err *err)
{
	struct msg_bundle *out = &to->bundle;
	struct gathering g = { source, pool, out, &to->ticket, err };

	switch ((enum msg_kind)object->key.kind) {
	case MSG_KIND_HTTP_ROUTE:
		out->http_route = object->http_route;
		break;
	case MSG_KIND_GATEWAY:
		return from_gateway(&g, object->gateway);
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
	default:
		return RESOLVE_GONE;
	}
	if (add_all(&g))
		return RESOLVE_REJECT;
	if (out->http_route)
		list_hosts(&g);
	return RESOLVE_BUNDLE;
}
