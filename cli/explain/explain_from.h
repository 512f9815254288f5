/* explain_from: explains a URL by the routes of a side: manifests, a running pipeline, others. */
#ifndef CLI_EXPLAIN_FROM_H
#define CLI_EXPLAIN_FROM_H

#include "cli/cli.h"
#include "base/str.h"

/* By those of `from` as cli/view/side.h names it. */
enum cli_status cli_explain_url_from(struct str url, bool as_json, struct str from,
				     const struct str_list *files);

#endif
