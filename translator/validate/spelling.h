/* spelling: no API server takes a host with capitals, but a file may have one. */
#ifndef TRANSLATOR_SPELLING_H
#define TRANSLATOR_SPELLING_H

#include "base/err.h"
#include "base/map.h"

/* -1 and a sentence: the host differs in case only from one before it, and Envoy takes one spelling
 * of a host. `spellings`: hosts in `lower` form -> the first that is called so; borrowed. */
int translator_spelling_check(struct map *spellings, struct str lower, struct str *host,
			      struct err *err);

#endif
