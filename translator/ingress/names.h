/* names: how a route is called, exactly as the reference controller calls it. */
#ifndef TRANSLATOR_NAMES_H
#define TRANSLATOR_NAMES_H

#include "base/pool.h"

struct translator_route_name {
	struct str namespace, name; /* of the Ingress */
	struct str host, path;
};

/* The id: {"n":..,"ns":..,"h":..,"p":..}, escaped as Go's encoding/json does; `exact` adds
 * "t":"Exact". */
struct str translator_names_id(const struct translator_route_name *of, bool exact,
			       struct pool *pool);
/* The slug of namespace, name and host, and that of the path: the statistics name. */
struct str translator_names_stat(const struct translator_route_name *of, struct pool *pool);
/* One slug: ASCII letters and digits in lower case, single dashes; every other character
 * transliterated. */
struct str translator_names_slug(struct str text, struct pool *pool);

#endif
