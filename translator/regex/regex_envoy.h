/* regex_envoy: says whether Envoy compiles an expression that Go accepts. */
#ifndef TRANSLATOR_REGEX_ENVOY_H
#define TRANSLATOR_REGEX_ENVOY_H

#include "base/err.h"
#include "base/str.h"

/* Of an expression that translator_regex_check has found good. */
int translator_regex_envoy_check(struct str pattern, struct err *err);

#endif
