/* explain_route: what a route does with a request: access, rewriting, headers, time limits. */
#ifndef CLI_EXPLAIN_ROUTE_H
#define CLI_EXPLAIN_ROUTE_H

#include "cli/view/view.h"

struct fact {
	const char *label; /* the last one's goes on below it: "" */
	struct str text;
};
struct facts {
	struct pool *pool;
	struct fact *items;
	size_t n;
};

/* `path` as it comes in. The facts live in their pool. */
void cli_explain_route(const struct view_route *route, struct str path, struct facts *out);

#endif
