/* tls_policies: what a change of a BackendTLSPolicy means for the owners, and who counts for it.
 *
 *   in     a policy that is new, different or gone; an HTTPRoute that names other Services or
 *          parents than before; values of ConfigMaps and Secrets
 *   out    the policies and the HTTPRoutes concerned are marked, the edges are as they should be
 *   owns   nothing
 *   never  asks for an authority of a policy that counts for no HTTPRoute of ours; marks an
 *          HTTPRoute for a policy that an older one keeps from it
 *
 * Edges of the graph:
 *
 *   BackendTLSPolicy -> its Services, and a node for the policies of each; of those that count: the
 *                       ConfigMaps and Secrets with their authorities
 *   our HTTPRoute    -> for each of its Services another node, for those who ask for its policies
 */
#include "resolver/owners/resolve_inside.h"

#include "resolver/graph/gateway_keys.h"

/* ---- policies ---- */

/* Entries that we have written stay ours to take away. */
static bool has_own_entries(const struct resolve *self, const struct msg_backend_tls_policy *policy)
{
	return resolver_gateways_has_entries(self, value_get(policy->status, "ancestors"));
}

/* An HTTPRoute of ours has one of its targets for a backend. */
static bool counts(const struct resolve *self, const struct msg_backend_tls_policy *policy,
		   struct pool *pool)
{
	for (size_t i = 0; i < policy->spec.targetRefs.n; i++) {
		const struct msg_key target = resolver_gateway_keys_target(policy, i);
		const struct msg_key askers = resolver_gateway_keys_tls_askers(&target, pool);

		if (askers.kind != MSG_KIND_NONE &&
		    resolver_graph_n_referrers(&self->graph, &askers))
			return true;
	}
	return false;
}

/* Edges and ownership alone. */
static void link_policy(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	const struct msg_backend_tls_policy *policy = object->backend_tls_policy;
	struct gateway_keys keys;
	struct pool pool;
	bool ours = false;

	pool_init(&pool);
	resolver_gateway_keys_init(&keys, &pool);
	if (policy && self->settings.gateway_api) {
		ours = counts(self, policy, &pool);
		resolver_gateway_keys_of_policy(policy, ours, &keys);
		ours |= has_own_entries(self, policy);
	}
	resolver_gateways_finish(self, &object->key, &keys, ours, seen_ns);
	pool_clear(&pool);
}

struct marking {
	struct resolve *self;
	uint64_t seen_ns;
};

static void mark_askers(void *arg, const struct msg_key *service)
{
	const struct marking *marking = arg;
	struct msg_key askers;
	struct pool pool;

	pool_init(&pool);
	askers = resolver_gateway_keys_tls_askers(service, &pool);
	if (askers.kind != MSG_KIND_NONE)
		resolver_changes_mark_referrers(marking->self, &askers, marking->seen_ns);
	pool_clear(&pool);
}

/* HTTPRoutes that it counts for. */
static void mark_routes(struct resolve *self, const struct msg_key *policy, uint64_t seen_ns)
{
	struct marking marking = { self, seen_ns };

	resolver_tls_order_each_service(&self->tls_order, policy, mark_askers, &marking);
}

static void mark_rival(void *arg, const struct msg_key *policy)
{
	const struct marking *marking = arg;

	if (resolver_changes_is_owner(marking->self, policy))
		resolver_changes_mark(marking->self, policy, marking->seen_ns);
}

/* The other policies of its targets hear which is the oldest one. */
static void mark_rivals(struct resolve *self, const struct msg_key *policy, uint64_t seen_ns)
{
	struct marking marking = { self, seen_ns };

	resolver_tls_order_each_after(&self->tls_order, policy, mark_rival, &marking);
}

void resolver_tls_policies_update(struct resolve *self, const struct msg_object *object,
				  uint64_t seen_ns)
{
	const struct msg_backend_tls_policy *policy = object->backend_tls_policy;
	const struct msg_key *key = &object->key;
	const struct msg_backend_tls_policy *counted = self->settings.gateway_api ? policy : NULL;
	const bool moves = resolver_tls_order_moves(&self->tls_order, key, counted);
	struct msg_object stripped = { .key = *key };
	struct msg_backend_tls_policy shape;
	bool changed;

	if (policy) {
		shape = (struct msg_backend_tls_policy){ resolver_gateways_strip(&policy->metadata),
							 policy->spec, NULL };
		shape.metadata.creationTimestamp = policy->metadata.creationTimestamp;
		stripped.backend_tls_policy = &shape;
	}
	changed = resolver_gateways_set_shape(self, key, policy ? &stripped : NULL);
	if (changed)
		mark_routes(self, key, seen_ns); /* of what it had for targets */
	if (moves) {
		mark_rivals(self, key, seen_ns);
		resolver_tls_order_set(&self->tls_order, key, counted);
	}
	link_policy(self, object, seen_ns);
	if (changed)
		mark_routes(self, key, seen_ns);
	if (moves)
		mark_rivals(self, key, seen_ns);
}

/* ---- what they depend on ---- */

void resolver_tls_policies_follow_route(struct resolve *self, const struct key_list *names,
					uint64_t seen_ns)
{
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < names->n; i++) {
		struct msg_key node;

		if (names->items[i].kind != MSG_KIND_BACKEND_TLS_POLICY)
			continue;
		node = resolver_gateway_keys_tls_policies(&names->items[i], &pool);
		resolver_changes_each_object(self, &node, MSG_KIND_BACKEND_TLS_POLICY, link_policy,
					     seen_ns);
	}
	pool_clear(&pool);
}

void resolver_tls_policies_follow_value(struct resolve *self, const struct msg_key *key,
					uint64_t seen_ns)
{
	resolver_changes_each_key(self, key, MSG_KIND_BACKEND_TLS_POLICY, mark_routes, seen_ns);
}
