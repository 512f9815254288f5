/* kinds: what is watched, and where the API server has it. */
#ifndef WATCHER_KINDS_H
#define WATCHER_KINDS_H

#include "msg/object.h"

struct kind_row {
	enum msg_kind kind;
	const char *group; /* path of the group and version */
	const char *plural;
	const char *selector; /* of the query, which goes on after it; NULL: none */
	bool metadata_only;   /* PartialObjectMetadata: values are fetched when asked for */
	bool is_custom;       /* from a CRD: it may not be installed */
	bool of_gateway_api;  /* for the Gateway API alone */
	bool is_extra;        /* who may not read it goes without: it is as if not installed */
};

extern const struct kind_row watcher_kinds_table[]; /* ends with MSG_KIND_NONE */

#endif
