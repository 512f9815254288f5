/* pgurl: a Postgres connection string with the names of TLS files added. */
#ifndef PUBLISHER_PGURL_H
#define PUBLISHER_PGURL_H

#include "base/err.h"
#include "base/pool.h"
#include "base/str.h"

/* Parses `text` as Go's url.Parse, adds `params` (sslrootcert, sslcert, sslkey to file names) to
 * its query and writes it again as Go's url.String, the query as url.Values.Encode: sorted,
 * escaped. The result lives in the pool. -1 if it is no URL, says no sslmode, or names such a file
 * itself. Sentences never quote the text: it may hold a password. */
int publisher_pgurl_add(struct str text, const struct str_map *params, struct pool *pool,
			struct str *out, struct err *err);

#endif
