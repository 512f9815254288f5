/* json_spot: where in a message the reading stands: sentences name it. Inside common/pb. */
#ifndef PB_JSON_SPOT_H
#define PB_JSON_SPOT_H

#include "base/value.h"

struct pb_spot {
	struct pool *pool;
	/* As the reference prepares annotations: Go durations, any scalar as a text of a map. Off
	 * below a name in camelCase. */
	bool loose;
	const struct pb_spot *up; /* NULL at the root */
	struct str name;          /* of a field or a map's key */
	long index;               /* in a list; -1 for a name */
	bool key;
};

struct pb_spot pb_spot_field(const struct pb_spot *up, struct str name);
struct pb_spot pb_spot_key(const struct pb_spot *up, struct str key);
struct pb_spot pb_spot_item(const struct pb_spot *up, size_t index);
/* "<spot> must be <right>, not <value>". Always -1. */
int pb_spot_err(const struct pb_spot *spot, const struct value *v, const char *right,
		struct err *err);
/* The path of a spot: "health_checks[0].timeout"; empty at the root. */
void pb_spot_print(const struct pb_spot *spot, struct buf *out);

#endif
