/* wanted_inside: what the files of the publisher see of struct wanted; others use wanted.h. */
#ifndef PUBLISHER_WANTED_INSIDE_H
#define PUBLISHER_WANTED_INSIDE_H

#include "publisher/wanted/owner.h"
#include "publisher/wanted/conflicts.h"
#include "publisher/wanted/wanted.h"

struct wanted {
	struct map owners; /* msg_key_text -> struct owner */
	struct secret_cache secret_cache;
	struct certs certs;
	struct conflicts conflicts;
	struct wanted_sink sink;
	struct wanted_needs needs;
	size_t n_routes, n_rejected;
};

/* The owner of this key, or NULL. */
struct owner *publisher_wanted_owner(const struct wanted *self, const struct msg_key *key);
/* Makes the parts the last good configuration of an owner, which is made if it is new. Takes over
 * the certificates that the parts hold, also on failure. */
enum wanted_outcome publisher_wanted_adopt(struct wanted *self, const struct msg_key *key,
					   const struct good_parts *parts, struct err *err);
/* The newest state of an owner cannot be published, for this reason; its last good stays. */
void publisher_wanted_fault(struct wanted *self, const struct msg_key *key, const char *reason);

#endif
