/* upgrades: names of protocols that a connection may be upgraded to. */
#ifndef TRANSLATOR_UPGRADES_H
#define TRANSLATOR_UPGRADES_H

#include "base/err.h"
#include "base/str.h"

/* Of a list of names, the one at `at`: Envoy takes it beside those before it, and beside those that
 * Pomerium adds. */
int translator_upgrades_check(const struct str_list *names, size_t at, struct err *err);

#endif
