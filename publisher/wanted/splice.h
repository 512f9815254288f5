/* splice: fills secret values into an unpacked configuration. */
#ifndef PUBLISHER_SPLICE_H
#define PUBLISHER_SPLICE_H

#include "msg/config.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/secret_cache.h"

/* The values that a CONFIG names, in the order of its splices, certificates and files; NULL for one
 * without HMAC. */
struct splice_values {
	struct cached_value **items;
	size_t n;
};

/* Finds them all; the list lives in the pool. -1: one has not come, `missing` (may be NULL) says of
 * which Secret. */
int publisher_splice_find(const struct secret_cache *cache, const struct msg_config *config,
			  struct pool *pool, struct splice_values *out, struct msg_key *missing);
struct str publisher_splice_value(const struct splice_values *values,
				  size_t i); /* absent if NULL */

struct splice_target {
	Pomerium__Config__Config *config, *bootstrap; /* bootstrap may be NULL */
	struct pool *pool;
};
/* Fills the splices of one part in: of the bootstrap part, which must be there, or of the other. A
 * Postgres connection string is checked here and stays as it is: the names of its files are added
 * where they are known (bootstrap.c). */
int publisher_splice_fill(const struct splice_target *target, const struct msg_config *config,
			  const struct splice_values *values, bool bootstrap, struct err *err);

#endif
