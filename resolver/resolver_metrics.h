/* resolver_metrics: what the resolver counts, and whether it is ready. */
#ifndef RESOLVER_RESOLVER_METRICS_H
#define RESOLVER_RESOLVER_METRICS_H

#include "actor/metric.h"
#include "base/err.h"

/* Hooks of struct actor; self is the resolver. */
extern const struct metric resolver_metrics_table[];
void resolver_metrics_measure(void *self);
bool resolver_metrics_ready(void *self, struct err *why);

#endif
