/* grants: the ReferenceGrants of a namespace. */
#ifndef RESOLVER_GRANTS_H
#define RESOLVER_GRANTS_H

#include "msg/bundle.h"
#include "resolver/graph/graph.h"
#include "resolver/graph/store.h"

/* Whether a Gateway or a ListenerSet may name that Secret. The pool is for what is read on the way,
 * no longer. */
bool resolver_grants_allow(const struct graph *graph, const struct store *store,
			   const struct msg_key *referrer, const struct msg_key *secret,
			   struct pool *pool);
/* Appends all grants of a namespace, in the order of their names. */
void resolver_grants_add(const struct graph *graph, const struct store *store, struct str namespace,
			 struct pool *pool, struct msg_reference_grant_list *out);

#endif
