/* explain_rule: says what the code at the end of a sentence means.
 *
 *   in     a code as sentences have it: SLU1203
 *   out    what the rule looks at, what is right, and who would refuse it
 *   owns   nothing: common/rules has the table
 *   never  reads a manifest
 */
#include "cli/offline/explain_rule.h"

#include "rules/rules.h"

#define MARK "SLU"

bool cli_explain_rule_is_code(struct str text)
{
	long long code;

	return str_starts(text, MARK) && str_to_int(str_slice(text, strlen(MARK), text.len), &code);
}

enum cli_status cli_explain_rule(struct str text)
{
	const struct rule *rule = NULL;
	long long code;

	if (str_to_int(str_slice(text, strlen(MARK), text.len), &code) && code > 0 && code <= 9999)
		rule = rules_find((unsigned)code);
	if (!rule) {
		fprintf(stderr, "sluice explain: no rule has the code %s\n", err_quote(text));
		return CLI_USAGE;
	}
	printf(MARK "%04u (%s): %s %s; %s\n", rule->code,
	       rule->severity == RULE_WARNING ? "a warning" : "rejected", rule->value, rule->text,
	       rule->source);
	return CLI_GOOD;
}
