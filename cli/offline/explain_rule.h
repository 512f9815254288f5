/* explain_rule: says what the code at the end of a sentence means. */
#ifndef CLI_EXPLAIN_RULE_H
#define CLI_EXPLAIN_RULE_H

#include "base/str.h"
#include "cli/cli.h"

bool cli_explain_rule_is_code(struct str text);
/* CLI_USAGE: no rule has this code. */
enum cli_status cli_explain_rule(struct str text);

#endif
