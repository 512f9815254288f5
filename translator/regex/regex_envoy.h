/* regex_envoy: says whether Envoy compiles an expression that Go accepts. */
#ifndef TRANSLATOR_REGEX_ENVOY_H
#define TRANSLATOR_REGEX_ENVOY_H

#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

#define REGEX_ENVOY_SUM_MAX 200000 /* instructions of all programs that RE2 makes for one owner */

/* Of an expression that translator_regex_check has found good. */
int translator_regex_envoy_check(struct str pattern, struct err *err);
/* Instructions of the program that RE2 makes of it, at most; 0 if Envoy refuses it. */
uint64_t translator_regex_envoy_cost(struct str pattern);

#endif
