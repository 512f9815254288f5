/* access: who may come in by a route, in a word. `routes`, `plan`, `explain` and the dump of the
 * publisher say it with these words. */
#ifndef PUBLISHER_ACCESS_H
#define PUBLISHER_ACCESS_H

#include "pb/pomerium.pb-c.h"
#include "publisher/wanted/owner.h"

enum access { /* from narrow to wide */
	      ACCESS_NOBODY,
	      ACCESS_POLICY,
	      ACCESS_ANY_USER,
	      ACCESS_PUBLIC,
	      N_ACCESS
};

enum access publisher_access_of(const Pomerium__Config__Route *route);
const char *publisher_access_word(enum access access);
/* Back from the word; N_ACCESS: it is none. */
enum access publisher_access_from(struct str word);
/* A route as it will be published, with its policies, in the pool, which then holds secrets; NULL:
 * it does not decode. */
Pomerium__Config__Route *publisher_access_unpack(const struct route *route, struct pool *pool);

#endif
