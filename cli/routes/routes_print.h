/* routes_print: the routes of a view as a table, JSON or YAML. */
#ifndef CLI_ROUTES_PRINT_H
#define CLI_ROUTES_PRINT_H

#include "cli/view/view.h"

enum routes_form { ROUTES_TABLE, ROUTES_WIDE, ROUTES_JSON, ROUTES_YAML };

struct routes_filter {
	bool rejected_only;         /* owners that are rejected, with the reason */
	struct str_list namespaces; /* empty: all */
	struct str host;            /* empty: all */
};

/* A table is cut to so many columns, unless it is a wide one; 0: nothing is cut. */
void cli_routes_print(const struct view *view, const struct routes_filter *filter,
		      enum routes_form form, size_t columns, struct buf *out);
/* Whether one of those that are shown is rejected. */
bool cli_routes_has_rejected(const struct view *view, const struct routes_filter *filter);

#endif
