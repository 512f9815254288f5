/* limits: what an owner with routes, and all those of a namespace, may cost: flags of the
 * resolver. */
#ifndef RESOLVER_LIMITS_H
#define RESOLVER_LIMITS_H

#include "actor/conf_option.h"
#include "msg/cost.h"

struct limits {
	struct msg_cost_limits owner;
	struct {
		long routes, bytes;
	} namespace; /* of all that make routes; 0: any */
};

/* What the options fill in. */
extern struct limits resolver_limits;
extern const struct conf_option resolver_limits_options[];

#endif
