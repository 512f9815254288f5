/* refuse: who may not stand beside others is rejected. */
#ifndef PUBLISHER_REFUSE_H
#define PUBLISHER_REFUSE_H

#include "publisher/wanted/wanted_inside.h"

/* Notes what in its routes others may have a say in. */
void publisher_refuse_look(struct owner *owner);
/* As a route of it spells a host, in whatever case; absent: it has none there. */
struct str publisher_refuse_spelling(const struct owner *owner, struct str host);
/* Whether it shares with others what it must not, for which all of it is rejected, and why. */
bool publisher_refuse_reason(const struct wanted *self, const struct owner *owner, struct err *why);
/* The same, and it becomes the reason of the owner, or ceases to be; a reason of its newest state
 * stays. */
bool publisher_refuse_owner(struct wanted *self, struct owner *owner);
/* The listener hears of what others have done to it since it heard last. */
void publisher_refuse_tell(struct wanted *self, struct owner *owner);
/* It is told otherwise what it is refused for now; true: that is something else than before. */
bool publisher_refuse_note(struct owner *owner);

#endif
