/* claim: what an owner claims beside the others: the hosts that it names, and the places of its
 * routes. */
#ifndef PUBLISHER_CLAIM_H
#define PUBLISHER_CLAIM_H

#include "publisher/wanted/wanted_inside.h"

/* Since when it has been there; 0: unknown. */
void publisher_claim_age(struct wanted *self, struct owner *owner, int64_t created);
/* The hosts that it names, whether it can be published or not; those of its routes apart. */
void publisher_claim_hosts(struct wanted *self, struct owner *owner, const struct str_list *hosts);
/* Makes it what the owner would publish if it were alone. NULL: nothing. */
void publisher_claim_take(struct wanted *self, struct owner *owner, struct good *whole);
/* It claims nothing any more. */
void publisher_claim_drop(struct wanted *self, struct owner *owner);

#endif
