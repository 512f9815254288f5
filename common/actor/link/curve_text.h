/* curve_text: the keys in the text of a key file: one a line, in Z85. Blank lines are skipped, and
 * comments from '#' on. In clients.pub the room whose key it is may stand before it. */
#ifndef ACTOR_CURVE_TEXT_H
#define ACTOR_CURVE_TEXT_H

#include <stddef.h>
#include "base/err.h"
#include "base/str.h"
#include "msg/msg.h"

#define CURVE_KEY_LEN 40

struct curve_key {
	char text[CURVE_KEY_LEN + 1];
};

struct curve_line {
	struct curve_key key;
	enum msg_room room; /* ROOM_NONE: none stands there */
};

/* Takes the next line with a key off the text; 1, or 0 at its end, or -1 with a sentence that does
 * not repeat the line: it may be a secret that was mistyped. n_lines counts, from 0. */
int actor_curve_text_next(struct str *text, size_t *n_lines, struct curve_line *line,
			  struct err *err);

#endif
