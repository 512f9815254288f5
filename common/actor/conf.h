/* conf: one table of settings a program; flags, environment and --help all come from it.
 *
 * --name VALUE and --name=VALUE; a bool may stand alone. The environment variable is the name in
 * SCREAMING_SNAKE (--pomerium-config: POMERIUM_CONFIG); a flag wins over it. */
#ifndef ACTOR_CONF_H
#define ACTOR_CONF_H

#include "actor/conf_option.h"
#include "base/err.h"

/* Reads fallback, then environment, then argv into the variables. What is left (not starting with
 * '-', or after "--") goes to rest. Returns 0, 1 after printing --help or --version to stdout, -1
 * with a sentence. `tables` ends with NULL. Strings live as long as the process. */
int conf_read(const struct conf_option *const *tables, const char *program, const char *summary,
	      int argc, char **argv, struct str_list *rest, struct err *err);
/* Of this build, such as "0.2.0-4-gd6599bb"; made by the Makefile from git. */
extern const char conf_version[];

#endif
