/* gathering: what an owner of the Gateway API names, while it is put together. */
#ifndef RESOLVER_GATHERING_H
#define RESOLVER_GATHERING_H

#include "resolver/bundle/bundle_parts.h"

struct gathering {
	const struct bundle_source *source;
	struct pool *pool;
	struct msg_bundle *out;
	struct msg_ticket *ticket;
	struct err *err;
	bool waits; /* something that was asked for has not come yet */
};

/* What an owner says of itself stays; of the others there is no status and no time. */
struct msg_meta resolver_gathering_bare(const struct msg_meta *meta);
/* 1: it is there. 0: it is not. -1: nobody can tell just now. */
int resolver_gathering_get(struct gathering *g, const struct msg_key *key, struct msg_object *out);
/* Whether it is an owner. */
bool resolver_gathering_is_ours(const struct gathering *g, const struct msg_key *key);
/* 0, also if it is not there; -1: nobody can tell just now. */
int resolver_gathering_add_service(struct gathering *g, const struct msg_key *key);

/* bundle_tls.c: the BackendTLSPolicies of a Service, by the node that its HTTPRoutes refer to, with
 * the authorities that they name. */
int resolver_bundle_tls_add(struct gathering *g, const struct msg_key *asked);
/* A policy with those that have a target of it, too, its Services and authorities, and the Gateways
 * that it counts for. */
int resolver_bundle_tls_from_policy(struct gathering *g,
				    const struct msg_backend_tls_policy *policy);

#endif
