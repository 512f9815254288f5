/* err: the sentence that goes with a -1.
 *
 * The last parameter of a function that can fail. Untouched on success, one full sentence on
 * failure: it names the object, the field and the offending value, and says what would be right. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

#define ERR_MAX \
	1024 /* bytes of a sentence, NUL included; longer ones are cut at a UTF-8 boundary */
#define ERR_VALUE_MAX 80 /* bytes of a quoted value */

struct err {
	char text[ERR_MAX]; /* valid UTF-8, no control characters */
	unsigned code;      /* of the rule that is broken, see common/rules; 0: none is named */
};

/* Sets the sentence. Always returns -1, so that `return err_set(err, ...)` reads well. err may be
 * NULL. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, of a rule. */
int err_rule(struct err *err, unsigned code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Names the rule, unless the sentence came with one. Always returns -1. */
int err_code(struct err *err, unsigned code);
/* Puts "context: " before the sentence; the rule stays. Always returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A value as a person should see it: in double quotes, cut at ERR_VALUE_MAX bytes, nothing
 * unprintable. Lives in one of four static slots, so at most four in one call. */
const char *err_quote(struct str value);

#endif
