/* route_hosts: the hosts that the routes of an HTTPRoute may have. */
#ifndef RESOLVER_ROUTE_HOSTS_H
#define RESOLVER_ROUTE_HOSTS_H

#include "base/text/text_set.h"
#include "msg/bundle.h"
#include "msg/ticket.h"

struct route_hosts {
	const struct msg_http_route *route;
	struct text_set set; /* in normal form */
};
void resolver_route_hosts_init(struct route_hosts *hosts, const struct msg_http_route *route,
			       struct pool *pool);
void resolver_route_hosts_clear(struct route_hosts *hosts); /* the list stays */
/* What it has in common with the listeners of the parent that its parentRef i names. */
void resolver_route_hosts_add(struct route_hosts *hosts, size_t i,
			      const struct msg_listener_list *listeners);

/* All of them, into the ticket. */
void resolver_route_hosts_list(const struct msg_bundle *bundle, struct pool *pool,
			       struct msg_ticket *out);

#endif
