/* route_parts: the routes of a CONFIG, in the pieces that it has them in. */
#ifndef PUBLISHER_ROUTE_PARTS_H
#define PUBLISHER_ROUTE_PARTS_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/arrival.h"
#include "publisher/wanted/owner.h"

struct route_parts {
	const struct msg_config *config;
	struct pool *pool;
	Pomerium__Config__Route **templates; /* each decoded once, to be filled in */
	struct route_place *places;          /* of each route, decoded once too */
};

/* Decodes every piece once. -1 and a sentence: one does not decode, or is where it must not be. */
int publisher_route_parts_open(struct route_parts *self, const struct arrival *arrival,
			       struct pool *pool, struct err *err);
/* With the templates as they are now; in the pool. */
struct packed_route *publisher_route_parts_pack(const struct route_parts *self);

#endif
