/* route_packing: routes in the pieces that a CONFIG has them in: what several of them share is
 * packed once. */
#ifndef TRANSLATOR_ROUTE_PACKING_H
#define TRANSLATOR_ROUTE_PACKING_H

#include "base/map.h"
#include "msg/config.h"
#include "pb/pomerium.pb-c.h"

struct route_packing {
	struct msg_config *out;
	struct pool *pool;                         /* of `out` */
	struct map templates, policies, upstreams; /* packed -> its index and one */
	size_t used;                               /* bytes so far */
};

void translator_route_packing_init(struct route_packing *self, struct msg_config *out,
				   struct pool *pool);
void translator_route_packing_clear(struct route_packing *self);
/* The index of the template with all that this route says; it is added if it is new. */
uint64_t translator_route_packing_template(struct route_packing *self,
					   const Pomerium__Config__Route *shared);
/* Adds a route of a template. Its upstreams are those of `whole`; `own` has the rest that is of it
 * alone, and no upstreams. */
void translator_route_packing_add(struct route_packing *self, uint64_t template,
				  const Pomerium__Config__Route *whole,
				  const Pomerium__Config__Route *own);
/* -1: all of it is larger than a CONFIG may be, so nothing more needs to be added; the sentence
 * says that the object should be split. */
int translator_route_packing_check(const struct route_packing *self, const char *object,
				   struct err *err);

#endif
