/* resolver_metrics: what the resolver counts. */
#ifndef RESOLVER_RESOLVER_METRICS_H
#define RESOLVER_RESOLVER_METRICS_H

#include "actor/metric.h"
#include "resolver/jobs/queue.h"
#include "resolver/owners/resolve.h"

extern const struct metric resolver_metrics_table[];
/* Fills in the values of the table. */
void resolver_metrics_measure(const struct queue *queue, const struct resolve *resolve);

#endif
