/* pattern: matches the path of a URL against the path, regex or prefix of a route.
 *
 * Envoy matches with RE2, and PCRE2 comes as near to it as its options allow: bytes, the whole
 * path, a dollar at the end only. The translator decides whether an expression is accepted, and
 * PCRE2 does not. */
#ifndef CLI_PATTERN_H
#define CLI_PATTERN_H

#include "base/err.h"
#include "base/pool.h"

enum pattern_kind {
	PATTERN_PATH,   /* equal */
	PATTERN_REGEX,  /* the whole path */
	PATTERN_PREFIX, /* plain text: /foo matches /foobar */
	PATTERN_PART    /* an expression for any part of the path */
};

struct pattern {
	void *code; /* of PCRE2 */
};

/* -1 if PCRE2 does not compile the text, although RE2 may. */
int cli_pattern_compile(struct pattern *self, enum pattern_kind kind, struct str text,
			struct err *err);
/* 1: it matches, 0: it does not, -1: PCRE2 gave up after too many steps. */
int cli_pattern_match(const struct pattern *self, struct str path, struct err *err);
/* Every match of the expression in the path, replaced as Envoy's regex_rewrite does: \1 is what its
 * first group matched. In the pool. -1: PCRE2 cannot tell. */
int cli_pattern_rewrite(struct str expression, struct str substitution, struct str path,
			struct pool *pool, struct str *out, struct err *err);
void cli_pattern_clear(struct pattern *self);

#endif
