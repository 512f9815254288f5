/* bundle_tls: BackendTLSPolicies in bundles.
 *
 *   in     the graph, the store, what is known of the ConfigMaps and Secrets that they name
 *   out    the policies of the Services of an HTTPRoute; a policy with all that it depends on
 *   owns   nothing
 *   never  gives out more of a Secret than its authorities, without a private key
 */
#include "resolver/bundle/gathering.h"

#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/key.h"
#include "rules/rules.h"

/* ---- authorities ---- */

static int add_authority(struct gathering *g, const struct msg_key *key)
{
	struct msg_bundle_authority_list *list = &g->out->authorities;
	const struct msg_secret_info *info;
	struct msg_bundle_secret seen;

	for (size_t i = 0; i < list->n; i++)
		if (msg_key_equal(&list->items[i].key, key))
			return 0;
	if (!resolver_secrets_get(g->source->secrets, key, &seen)) {
		g->waits = true;
		return 0;
	}
	if (seen.answer == MSG_SECRET_UNAVAILABLE && !g->source->settings->guesses)
		return err_rule(g->err, RULE_SECRET_UNREAD,
				"%s \"" STR_FMT "/" STR_FMT
				"\" cannot be read just now, it is tried again",
				msg_kind_name((enum msg_kind)key->kind), STR_ARG(key->namespace),
				STR_ARG(key->name));
	info = msg_bundle_secret_info(&seen, "ca.crt");
	*(struct msg_bundle_authority *)pool_push(g->pool, &list->items, &list->n,
						  sizeof(*list->items)) =
		(struct msg_bundle_authority){ *key, seen.answer, info ? info->clear : STR_NONE };
	return 0;
}

static int add_authorities(struct gathering *g, const struct msg_key *policy)
{
	struct key_list keys = resolver_graph_references(g->source->graph, policy, g->pool);

	for (size_t i = 0; i < keys.n; i++)
		if ((keys.items[i].kind == MSG_KIND_CONFIG_MAP ||
		     keys.items[i].kind == MSG_KIND_SECRET) &&
		    add_authority(g, &keys.items[i]))
			return -1;
	return 0;
}

/* ---- policies ---- */

static bool has_policy(const struct gathering *g, const struct msg_key *key)
{
	const struct msg_backend_tls_policy_list *list = &g->out->backend_tls_policies;

	for (size_t i = 0; i < list->n; i++)
		if (msg_meta_is_of(&list->items[i].metadata, key))
			return true;
	return false;
}

static struct msg_backend_tls_policy *push(struct gathering *g)
{
	struct msg_backend_tls_policy_list *list = &g->out->backend_tls_policies;

	return pool_push(g->pool, &list->items, &list->n, sizeof(*list->items));
}

/* The one that counts for this target; all others would change nothing. */
static int add_oldest(struct gathering *g, const struct msg_key *service, struct str section,
		      bool with_authorities)
{
	const struct str text = resolver_tls_order_oldest(g->source->tls_order, service, section);
	struct msg_backend_tls_policy *policy;
	struct msg_object object;
	struct msg_key key;
	int rc;

	if (!text.len)
		return 0;
	key = resolver_key_from_text(text);
	rc = has_policy(g, &key) ? 0 : resolver_gathering_get(g, &key, &object);
	if (rc < 1)
		return rc;
	policy = push(g);
	policy->metadata = resolver_gathering_bare(&object.backend_tls_policy->metadata);
	policy->metadata.labels = (struct str_map){ 0 };
	policy->metadata.creationTimestamp = object.backend_tls_policy->metadata.creationTimestamp;
	policy->spec = object.backend_tls_policy->spec;
	return with_authorities ? add_authorities(g, &key) : 0;
}

/* Of a Service as a whole, and of each of its ports. */
static int add_of_service(struct gathering *g, const struct msg_key *service)
{
	int rc = add_oldest(g, service, STR_NONE, true);
	struct msg_object object;

	if (rc || resolver_store_get(g->source->store, service, g->pool, &object) < 0)
		return rc;
	for (size_t i = 0; !rc && i < object.service->spec.ports.n; i++)
		if (object.service->spec.ports.items[i].name.len)
			rc = add_oldest(g, service, object.service->spec.ports.items[i].name, true);
	return rc;
}

int resolver_bundle_tls_add(struct gathering *g, const struct msg_key *asked)
{
	const struct msg_key service = { MSG_KIND_SERVICE, asked->namespace,
					 str_slice(asked->name, 1, asked->name.len) };
	const char *why =
		resolver_bundle_parts_why_unread(g->source, MSG_KIND_BACKEND_TLS_POLICY, g->pool);

	if (*why && !g->source->kinds[MSG_KIND_BACKEND_TLS_POLICY].known)
		return err_rule(g->err, RULE_GATEWAY_UNREAD,
				"whether Service \"" STR_FMT "/" STR_FMT
				"\" has a BackendTLSPolicy cannot be told%s",
				STR_ARG(service.namespace), STR_ARG(service.name), why);
	return add_of_service(g, &service);
}

/* ---- whom it counts for ---- */

static void add_parents(const struct gathering *g, const struct msg_key *route,
			struct gateway_keys *out)
{
	struct key_list keys = resolver_graph_references(g->source->graph, route, g->pool);

	for (size_t i = 0; i < keys.n; i++) {
		const struct msg_key *key = &keys.items[i];

		if (key->kind == MSG_KIND_GATEWAY && resolver_gathering_is_ours(g, key))
			resolver_gateway_keys_add(out, *key);
		else if (key->kind == MSG_KIND_LISTENER_SET)
			add_parents(g, key, out);
	}
}

static void add_ancestors(const struct gathering *g, const struct msg_key *node,
			  struct gateway_keys *out)
{
	const struct msg_key askers = resolver_gateway_keys_tls_askers(node, g->pool);
	struct key_list routes = resolver_graph_referrers(g->source->graph, &askers, g->pool);

	for (size_t i = 0; i < routes.n; i++)
		add_parents(g, &routes.items[i], out);
}

static int compare(const void *a, const void *b)
{
	return msg_key_cmp(a, b);
}

/* Only their names count. */
static void put_ancestors(struct gathering *g, const struct key_list *keys)
{
	struct msg_gateway_list *list = &g->out->gateways;

	if (keys->n)
		qsort(keys->items, keys->n, sizeof(*keys->items), compare);
	list->items = pool_array(g->pool, keys->n, sizeof(*list->items));
	for (; list->n < keys->n; list->n++)
		list->items[list->n].metadata =
			(struct msg_meta){ .namespace = keys->items[list->n].namespace,
					   .name = keys->items[list->n].name,
					   .uid = STR("") };
}

int resolver_bundle_tls_from_policy(struct gathering *g,
				    const struct msg_backend_tls_policy *policy)
{
	struct key_list keys = resolver_graph_references(g->source->graph, &g->out->owner, g->pool);
	struct gateway_keys ancestors;
	int rc;

	resolver_gateway_keys_init(&ancestors, g->pool);
	*push(g) = *policy;
	rc = add_authorities(g, &g->out->owner);
	for (size_t i = 0; !rc && i < keys.n; i++) {
		if (keys.items[i].kind == MSG_KIND_SERVICE)
			rc = resolver_gathering_add_service(g, &keys.items[i]);
		if (keys.items[i].kind == MSG_KIND_BACKEND_TLS_POLICY)
			add_ancestors(g, &keys.items[i], &ancestors);
	}
	for (size_t i = 0; !rc && i < policy->spec.targetRefs.n; i++) {
		const struct msg_key service = resolver_gateway_keys_target(policy, i);

		if (service.kind != MSG_KIND_NONE)
			rc = add_oldest(g, &service, policy->spec.targetRefs.items[i].sectionName,
					false);
	}
	put_ancestors(g, &ancestors.list);
	resolver_gateway_keys_clear(&ancestors);
	return rc;
}
