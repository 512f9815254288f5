/* route_hosts: the hosts that the routes of an HTTPRoute may have. */
#ifndef RESOLVER_ROUTE_HOSTS_H
#define RESOLVER_ROUTE_HOSTS_H

#include "msg/bundle.h"
#include "msg/ticket.h"

void resolver_route_hosts_list(const struct msg_bundle *bundle, struct pool *pool,
			       struct msg_ticket *out);

#endif
