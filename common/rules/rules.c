/* rules: what is refused and what is warned about, by code.
 *
 *   in     a code
 *   out    the rule; a sentence with its code
 *   owns   nothing: rules_table.inc has the table
 *   never  decides anything
 */
#include "rules/rules.h"

static const struct rule table[] = {
#define RULE(code, name, severity, value, text, source) \
	{ code, #name, RULE_##severity, value, text, source },
#include "rules/rules_table.inc"
#undef RULE
	{ 0, NULL, RULE_ERROR, NULL, NULL, NULL },
};

const struct rule *rules_find(unsigned code)
{
	for (const struct rule *rule = table; rule->code; rule++)
		if (rule->code == code)
			return rule;
	return NULL;
}

struct str rules_sentence(const struct err *err, struct pool *pool)
{
	if (!rules_find(err->code))
		return pool_str(pool, str_from(err->text));
	return pool_printf(pool, "%s [SLU%04u]", err->text, err->code);
}
