/* keypair: a certificate in PEM with its private key, as far as choosing and checking them goes. */
#ifndef PUBLISHER_KEYPAIR_H
#define PUBLISHER_KEYPAIR_H

#include <stdint.h>
#include "base/err.h"
#include "base/pool.h"
#include "base/str.h"

struct keypair_info {
	int64_t not_after;     /* seconds since 1970 */
	struct str_list names; /* DNS names of the subject alternative name; the common name does
				  not count */
};

/* Reads the first PEM block of `cert` as Go's crypto/x509 would, and checks that `key` belongs to
 * it. Facts live in the pool. -1: Pomerium would refuse it; the sentence begins with what is wrong,
 * without naming the Secret. */
int publisher_keypair_read(struct str cert, struct str key, struct pool *pool,
			   struct keypair_info *out, struct err *err);

#endif
