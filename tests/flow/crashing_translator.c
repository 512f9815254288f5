/* crashing_translator: a translator that dies over one Ingress, or never ends with it. Linked around
 * translator_translate() (ld --wrap), so that the product needs no switch for it.
 *
 *   in     CRASH_ON and SPIN_ON, the name of the Ingress, from the environment
 *   out    SIGABRT, as a failed assertion of a library would end it; or nothing any more
 *   never  changes what it makes of another Ingress
 */
#include <stdlib.h>
#include <string.h>

#include "translator/translate.h"

static bool is_named(const char *variable, const struct msg_bundle *bundle)
{
	const char *name = getenv(variable);

	return name && str_eq(str_from(name), bundle->owner.name);
}

int __real_translator_translate(const struct translator_settings *settings,
				const struct msg_bundle *bundle, struct pool *pool,
				struct msg_config *out, struct err *err);
int __wrap_translator_translate(const struct translator_settings *settings,
				const struct msg_bundle *bundle, struct pool *pool,
				struct msg_config *out, struct err *err);

int __wrap_translator_translate(const struct translator_settings *settings,
				const struct msg_bundle *bundle, struct pool *pool,
				struct msg_config *out, struct err *err)
{
	if (is_named("CRASH_ON", bundle))
		abort();
	while (is_named("SPIN_ON", bundle))
		continue;
	return __real_translator_translate(settings, bundle, pool, out, err);
}
