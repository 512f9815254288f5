/* settle: what of each owner may be published beside the others, and following it when others come
 * and go. */
#ifndef PUBLISHER_SETTLE_H
#define PUBLISHER_SETTLE_H

#include "publisher/wanted/wanted_inside.h"

void publisher_settle_init(struct wanted *self);
/* Since when it has been there; 0: unknown. */
void publisher_settle_age(struct wanted *self, struct owner *owner, int64_t created);
/* The hosts that it names, whether it can be published or not; those of its routes apart. */
void publisher_settle_claim(struct wanted *self, struct owner *owner, const struct str_list *hosts);
/* Makes it what the owner would publish if it were alone. NULL: nothing. */
void publisher_settle_take(struct wanted *self, struct owner *owner, struct good *whole);
/* Finds who must not be published at all among those whose lot has changed. */
void publisher_settle_bars(struct wanted *self);
/* Settles this owner. True: what is published of it is different now. */
bool publisher_settle_owner(struct wanted *self, struct owner *owner);
/* All others whose lot has changed by it, unless nothing is to be settled yet. */
void publisher_settle_others(struct wanted *self);
/* The owner is about to go. */
void publisher_settle_forget(struct wanted *self, struct owner *owner);

#endif
