/* addresses: where Pomerium is reached, for the status of Ingresses. */
#ifndef RESOLVER_ADDRESSES_H
#define RESOLVER_ADDRESSES_H

#include "resolver/owners/resolve.h"

struct addresses {
	/* settings */
	struct str service;    /* namespace/name; empty: none */
	struct str_list fixed; /* IP addresses and host names, instead of a Service */
	struct msg_key key;    /* of the Service; its kind is none if there is none */
	bool due;              /* the publisher has to be told, if it is something else */
	uint64_t told;         /* hash of what it was told; 0: nothing */
	uint64_t complaint;    /* hash of the sentence that was logged last; 0: none */
};

/* Of the settings: at most one of the two, and what they say can be an address. */
int resolver_addresses_check(struct addresses *self, struct err *err);
/* Is an address to be told at all? If not, the publisher hears just that. */
bool resolver_addresses_wanted(const struct addresses *self);
/* The publisher holds nothing. */
void resolver_addresses_again(struct addresses *self);
/* True if *out, which lives in the pool, is news for the publisher. `service`: as it is now; NULL:
 * not there. */
bool resolver_addresses_news(struct addresses *self, const struct msg_service *service,
			     struct pool *pool, struct msg_addresses *out);

/* What a Service says of where it is reached; -1: nothing that could be told. */
int resolver_addresses_from_service(const struct msg_service *service, struct pool *pool,
				    struct msg_load_balancer *out, struct err *err);

#endif
