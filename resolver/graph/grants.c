/* grants: the ReferenceGrants of a namespace.
 *
 *   in     the graph, in which they refer to one node, and the store
 *   out    all of them, for a bundle; whether a Gateway or a ListenerSet may have a Secret
 *   owns   nothing
 *   never  asks for a value that no grant allows: the translator judges all other references
 */
#include "resolver/graph/grants.h"

#include "resolver/graph/gateway_keys.h"

static int compare(const void *a, const void *b)
{
	return msg_key_cmp(a, b);
}

void resolver_grants_add(const struct graph *graph, const struct store *store, struct str namespace,
			 struct pool *pool, struct msg_reference_grant_list *out)
{
	const struct msg_key all = resolver_gateway_keys_grants(namespace);
	struct key_list list = resolver_graph_referrers(graph, &all, pool);

	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), compare);
	for (size_t i = 0; i < list.n; i++) {
		struct msg_reference_grant *grant;
		struct msg_object object;

		if (resolver_store_get(store, &list.items[i], pool, &object) < 0)
			continue;
		grant = pool_push(pool, &out->items, &out->n, sizeof(*grant));
		*grant = *object.reference_grant;
		grant->metadata = (struct msg_meta){ .namespace = grant->metadata.namespace,
						     .name = grant->metadata.name,
						     .uid = STR("") };
	}
}

static bool allows(const struct msg_reference_grant_spec *spec, const struct msg_key *referrer,
		   const struct msg_key *secret)
{
	bool from = false, to = false;

	for (size_t i = 0; i < spec->from.n; i++)
		from |= str_is(spec->from.items[i].group, "gateway.networking.k8s.io") &&
			str_is(spec->from.items[i].kind,
			       msg_kind_name((enum msg_kind)referrer->kind)) &&
			str_eq(spec->from.items[i].namespace, referrer->namespace);
	for (size_t i = 0; i < spec->to.n; i++)
		to |= !spec->to.items[i].group.len && str_is(spec->to.items[i].kind, "Secret") &&
		      (!spec->to.items[i].name.len || str_eq(spec->to.items[i].name, secret->name));
	return from && to;
}

bool resolver_grants_allow(const struct graph *graph, const struct store *store,
			   const struct msg_key *referrer, const struct msg_key *secret,
			   struct pool *pool)
{
	struct msg_reference_grant_list list = { 0 };

	if (str_eq(referrer->namespace, secret->namespace))
		return true;
	resolver_grants_add(graph, store, secret->namespace, pool, &list);
	for (size_t i = 0; i < list.n; i++)
		if (allows(&list.items[i].spec, referrer, secret))
			return true;
	return false;
}
