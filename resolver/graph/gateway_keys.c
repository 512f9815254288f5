/* gateway_keys: what the Gateway API's objects name.
 *
 *   in     an HTTPRoute, a Gateway, a ListenerSet, a GatewayClass or a BackendTLSPolicy
 *   out    the keys that it names, with the API's defaults filled in
 *   owns   nothing
 *   never  judges whether it may name them: that is the translator's work
 */
#include "resolver/graph/gateway_keys.h"

#include "resolver/graph/key.h"

#define GROUP "gateway.networking.k8s.io"
#define POLICY_GROUP "gateway.pomerium.io"

static char seen; /* the value in keys->seen */

void resolver_gateway_keys_init(struct gateway_keys *keys, struct pool *pool)
{
	*keys = (struct gateway_keys){ .pool = pool };
	map_init(&keys->seen, NULL);
}

void resolver_gateway_keys_clear(struct gateway_keys *keys)
{
	map_clear(&keys->seen);
}

static bool is_node(const struct msg_key *key)
{
	if (key->kind == MSG_KIND_BACKEND_TLS_POLICY)
		return key->name.len > 1 && (key->name.ptr[0] == '*' || key->name.ptr[0] == '?');
	return key->kind == MSG_KIND_REFERENCE_GRANT && key->name.len == 1;
}

void resolver_gateway_keys_add(struct gateway_keys *keys, struct msg_key key)
{
	struct key_text buf;
	struct str text;

	if (!resolver_key_can_exist(&key) && !is_node(&key))
		return;
	text = resolver_key_text(&key, &buf);
	if (map_get(&keys->seen, text))
		return;
	map_put(&keys->seen, text, &seen);
	*(struct msg_key *)pool_push(keys->pool, &keys->list.items, &keys->list.n, sizeof(key)) =
		key;
}

struct msg_key resolver_gateway_keys_grants(struct str namespace)
{
	return (struct msg_key){ MSG_KIND_REFERENCE_GRANT, namespace, STR("*") };
}

struct msg_key resolver_gateway_keys_askers(struct str namespace)
{
	return (struct msg_key){ MSG_KIND_REFERENCE_GRANT, namespace, STR("?") };
}

/* No kind: its name would be too long. */
static struct msg_key tls_node(const struct msg_key *of, char mark, struct pool *pool)
{
	const struct str service =
		of->kind == MSG_KIND_SERVICE ? of->name : str_slice(of->name, 1, of->name.len);
	struct msg_key key = { MSG_KIND_BACKEND_TLS_POLICY, of->namespace,
			       pool_printf(pool, "%c" STR_FMT, mark, STR_ARG(service)) };

	if (of->kind == MSG_KIND_NONE || key.name.len > KEY_NAME_MAX)
		key.kind = MSG_KIND_NONE;
	return key;
}

struct msg_key resolver_gateway_keys_tls_policies(const struct msg_key *of, struct pool *pool)
{
	return tls_node(of, '*', pool);
}

struct msg_key resolver_gateway_keys_tls_askers(const struct msg_key *of, struct pool *pool)
{
	return tls_node(of, '?', pool);
}

struct msg_key resolver_gateway_keys_target(const struct msg_backend_tls_policy *policy, size_t i)
{
	const struct msg_policy_target *target = &policy->spec.targetRefs.items[i];
	struct msg_key key = { MSG_KIND_SERVICE, policy->metadata.namespace, target->name };

	if (target->group.len || !str_is(target->kind, "Service") || !resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	return key;
}

static bool is_or_absent(struct str text, const char *word)
{
	return !text.ptr || str_is(text, word);
}

struct msg_key resolver_gateway_keys_parent(const struct msg_http_route *route, size_t i)
{
	const struct msg_parent_ref *ref = &route->spec.parentRefs.items[i];
	struct msg_key key = { MSG_KIND_GATEWAY,
			       ref->namespace.len ? ref->namespace : route->metadata.namespace,
			       ref->name };

	if (str_is(ref->kind, "ListenerSet"))
		key.kind = MSG_KIND_LISTENER_SET;
	else if (!is_or_absent(ref->kind, "Gateway"))
		key.kind = MSG_KIND_NONE;
	if (!is_or_absent(ref->group, GROUP) || !resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	return key;
}

struct msg_key resolver_gateway_keys_gateway(const struct msg_listener_set *set)
{
	const struct msg_object_ref *ref = &set->spec.parentRef;
	struct msg_key key = { MSG_KIND_GATEWAY,
			       ref->namespace.len ? ref->namespace : set->metadata.namespace,
			       ref->name };

	if (!is_or_absent(ref->group, GROUP) || !is_or_absent(ref->kind, "Gateway") ||
	    !resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	return key;
}

struct msg_key resolver_gateway_keys_policy(const struct msg_gateway_class *class)
{
	const struct msg_object_ref *ref = class->spec.parametersRef;
	struct msg_key key = { 0 };

	if (ref && str_is(ref->group, POLICY_GROUP) && str_is(ref->kind, "PolicyFilter"))
		key = (struct msg_key){ MSG_KIND_POLICY_FILTER, ref->namespace, ref->name };
	return key;
}

/* The grants of another namespace count. */
static void add_askers(struct gateway_keys *keys, struct str own, struct str namespace)
{
	const struct msg_key as_namespace = { .kind = MSG_KIND_NAMESPACE, .name = namespace };

	if (!str_eq(own, namespace) && namespace.len <= KEY_NAMESPACE_MAX &&
	    resolver_key_can_exist(&as_namespace))
		resolver_gateway_keys_add(keys, resolver_gateway_keys_askers(namespace));
}

static void add_backends(const struct msg_http_backend_ref_list *refs, struct str own,
			 struct gateway_keys *keys)
{
	for (size_t i = 0; i < refs->n; i++) {
		const struct msg_http_backend_ref *ref = &refs->items[i];
		struct msg_key key = { MSG_KIND_SERVICE, ref->namespace.len ? ref->namespace : own,
				       ref->name };

		if (ref->group.len || !is_or_absent(ref->kind, "Service"))
			continue;
		add_askers(keys, own, key.namespace);
		resolver_gateway_keys_add(keys, key);
		if (resolver_key_can_exist(&key))
			resolver_gateway_keys_add(
				keys, resolver_gateway_keys_tls_askers(&key, keys->pool));
	}
}

struct msg_key resolver_gateway_keys_filter(const struct msg_http_filter *filter,
					    struct str namespace)
{
	const struct msg_object_ref *ref = filter->extensionRef;
	struct msg_key key = { 0 };

	if (ref && str_is(ref->group, POLICY_GROUP) && str_is(ref->kind, "PolicyFilter"))
		key = (struct msg_key){ MSG_KIND_POLICY_FILTER, namespace, ref->name };
	return key;
}

static void add_filters(const struct msg_http_filter_list *filters, struct str own,
			struct gateway_keys *keys)
{
	for (size_t i = 0; i < filters->n; i++)
		resolver_gateway_keys_add(keys,
					  resolver_gateway_keys_filter(&filters->items[i], own));
}

void resolver_gateway_keys_of_route(const struct msg_http_route *route, struct gateway_keys *keys)
{
	struct str own = route->metadata.namespace;

	resolver_gateway_keys_add(keys, (struct msg_key){ MSG_KIND_NAMESPACE, STR(""), own });
	for (size_t i = 0; i < route->spec.rules.n; i++) {
		add_backends(&route->spec.rules.items[i].backendRefs, own, keys);
		add_filters(&route->spec.rules.items[i].filters, own, keys);
	}
}

void resolver_gateway_keys_of_policy(const struct msg_backend_tls_policy *policy, bool counts,
				     struct gateway_keys *keys)
{
	const struct msg_object_ref_list *refs = &policy->spec.validation.caCertificateRefs;

	for (size_t i = 0; i < policy->spec.targetRefs.n; i++) {
		const struct msg_key target = resolver_gateway_keys_target(policy, i);

		resolver_gateway_keys_add(keys,
					  resolver_gateway_keys_tls_policies(&target, keys->pool));
		if (counts)
			resolver_gateway_keys_add(keys, target);
	}
	for (size_t i = 0; counts && i < refs->n; i++) {
		const struct msg_object_ref *ref = &refs->items[i];
		struct msg_key key = { MSG_KIND_NONE, policy->metadata.namespace, ref->name };

		if (!ref->group.len && str_is(ref->kind, "ConfigMap"))
			key.kind = MSG_KIND_CONFIG_MAP;
		else if (!ref->group.len && str_is(ref->kind, "Secret"))
			key.kind = MSG_KIND_SECRET;
		resolver_gateway_keys_add(keys, key);
	}
}

void resolver_gateway_keys_of_listeners(const struct msg_listener_list *listeners, struct str own,
					struct gateway_keys *keys)
{
	for (size_t i = 0; i < listeners->n; i++) {
		const struct msg_listener_tls *tls = listeners->items[i].tls;

		for (size_t k = 0; tls && k < tls->certificateRefs.n; k++) {
			const struct msg_object_ref *ref = &tls->certificateRefs.items[k];
			struct str namespace = ref->namespace.len ? ref->namespace : own;

			if (ref->group.len || !is_or_absent(ref->kind, "Secret"))
				continue;
			add_askers(keys, own, namespace);
			resolver_gateway_keys_add(
				keys, (struct msg_key){ MSG_KIND_SECRET, namespace, ref->name });
		}
	}
}
