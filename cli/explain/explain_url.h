/* explain_url: says which route serves a URL, what it does, and which others match it and lose. */
#ifndef CLI_EXPLAIN_URL_H
#define CLI_EXPLAIN_URL_H

#include "cli/cli.h"
#include "cli/view/view.h"

/* Where an owner's Services and Secrets are asked for: a list as resolver_explain has it; the
 * caller frees it. NULL: nobody knows. */
typedef cJSON *explain_references_fn(void *arg, const struct msg_key *owner);

struct explain_url {
	struct str url;
	bool as_json;
	explain_references_fn *references;
	void *arg;
};

/* The view has whole routes. CLI_REJECTED: nothing serves the URL. */
enum cli_status cli_explain_url(const struct explain_url *self, const struct view *view);

#endif
