/* route_cost: what an HTTPRoute takes of the budget of its namespace. */
#ifndef RESOLVER_ROUTE_COST_H
#define RESOLVER_ROUTE_COST_H

#include "msg/cost.h"
#include "resolver/graph/graph.h"
#include "resolver/graph/store.h"

/* Under so many hosts. `defaults`: the PolicyFilters of its GatewayClasses, for rules without
 * one. */
struct msg_cost resolver_route_cost_of(const struct store *store,
				       const struct msg_http_route *route,
				       const struct str_list *hosts,
				       const struct key_list *defaults);

#endif
