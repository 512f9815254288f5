/* merge: one text of metrics out of several, in Prometheus' text format 0.0.4. */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include "base/buf.h"
#include "base/map.h"
#include "base/pool.h"

/* A label that each series of a text gets, unless it has one of that name. */
struct merge_label {
	const char *name;
	struct str value; /* without anything that would have to be escaped */
};

struct merge {
	struct pool pool;
	struct map by_name; /* -> struct merge_family */
	struct merge_family **families;
	size_t n_families;
};

void cli_merge_init(struct merge *merge);
void cli_merge_clear(struct merge *merge);
/* Series of one name come to stand together, whichever text they are of; the first that says what
 * they mean is believed. Lines that are none of this format are left out. */
void cli_merge_add(struct merge *merge, struct str text, const struct merge_label *labels,
		   size_t n_labels);
void cli_merge_print(const struct merge *merge, struct buf *out);

#endif
