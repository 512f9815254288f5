/* nginx_snippet: splits a snippet of nginx.conf into its directives. */
#ifndef CLI_NGINX_SNIPPET_H
#define CLI_NGINX_SNIPPET_H

#include "base/pool.h"

#define SNIPPET_WORDS 8

struct nginx_snippet {
	struct str rest;
	struct str text;                 /* of the directive, without the semicolon */
	struct str words[SNIPPET_WORDS]; /* without quotes; words[0] is its name */
	size_t n_words;
	bool whole; /* all of it is in words: it is no block, and not too long */
};

/* The next directive; false at the end. A block is one directive. */
bool cli_nginx_snippet_next(struct nginx_snippet *snippet, struct pool *pool);

#endif
