/* splice: fills secret values into an unpacked configuration. */
#ifndef PUBLISHER_SPLICE_H
#define PUBLISHER_SPLICE_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/arrival.h"
#include "publisher/wanted/route_parts.h"
#include "publisher/wanted/secret_cache.h"

/* The values that a CONFIG names: one for each splice, then two for each certificate, tls.crt and
 * tls.key; NULL: its Secret has no such key. */
struct splice_values {
	struct cached_value **items;
	size_t n;
};

enum splice_found {
	SPLICE_FOUND,
	SPLICE_MISSING, /* a value has not come; `missing` (may be NULL) says of which Secret */
	SPLICE_REFUSED  /* its ticket does not allow one of them */
};

/* Finds them all; the list lives in the pool. */
enum splice_found publisher_splice_find(const struct secret_cache *cache,
					const struct arrival *arrival, struct pool *pool,
					struct splice_values *out, struct msg_key *missing,
					struct err *err);
struct str publisher_splice_value(const struct splice_values *values,
				  size_t i); /* absent if NULL */

struct splice_target {
	struct route_parts routes;
	Pomerium__Config__Config *config, *bootstrap; /* settings only; bootstrap may be NULL */
	struct pool *pool;
};
/* Fills the splices of one part in: of the bootstrap part, which must be there, or of the other. A
 * Postgres connection string is checked here and stays as it is: the names of its files are added
 * where they are known (bootstrap.c). */
int publisher_splice_fill(const struct splice_target *target, const struct arrival *arrival,
			  const struct splice_values *values, bool bootstrap, struct err *err);

/* The storage files among the splices, in the pool. Returns how many. */
size_t publisher_splice_files(const struct arrival *arrival, const struct splice_values *values,
			      struct pool *pool, struct good_file **out);

#endif
