/* spelling: hosts of one owner that differ in case only.
 *
 *   in     its hosts, one after the other
 *   out    a sentence about the second of two
 *   owns   nothing
 *   never  knows the hosts of others: that is the publisher's work
 */
#include "translator/validate/spelling.h"

#include "rules/rules.h"

int translator_spelling_check(struct map *spellings, struct str lower, struct str *host,
			      struct err *err)
{
	const struct str *first = map_get(spellings, lower);

	if (!first)
		map_put(spellings, lower, host);
	if (!first || str_eq(*first, *host) || !str_eq_nocase(*first, *host))
		return 0;
	return err_rule(err, RULE_HOST_CASE,
			"the hosts %s and %s differ in case only, and Envoy takes one of them: "
			"write both in lower case",
			err_quote(*first), err_quote(*host));
}
