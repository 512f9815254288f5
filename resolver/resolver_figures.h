/* resolver_figures: what this room counts, and whether it is ready. */
#ifndef RESOLVER_RESOLVER_FIGURES_H
#define RESOLVER_RESOLVER_FIGURES_H

#include "base/err.h"

/* Hooks of struct actor. */
bool resolver_figures_ready(void *self, struct err *why);

#endif
