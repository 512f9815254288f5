/* names: makes the ids and the statistics names of routes, as the reference controller does. */
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
/* The statistics name: the slug of namespace, name and host, then that of the path. A slug has
 * ASCII letters and digits in lower case and single dashes; every other character is
 * transliterated. */
struct str translator_names_stat(const struct translator_route_name *of, struct pool *pool);

/* The slug of the parts, with a dash between them. */
struct str translator_names_slug(const struct str *parts, size_t n, struct pool *pool);

#endif
