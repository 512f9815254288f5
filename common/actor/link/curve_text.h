/* curve_text: the keys in the text of a key file: one a line, in Z85. Blank lines are skipped, and
 * comments from '#' on. */
#ifndef ACTOR_CURVE_TEXT_H
#define ACTOR_CURVE_TEXT_H

#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

#define CURVE_KEY_LEN 40

struct curve_key {
	char text[CURVE_KEY_LEN + 1];
};

/* Takes the next key off the text; 1, or 0 at its end, or -1 with a sentence that does not repeat
 * the line: it may be a secret that was mistyped. n_lines counts, from 0. */
int actor_curve_text_next(struct str *text, size_t *n_lines, struct curve_key *key,
			  struct err *err);

#endif
