/* endpoints: ready addresses of a Service, merged over its EndpointSlices. */
#ifndef RESOLVER_ENDPOINTS_H
#define RESOLVER_ENDPOINTS_H

#include "msg/bundle.h"

/* Gathers ports and addresses while slices (or Endpoints objects) are added; finish sorts and
 * removes duplicates. */
struct endpoints {
	struct pool *pool;
	struct msg_bundle_endpoint_list list;
	size_t n_addresses; /* over all ports */
};

/* The Service that a slice belongs to; empty if it belongs to none. */
struct str resolver_endpoints_service_of(const struct msg_endpoint_slice *slice);
void resolver_endpoints_add_slice(struct endpoints *endpoints,
				  const struct msg_endpoint_slice *slice);
void resolver_endpoints_add_endpoints(struct endpoints *endpoints,
				      const struct msg_endpoints *object);
struct msg_bundle_endpoint_list resolver_endpoints_finish(struct endpoints *endpoints);

#endif
