/* filter: the table as a filter of the kernel. */
#ifndef CONFINE_FILTER_H
#define CONFINE_FILTER_H

#include "base/err.h"

/* For all threads. 1: this kernel has no such filters. */
int confine_filter_load(unsigned who, struct err *err);

#endif
