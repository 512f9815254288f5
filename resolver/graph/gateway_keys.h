/* gateway_keys: what the Gateway API's objects name. */
#ifndef RESOLVER_GATEWAY_KEYS_H
#define RESOLVER_GATEWAY_KEYS_H

#include "base/map.h"
#include "msg/gateway.h"
#include "resolver/graph/graph.h"

/* Keys, each once, in the order in which they were added; those that no object can have are left
 * out. */
struct gateway_keys {
	struct pool *pool;
	struct key_list list;
	struct map seen;
};
void resolver_gateway_keys_init(struct gateway_keys *keys, struct pool *pool);
void resolver_gateway_keys_clear(struct gateway_keys *keys); /* the list stays, in the pool */
void resolver_gateway_keys_add(struct gateway_keys *keys, struct msg_key key);

/* Two nodes of the graph for the ReferenceGrants of a namespace, which no grant can be called: the
 * grants refer to the first, and who asks for them to the second. */
struct msg_key resolver_gateway_keys_grants(struct str namespace);
struct msg_key resolver_gateway_keys_askers(struct str namespace);

/* Two nodes for a Service, which no policy can be called: BackendTLSPolicies that have it for a
 * target refer to the first, HTTPRoutes of ours that have it for a backend to the second. Each is
 * found by the other one, or by the key of the Service; in the pool. */
struct msg_key resolver_gateway_keys_tls_policies(const struct msg_key *of, struct pool *pool);
struct msg_key resolver_gateway_keys_tls_askers(const struct msg_key *of, struct pool *pool);
/* The Service that a target of a policy is, or no kind. */
struct msg_key resolver_gateway_keys_target(const struct msg_backend_tls_policy *policy, size_t i);

/* The Gateway or ListenerSet that a parentRef of an HTTPRoute names; no kind if it names something
 * else. */
struct msg_key resolver_gateway_keys_parent(const struct msg_http_route *route, size_t i);
/* The Gateway that a ListenerSet names, or no kind. */
struct msg_key resolver_gateway_keys_gateway(const struct msg_listener_set *set);
/* The PolicyFilter that a filter of a route in this namespace names, or no kind. */
struct msg_key resolver_gateway_keys_filter(const struct msg_http_filter *filter,
					    struct str namespace);
/* The PolicyFilter that a GatewayClass names, or no kind. */
struct msg_key resolver_gateway_keys_policy(const struct msg_gateway_class *class);
/* Services and who asks for their policies, PolicyFilters, the namespace; foreign namespaces whose
 * grants count. */
void resolver_gateway_keys_of_route(const struct msg_http_route *route, struct gateway_keys *keys);
/* The nodes for the policies of its Services; these, ConfigMaps and Secrets with authorities, if it
 * counts for anybody. */
void resolver_gateway_keys_of_policy(const struct msg_backend_tls_policy *policy, bool counts,
				     struct gateway_keys *keys);
/* Secrets of listeners, in the namespace of their Gateway or ListenerSet and in others. */
void resolver_gateway_keys_of_listeners(const struct msg_listener_list *listeners, struct str own,
					struct gateway_keys *keys);

#endif
