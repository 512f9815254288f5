/* tables: what the page asks of the model, as JSON, never more than TABLES_ROWS rows at a time. */
#ifndef CLI_WEB_TABLES_H
#define CLI_WEB_TABLES_H

#include "cli/web/model.h"

#define TABLES_ROWS 100

struct tables_query {
	struct str words; /* all of them are looked for, in any column */
	struct str state; /* "": any; else the word of a state */
	size_t offset;
};

/* Routes in the proxy's order, then Ingresses without any. */
void cli_web_tables_routes(const struct model *model, const struct tables_query *query, cJSON *out);
/* Routes of several owners with one place. */
void cli_web_tables_conflicts(const struct model *model, const struct tables_query *query,
			      cJSON *out);
void cli_web_tables_certificates(const struct model *model, const struct tables_query *query,
				 cJSON *out);
void cli_web_tables_held(const struct model *model, const struct tables_query *query, cJSON *out);
void cli_web_tables_changes(const struct model *model, const struct tables_query *query,
			    cJSON *out); /* the last first */
/* Which route serves a URL: as `sluice explain URL --json` says it. */
void cli_web_tables_url(const struct model *model, struct str url, cJSON *out);

#endif
