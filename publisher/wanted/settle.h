/* settle: what of each owner may be published beside the others, and following it when others come
 * and go. */
#ifndef PUBLISHER_SETTLE_H
#define PUBLISHER_SETTLE_H

#include "publisher/wanted/wanted_inside.h"

void publisher_settle_init(struct wanted *self);
/* Others may have changed the lot of this owner; the first one is the struct wanted. */
void publisher_settle_mark(void *wanted, struct owner *owner);
/* Finds who must not be published at all among those whose lot has changed. */
void publisher_settle_bars(struct wanted *self);
/* Settles this owner. True: what is published of it is different now. */
bool publisher_settle_owner(struct wanted *self, struct owner *owner);
/* All others whose lot has changed by it, unless nothing is to be settled yet. */
void publisher_settle_others(struct wanted *self);
/* The owner is about to go. */
void publisher_settle_forget(struct wanted *self, struct owner *owner);

#endif
