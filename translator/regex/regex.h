/* regex: says whether Go's regexp (RE2's syntax) accepts an expression. */
#ifndef TRANSLATOR_REGEX_H
#define TRANSLATOR_REGEX_H

#include "base/err.h"
#include "base/str.h"

/* -1 with Go's reason in words. */
int translator_regex_check(struct str pattern, struct err *err);

#endif
