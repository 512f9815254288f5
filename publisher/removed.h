/* removed: the owners that were removed last, and why: who looks for one of them wants to know. */
#ifndef PUBLISHER_REMOVED_H
#define PUBLISHER_REMOVED_H

#include "msg/object.h"

#define REMOVED_MAX 256

struct removed_owner {
	char *text;   /* msg_key_text; NULL: a place that is free */
	char *reason; /* NULL: the object is gone */
	int64_t at;   /* seconds since 1970 */
};

struct removed {
	struct removed_owner items[REMOVED_MAX]; /* a ring */
	size_t next;
};

void publisher_removed_clear(struct removed *removed);
/* `reason` empty: the object is gone. */
void publisher_removed_note(struct removed *removed, const struct msg_key *owner,
			    struct str reason);
/* NULL: it is not known that it was removed. */
const struct removed_owner *publisher_removed_find(const struct removed *removed,
						   const struct msg_key *owner);

#endif
