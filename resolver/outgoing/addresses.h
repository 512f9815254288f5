/* addresses: where Pomerium is reached, for the status of Ingresses. */
#ifndef RESOLVER_ADDRESSES_H
#define RESOLVER_ADDRESSES_H

#include "base/retry.h"
#include "resolver/owners/resolve.h"

struct addresses {
	/* settings */
	struct str service;    /* namespace/name; empty: none */
	struct str_list fixed; /* IP addresses and host names, instead of a Service */
	struct msg_key key;    /* of the Service; its kind is none if there is none */
	bool due;              /* the publisher has to hear of it, if it is something else */
	uint64_t sent;         /* hash of what was sent last; 0: nothing was */
	struct retry finding;  /* only its lines in the log */
};

/* Of the settings: at most one of the two, and what they say can be an address. */
int resolver_addresses_check(struct addresses *self, struct err *err);
/* The publisher holds nothing. */
void resolver_addresses_again(struct addresses *self);
/* True if *out, which lives in the pool, is news for the publisher. `service`: as it is now; NULL:
 * not there. */
bool resolver_addresses_next(struct addresses *self, const struct msg_service *service,
			     struct pool *pool, struct msg_addresses *out);

#endif
