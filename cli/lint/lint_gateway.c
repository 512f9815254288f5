/* lint_gateway: HTTPRoutes in the manifests of an application, whose Gateway is often elsewhere.
 *
 *   in     HTTPRoutes, ListenerSets, Gateways
 *   out    Gateways and classes that they name and no manifest has; rules that let nobody in
 *   owns   nothing
 *   never  says a word about what it made up
 */
#include "cli/lint/lint.h"

#include "resolver/graph/gateway_keys.h"
#include "rules/rules.h"

#define CLASS "sluice-lint" /* of the Gateways that are made up */
#define PORT 443

/* A Gateway that no manifest has, with a listener for each way in which it is named. */
struct assumed_gateway {
	struct msg_key key;
	struct msg_listener_list listeners;
};

struct assuming {
	struct lint *lint;
	struct pool *pool;
	struct assumed_gateway *gateways;
	size_t n;
	struct str_list classes; /* of the Gateways in the manifests */
};

/* ---- what is named ---- */

static struct assumed_gateway *gateway_of(struct assuming *a, const struct msg_key *key)
{
	struct assumed_gateway *gateway;

	for (size_t i = 0; i < a->n; i++)
		if (msg_key_equal(&a->gateways[i].key, key))
			return &a->gateways[i];
	gateway = pool_push(a->pool, &a->gateways, &a->n, sizeof(*gateway));
	*gateway = (struct assumed_gateway){ .key = msg_key_dup(key, a->pool) };
	return gateway;
}

static void add_listener(struct assuming *a, const struct msg_key *key, struct str section,
			 int64_t port)
{
	static struct msg_from_namespaces all = { .from = { "All", 3 } };
	static struct msg_allowed_routes allowed = { .namespaces = &all };
	struct msg_listener_list *list;
	struct str name = section.len ? section : STR("any");

	if (key->kind != MSG_KIND_GATEWAY || cli_offline_is_named(&a->lint->offline, key))
		return;
	list = &gateway_of(a, key)->listeners;
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].name, name))
			return;
	*(struct msg_listener *)pool_push(a->pool, &list->items, &list->n, sizeof(*list->items)) =
		(struct msg_listener){ .name = pool_str(a->pool, name),
				       .port = port >= 0 ? port : PORT + (int64_t)list->n,
				       .protocol = STR("HTTPS"),
				       .allowedRoutes = &allowed };
}

static void on_route(void *arg, const struct msg_object *object)
{
	const struct msg_parent_ref_list *refs = &object->http_route->spec.parentRefs;

	for (size_t i = 0; i < refs->n; i++) {
		const struct msg_key key = resolver_gateway_keys_parent(object->http_route, i);

		add_listener(arg, &key, refs->items[i].sectionName, refs->items[i].port);
	}
}

static void on_set(void *arg, const struct msg_object *object)
{
	const struct msg_key key = resolver_gateway_keys_gateway(object->listener_set);

	add_listener(arg, &key, STR(""), -1);
}

static void on_gateway(void *arg, const struct msg_object *object)
{
	struct assuming *a = arg;
	const struct msg_key class = { MSG_KIND_GATEWAY_CLASS, STR(""),
				       object->gateway->spec.gatewayClassName };

	if (!cli_offline_is_named(&a->lint->offline, &class))
		*(struct str *)pool_push(a->pool, &a->classes.items, &a->classes.n,
					 sizeof(class.name)) = pool_str(a->pool, class.name);
}

/* ---- what is made up ---- */

static void put_class(struct lint *lint, struct str name)
{
	struct msg_gateway_class class = {
		.metadata = { .name = name },
		.spec = { .controllerName = cli_offline_settings.resolve.gateway_controller },
	};

	cli_offline_put(&lint->offline,
			&(struct msg_object){ .key = { MSG_KIND_GATEWAY_CLASS, STR(""), name },
					      .gateway_class = &class });
}

static void put_gateway(struct lint *lint, const struct assumed_gateway *from)
{
	struct msg_from_namespaces all = { .from = STR("All") };
	struct msg_allowed_listeners allowed = { .namespaces = &all };
	struct msg_gateway gateway = {
		.metadata = { .namespace = from->key.namespace, .name = from->key.name },
		.spec = { .gatewayClassName = STR(CLASS),
			  .listeners = from->listeners,
			  .allowedListeners = &allowed },
	};

	cli_offline_put(&lint->offline,
			&(struct msg_object){ .key = from->key, .gateway = &gateway });
}

void cli_lint_gateway_assume(void *arg)
{
	struct lint *lint = arg;
	struct resolve *resolve = lint->offline.resolve;
	struct assuming a = { .lint = lint, .pool = &lint->pool };

	resolver_resolve_each_object(resolve, MSG_KIND_HTTP_ROUTE, on_route, &a);
	resolver_resolve_each_object(resolve, MSG_KIND_LISTENER_SET, on_set, &a);
	resolver_resolve_each_object(resolve, MSG_KIND_GATEWAY, on_gateway, &a);
	for (size_t i = 0; i < a.classes.n; i++)
		put_class(lint, a.classes.items[i]);
	if (a.n)
		put_class(lint, STR(CLASS));
	for (size_t i = 0; i < a.n; i++)
		put_gateway(lint, &a.gateways[i]);
}

/* ---- who may come in ---- */

/* A class that is in no manifest may have a default policy. */
static bool may_have_default(const struct lint *lint, const struct msg_bundle *bundle)
{
	for (size_t i = 0; i < bundle->gateway_classes.n; i++) {
		const struct msg_gateway_class *class = &bundle->gateway_classes.items[i];
		const struct msg_key key = { MSG_KIND_GATEWAY_CLASS, STR(""),
					     class->metadata.name };

		if (class->spec.parametersRef || !cli_offline_is_named(&lint->offline, &key))
			return true;
	}
	return !bundle->gateway_classes.n;
}

void cli_lint_gateway(struct lint *lint, const struct msg_bundle *bundle)
{
	const struct msg_http_route_rule_list *rules;

	if (!bundle->http_route || may_have_default(lint, bundle))
		return;
	rules = &bundle->http_route->spec.rules;
	for (size_t i = 0; i < rules->n; i++) {
		bool has_policy = false;

		for (size_t k = 0; k < rules->items[i].filters.n; k++)
			has_policy |= rules->items[i].filters.items[k].extensionRef != NULL;
		if (!has_policy)
			(void)cli_lint_find(
				lint, &bundle->owner, RULE_RULE_NO_ACCESS,
				pool_printf(&lint->pool, "spec.rules[%zu]", i),
				"rule %zu names no PolicyFilter, and its GatewayClass has "
				"no default policy: nobody may come in",
				i + 1);
	}
}
