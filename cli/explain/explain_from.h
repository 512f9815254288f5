/* explain_from: explains a URL by the routes of manifests, or by those of a running pipeline. */
#ifndef CLI_EXPLAIN_FROM_H
#define CLI_EXPLAIN_FROM_H

#include "cli/cli.h"
#include "base/str.h"

/* Of cli_offline_settings.files. */
enum cli_status cli_explain_url_files(struct str url, bool as_json);
/* Of cli_view_settings.run_dir. */
enum cli_status cli_explain_url_live(struct str url, bool as_json);

#endif
