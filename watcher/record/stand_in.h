/* stand_in: what a recording has in the place of a Secret's values.
 *
 * Rules look at values: a key must fit its certificate, a header may hold no line break. So what
 * stands in for a value is of the same kind. A certificate is public and stays; if the Secret has
 * its key, too, it is signed anew with a key of the recorder's. Of a text, letters and digits are
 * replaced by others of their kind, and all of it if it has none: its length, and the other
 * characters of one that has some, can still be seen. Equal values have equal stand-ins as long as
 * one recorder runs, and never else; short ones may have the same though they differ. */
#ifndef WATCHER_STAND_IN_H
#define WATCHER_STAND_IN_H

#include "base/map.h"
#include "msg/msg.h"

struct stand_in {
	struct hash key;   /* thrown away with the recorder */
	struct map keys;   /* type and size of a private key -> EVP_PKEY */
	struct map chains; /* digest under the key -> what stands in for the chain */
};

void watcher_stand_in_init(struct stand_in *self);
void watcher_stand_in_clear(struct stand_in *self);
/* In the pool; what is no secret is borrowed. */
struct msg_secret_value
watcher_stand_in_of(struct stand_in *self, const struct msg_secret_value *value, struct pool *pool);

#endif
