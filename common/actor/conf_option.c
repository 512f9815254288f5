/* conf_option: one setting of a program.
 *
 *   in     the name of an option
 *   out    the name of its environment variable
 *   owns   nothing
 *   never  reads the environment
 */
#include "actor/conf_option.h"

#include <ctype.h>

void conf_env_name(const char *name, char out[CONF_NAME_MAX])
{
	size_t n = 0;

	for (; n < CONF_NAME_MAX - 1 && name[n]; n++)
		out[n] = name[n] == '-' ? '_' : (char)toupper((unsigned char)name[n]);
	out[n] = '\0';
}
