/* publisher_explain: what this room knows of one owner, and of all, as JSON. */
#ifndef PUBLISHER_PUBLISHER_EXPLAIN_H
#define PUBLISHER_PUBLISHER_EXPLAIN_H

#include "publisher/handlers.h"

/* One owner: its routes in the order in which the proxy tries them, since when, why its newest
 * state cannot be published or what the last such reason was, and what is stored of it. -1: nothing
 * came of this owner. */
int publisher_explain_owner(const struct handlers *h, const struct msg_key *key, struct buf *out,
			    struct err *err);
/* The next piece of {"room":..., "owners":[as above], "certificates":..., "held_back":...}, as the
 * hook `dump` has it; no key, no secret
 * value. */
bool publisher_explain_all(const struct handlers *h, struct actor_dump *dump, struct buf *out);

#endif
