/* host_owner: which namespace a host belongs to: that of the oldest object that names it. Where
 * ages are equal or unknown nobody is older, and the host belongs to all of them. */
#ifndef PUBLISHER_HOST_OWNER_H
#define PUBLISHER_HOST_OWNER_H

#include "base/map.h"
#include "publisher/wanted/owner.h"

struct host_claims {
	struct map hosts; /* normal form -> struct host_claim */
	void *self;
	/* The namespaces that name it, or their ages, are different now. May be NULL. */
	void (*changed)(void *self, struct str host);
};

/* Whether something of this age is older, beyond doubt, than something of the other one. 0: an
 * unknown age. */
bool publisher_host_owner_is_older(int64_t created, int64_t other);
/* The older one first, unknown ages last, then by kind, namespace and name. */
int publisher_host_owner_compare(const struct owner *a, const struct owner *b);

void publisher_host_owner_init(struct host_claims *claims);
void publisher_host_owner_clear(struct host_claims *claims);
/* An owner, of the age that it has now, names a host (net/hostname.h); each only once. It names it
 * no more. */
void publisher_host_owner_claim(struct host_claims *claims, struct str host, struct owner *owner);
void publisher_host_owner_withdraw(struct host_claims *claims, struct str host,
				   const struct owner *owner);

/* An object of another namespace that is older than whatever names the host in this one; NULL:
 * there is none. */
const struct owner *publisher_host_owner_before(const struct host_claims *claims, struct str host,
						struct str namespace);
/* Calls it for each object that names the host. */
void publisher_host_owner_each(const struct host_claims *claims, struct str host, void *self,
			       void (*call)(void *self, struct owner *owner));
/* Whether the namespace names the host, and nobody is before it. */
bool publisher_host_owner_is(const struct host_claims *claims, struct str host,
			     struct str namespace);
/* The i-th namespace of which that is so; absent: there are not that many. */
struct str publisher_host_owner_nth(const struct host_claims *claims, struct str host, size_t i);
/* The oldest object that names it, the first by name of several; NULL: nobody names it. */
const struct owner *publisher_host_owner_oldest(const struct host_claims *claims, struct str host);

#endif
