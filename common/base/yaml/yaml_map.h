/* yaml_map: a map from the nodes that were read for it. Only for yaml.c. */
#ifndef BASE_YAML_MAP_H
#define BASE_YAML_MAP_H

#include "base/value.h"

struct yaml_node {
	struct value value;
	struct str name; /* for the comparison of keys: the text, or NUL * and an alias' name */
	size_t n_nodes;  /* of the tree below and itself, aliases expanded */
	size_t height;   /* levels of lists and maps in it */
	bool is_merge;   /* a plain << */
	bool is_alias;
};

struct yaml_map_job {
	struct pool *pool;
	const struct yaml_node *nodes; /* keys and values in turn */
	size_t n;
	size_t *n_compared;         /* keys compared for merges in this document */
	const struct value *guilty; /* on error: where */
};

/* Checks the keys and applies merges. Type and map of *out are set, its position stays. */
int yaml_map_build(struct yaml_map_job *job, struct value *out, struct err *err);

#endif
