/* dispatch: hands out the owners whose turn it is. */
#ifndef RESOLVER_DISPATCH_H
#define RESOLVER_DISPATCH_H

#include "actor/actor.h"
#include "resolver/outgoing/outgoing.h"

/* BUNDLE to the workers that have credit; REJECT and DELETE to the publisher. Nothing goes out
 * while the publisher has no credit or is down (NULL). False: there may be more to do, and it is to
 * be called again soon. */
bool resolver_dispatch(struct outgoing *out, struct resolve *resolve, struct actor_peer *publisher,
		       uint64_t epoch);

#endif
