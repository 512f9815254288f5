/* refuse: who has a host of others is rejected, where the flags say so. */
#ifndef PUBLISHER_REFUSE_H
#define PUBLISHER_REFUSE_H

#include "publisher/wanted/wanted_inside.h"

/* Whether it has a host of others, for which all of it is rejected, and why. */
bool publisher_refuse_reason(struct wanted *self, const struct owner *owner, struct err *why);
/* The same, and it becomes the reason of the owner, or ceases to be; a reason of its newest state
 * stays. */
bool publisher_refuse_owner(struct wanted *self, struct owner *owner);

#endif
