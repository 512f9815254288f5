/* api: what the page is told when it asks. */
#ifndef CLI_WEB_API_H
#define CLI_WEB_API_H

#include "actor/web/web.h"
#include "cli/web/model.h"

/* Scripts and styles are the files beside the page, and no text becomes markup. */
#define API_POLICY                                                                          \
	"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " \
	"require-trusted-types-for 'script'; trusted-types 'none'"
#define API_JSON "application/json"

/* The page itself; false: the path is none of its files. */
bool cli_web_api_file(struct str path, struct web_answer *out);
/* The same path, which stays, if it asks for a table of the model; absent: it does not. */
struct str cli_web_api_table_path(struct str path);
/* The status of the answer; takes the arguments of the ticket. */
unsigned cli_web_api_table(const struct model *model, struct str path,
			   const struct web_ticket *ticket, struct buf *out);
/* What the rooms say of one Ingress. */
unsigned cli_web_api_explain(const struct gather_answer *answers, size_t n, struct buf *out);
void cli_web_api_error(const char *sentence, struct buf *out);

#endif
