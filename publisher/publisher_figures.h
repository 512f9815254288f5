/* publisher_figures: what this room counts, and whether it is ready. */
#ifndef PUBLISHER_PUBLISHER_FIGURES_H
#define PUBLISHER_PUBLISHER_FIGURES_H

#include "base/err.h"

/* Hooks of struct actor. Ready: the first complete state is stored, or another replica sees to
 * that. */
bool publisher_figures_ready(void *self, struct err *why);

#endif
