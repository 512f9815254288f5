/* upgrades: names of protocols that a connection may be upgraded to.
 *
 *   in     the names that an annotation or the Pomerium object lists
 *   out    0, or a sentence that says what would be right
 *   owns   the names that Pomerium adds of its own accord
 *   never  changes a name
 *
 * Pomerium adds its own unless the list has them, byte for byte; Envoy compares without case and
 * refuses the whole route table over two that are equal. */
#include "translator/validate/upgrades.h"

#include "rules/rules.h"

static const char *const of_pomerium[] = { "websocket", "spdy/3.1", "CONNECT", "CONNECT-UDP" };

int translator_upgrades_check(const struct str_list *names, size_t at, struct err *err)
{
	const struct str name = names->items[at];

	if (str_has_control(name))
		return err_rule(err, RULE_UPGRADE_NAME,
				"%s holds a NUL, a carriage return or a line feed, which a header "
				"cannot carry",
				err_quote(name));
	for (size_t i = 0; i < sizeof(of_pomerium) / sizeof(of_pomerium[0]); i++)
		if (str_is_nocase(name, of_pomerium[i]) && !str_is(name, of_pomerium[i]))
			return err_rule(err, RULE_UPGRADE_TWICE,
					"%s should be written %s: Pomerium adds it so, and to "
					"Envoy the two "
					"are the same",
					err_quote(name), of_pomerium[i]);
	for (size_t i = 0; i < at; i++)
		if (!str_eq(names->items[i], name) && str_eq_nocase(names->items[i], name))
			return err_rule(err, RULE_UPGRADE_TWICE,
					"%s and %s are the same to Envoy: keep one of them",
					err_quote(names->items[i]), err_quote(name));
	return 0;
}
