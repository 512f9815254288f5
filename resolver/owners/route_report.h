/* route_report: what an HTTPRoute is told that no translator has seen. */
#ifndef RESOLVER_ROUTE_REPORT_H
#define RESOLVER_ROUTE_REPORT_H

#include "resolver/owners/resolve.h"

/* A report as a translator makes one: it is not accepted; in the pool. */
struct value *resolver_route_report_make(const struct resolve *self,
					 const struct msg_http_route *route, struct pool *pool);

#endif
