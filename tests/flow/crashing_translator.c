/* crashing_translator: a translator that dies over one Ingress. Linked around
 * translator_translate() (ld --wrap), so that the product needs no switch for it.
 *
 *   in     CRASH_ON, the name of the Ingress, from the environment
 *   out    SIGABRT, as a failed assertion of a library would end it
 *   never  changes what it makes of another Ingress
 */
#include <stdlib.h>
#include <string.h>

#include "translator/translate.h"

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
	const char *name = getenv("CRASH_ON");

	if (name && str_eq(str_from(name), bundle->owner.name))
		abort();
	return __real_translator_translate(settings, bundle, pool, out, err);
}
