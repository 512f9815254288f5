/* rules: what is refused and what is warned about, each with a code that never changes its
 * meaning. docs/validation.md has a row for each; SLU1203 there is RULE_MUST_STAPLE here. */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "base/err.h"
#include "base/pool.h"

enum rule_severity { RULE_ERROR, RULE_WARNING };

/* By hundreds: 10 manifests, 11 annotations, 12 certificates and keys, 13 headers, 14 policies and
 * access, 15 regular expressions and rewrites, 16 hosts and paths, 17 upstreams, 18 settings,
 * 19 Pomerium's start, 20 what an owner refers to, 21 limits, 25 what is accepted and has no
 * effect; 22 to 24 are for the Gateway API. */
enum rule_code {
	RULE_NONE = 0,
#define RULE(code, name, severity, value, text, source) RULE_##name = (code),
#include "rules/rules_table.inc"
#undef RULE
};

struct rule {
	unsigned code;
	const char *name;
	enum rule_severity severity;
	const char *value;  /* what it looks at: a field, an annotation */
	const char *text;   /* what is right */
	const char *source; /* who would refuse it */
};

/* NULL: no rule has this code. */
const struct rule *rules_find(unsigned code);

/* "sentence [SLU1203]", as people read it; without the code of a rule the sentence alone. */
struct str rules_sentence(const struct err *err, struct pool *pool);

#endif
