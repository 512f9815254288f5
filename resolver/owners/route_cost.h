/* route_cost: what an HTTPRoute takes of the budget of its namespace. */
#ifndef RESOLVER_ROUTE_COST_H
#define RESOLVER_ROUTE_COST_H

#include "base/map.h"
#include "msg/cost.h"
#include "resolver/graph/graph.h"

/* Under so many hosts. `ppl_sizes`: key texts of PolicyFilters -> how many bytes of ppl each has, a
 * size_t. `defaults`: the PolicyFilters of its GatewayClasses, for rules without
 * one. */
struct msg_cost resolver_route_cost_of(const struct map *ppl_sizes,
				       const struct msg_http_route *route,
				       const struct str_list *hosts,
				       const struct key_list *defaults);

#endif
