/* nginx_regex: turns regular expressions of nginx into regular expressions for Pomerium. */
#ifndef CLI_NGINX_REGEX_H
#define CLI_NGINX_REGEX_H

#include "base/err.h"
#include "base/pool.h"

/* For location ~* "^PATH", which ignores case and only has to match the beginning (of alternatives
 * at the top level only the first one has to, the others may match anywhere). The result matches
 * the whole path, and begins with a slash, as the API server requires. -1 if there is none. */
int cli_nginx_regex_path(struct str path, struct pool *pool, struct str *out, struct err *err);
/* For rewrite "(?i)PATH" TARGET, which replaces the whole path. */
int cli_nginx_regex_rewrite(struct str path, struct str target, struct pool *pool,
			    struct str *pattern, struct str *substitution, struct err *err);
/* What every match begins with, in lower case. */
struct str cli_nginx_regex_literal(struct str path, struct pool *pool);

#endif
