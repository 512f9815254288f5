/* landlock: the files and ports of a room. */
#ifndef CONFINE_LANDLOCK_H
#define CONFINE_LANDLOCK_H

#include "confine/confine.h"

/* For this thread and those that it starts. 1: this kernel has no Landlock that would do. */
int confine_landlock_set(const struct confine *self);

#endif
