/* explain_url: says which route serves a URL, what it does, and which others match it and lose. */
#ifndef CLI_EXPLAIN_URL_H
#define CLI_EXPLAIN_URL_H

#include "cli/cli.h"
#include "cli/view/view.h"

/* Where an owner's Services and Secrets are asked for: a list as resolver_explain has it; the
 * caller frees it. NULL: nobody knows. */
typedef cJSON *explain_references_fn(void *arg, const struct msg_key *owner);

/* A host like this one that has a route, in the pool; absent: there is none. */
typedef struct str explain_nearest_fn(void *arg, struct str host, struct pool *pool);

struct explain_url {
	struct str url;
	bool as_json;
	explain_references_fn *references;
	explain_nearest_fn *nearest; /* asked if no route is for the host */
	void *arg;                   /* of both */
};

/* The view has whole routes. CLI_REJECTED: nothing serves the URL. */
enum cli_status cli_explain_url(const struct explain_url *self, const struct view *view);

#endif
