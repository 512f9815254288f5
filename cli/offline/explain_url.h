/* explain_url: says which route serves a URL, and which others match it and lose. */
#ifndef CLI_EXPLAIN_URL_H
#define CLI_EXPLAIN_URL_H

#include "cli/cli.h"
#include "cli/offline/offline.h"

/* The manifests are translated. CLI_REJECTED: nothing serves the URL. */
enum cli_status cli_explain_url(struct offline *offline, struct str url, bool as_json);

#endif
