/* send: what goes to the watcher and to the publisher. Each function sends as much as the peer has
 * credit for, and nothing while it is down (NULL). */
#ifndef RESOLVER_SEND_H
#define RESOLVER_SEND_H

#include "actor/actor.h"
#include "resolver/outgoing/outgoing.h"

/* SECRET_WANTED: first those that need not be followed any more, then those to ask for, as far as
 * they are still wanted. */
void resolver_send_wanted(struct actor_peer *watcher, struct keyqueue *unwanted,
			  struct keyqueue *wanted, const struct secrets *secrets);
/* SECRET_PUT, of the Secrets in the queue that have values. */
void resolver_send_values(struct actor_peer *publisher, struct keyqueue *keys,
			  const struct secrets *secrets);
/* CLASSES, if that is news; not before there is an announcement. */
void resolver_send_classes(struct actor_peer *publisher, struct outgoing *out,
			   const struct resolve *resolve);
/* INVENTORY: the chunks of a running announcement. */
void resolver_send_inventory(struct actor_peer *publisher, struct announce *announce,
			     uint64_t epoch);
/* ADDRESSES, if they are due and something else than was sent last. */
void resolver_send_addresses(struct actor_peer *publisher, struct addresses *addresses,
			     const struct resolve *resolve);
/* FLUSHED, from time to time; returns when to call again, UINT64_MAX: not on this account. */
uint64_t resolver_send_flushed(struct actor_peer *publisher, struct flush *flush,
			       const struct queue *queue, uint64_t epoch);

#endif
