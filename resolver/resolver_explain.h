/* resolver_explain: what the resolver knows of one object, and all of it, as JSON. */
#ifndef RESOLVER_RESOLVER_EXPLAIN_H
#define RESOLVER_RESOLVER_EXPLAIN_H

#include "actor/actor.h"
#include "resolver/jobs/queue.h"
#include "resolver/owners/resolve.h"

/* One owner: managed or why not, class, the state of its job (`queue`), what became of it last
 * (`state`: ready, rejected with `reason`, waiting for Secrets), and what it refers to with the
 * addresses in use. -1: there is no such object. */
int resolver_explain(struct resolve *resolve, const struct queue *queue, const struct msg_key *key,
		     struct buf *out, struct err *err);
/* {"room":..., "owners":[as above], "objects":[as the watcher sent them]}; Secrets by name only. */
bool resolver_explain_dump(struct resolve *resolve, const struct queue *queue,
			   struct actor_dump *dump, struct buf *out);

#endif
