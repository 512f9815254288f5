/* nearest: the word that somebody may have meant, of those that there are.
 *
 *   nearest_open(&nearest, STR("tiemout"));
 *   for (...) nearest_offer(&nearest, word);
 *   if (nearest.found.ptr) ... "did you mean" nearest.found */
#ifndef BASE_TEXT_NEAREST_H
#define BASE_TEXT_NEAREST_H

#include "base/str.h"

struct nearest {
	struct str asked;
	struct str found; /* borrowed; absent: nothing resembles it */
	size_t best;      /* letters to add, drop, change or swap; one less than this is needed */
};

void nearest_open(struct nearest *nearest, struct str asked);
/* Of two that are equally near the first one counts. */
void nearest_offer(struct nearest *nearest, struct str word);

#endif
