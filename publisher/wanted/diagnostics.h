/* diagnostics: what is wrong with the newest state of an owner, and what in it has no effect. */
#ifndef PUBLISHER_DIAGNOSTICS_H
#define PUBLISHER_DIAGNOSTICS_H

#include "base/pool.h"
#include "msg/diagnostic.h"

/* In one piece of memory: errors before warnings, each one clean line. */
struct diagnostics {
	struct msg_diagnostic_list list;
	uint64_t warned; /* sum of the warnings */
};

/* A copy within the bounds of msg/diagnostic.h; NULL: there is none. Freed with mem_free. */
struct diagnostics *publisher_diagnostics_new(const struct msg_diagnostic_list *list);
/* All errors in one sentence below ERR_MAX: "first [SLU1203]; second; and 3 more". */
struct str publisher_diagnostics_reason(const struct msg_diagnostic_list *list, struct pool *pool);
/* The warnings as people read them, clean. */
struct str_list publisher_diagnostics_warnings(const struct msg_diagnostic_list *list,
					       struct pool *pool);

#endif
