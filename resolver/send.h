/* send: what the resolver sends, as far as its peers have credit for it. */
#ifndef RESOLVER_SEND_H
#define RESOLVER_SEND_H

#include "actor/actor.h"
#include "resolver/state/addresses.h"
#include "resolver/state/announce.h"
#include "resolver/graph/keyqueue.h"
#include "resolver/jobs/queue.h"
#include "resolver/owners/resolve.h"

/* The state of the resolver. */
struct resolver {
	struct resolve_settings settings;
	struct actor_loop *loop;
	struct resolve *resolve;
	struct queue queue; /* owners to translate */
	struct announce inventory;
	struct keyqueue drops;  /* Secrets that the watcher need not follow any more ... */
	struct keyqueue asks;   /* ... and then those to ask it for */
	struct keyqueue values; /* Secrets whose values the publisher lacks */
	struct addresses addresses;
	struct actor_peer *watcher, *publisher; /* NULL while they are down */
	uint64_t deleted;                       /* number of the last DELETE */
	uint64_t flushable,
		flushed; /* as computed at the last tick, as last sent to the publisher */
	uint64_t flush_at_ms;
};

/* What is to be sent, empty; and the core, which writes into it. */
void resolver_send_open(struct resolver *r);
void resolver_send_close(struct resolver *r);
/* Sends what there is to send; to be called whenever something has changed or a peer has credit
 * again. */
void resolver_send_all(struct resolver *r);
/* Announces all owners to a publisher that knows nothing: first the values, then the inventory,
 * then all bundles. */
void resolver_send_inventory(struct resolver *r);
/* From time to time: up to which number tombstones can go. */
void resolver_send_flushed(struct resolver *r, uint64_t now_ms);

#endif
