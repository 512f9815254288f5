/* choice: chooses the route that serves a URL, as Pomerium and Envoy do.
 *
 * Pomerium answers some paths of every host itself. A host that routes name exactly is served by
 * those alone, even if none of their paths match; the wildcard routes serve every other host. The
 * first of them that matches serves, in the order of publisher_route_compare: by `from` in byte
 * order, then paths, expressions and prefixes, each in descending byte order, then by id. */
#ifndef CLI_CHOICE_H
#define CLI_CHOICE_H

#include "base/pool.h"
#include "publisher/wanted/owner.h"

/* A route whose host and path match the URL. */
struct choice_match {
	const struct route *route;
	struct str why_not; /* it does not serve the URL; absent: it does */
};

struct choice {
	const struct route *winner; /* NULL: no route serves the URL */
	struct choice_match *matches;
	size_t n_matches;      /* in the order of the routes */
	bool is_reserved;      /* Pomerium answers the path itself */
	bool has_host;         /* there is a route for the host, whatever its path */
	struct str_list notes; /* what cannot be said for certain */
};

/* The host that a URL asks for, without its port, in lower case, and its path. -1: it is no URL
 * that a route could serve. Both live in the pool. */
int cli_choice_host(struct str url, struct pool *pool, struct str *host, struct str *path,
		    struct err *err);
/* `routes` in the order of publisher_route_compare. -1 if the text is no URL that a route could
 * serve. Everything lives in the pool. */
int cli_choice_make(struct str url, const struct route *const *routes, size_t n, struct pool *pool,
		    struct choice *out, struct err *err);

#endif
