/* flush: up to which number the publisher need not remember deletions any more. */
#ifndef RESOLVER_FLUSH_H
#define RESOLVER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

struct flush {
	uint64_t deleted; /* number of the last DELETE */
	uint64_t next;    /* nothing up to this number was on its way at the last look */
	uint64_t sent;    /* number of the last FLUSHED */
	uint64_t due_ms;  /* of the next look */
};

/* The publisher is a new one: it remembers no deletions. */
void resolver_flush_restart(struct flush *self);
void resolver_flush_deleted(struct flush *self, uint64_t number);
/* True if a FLUSHED of `*number` is due. `flushed`: nothing up to this number is on its way now. */
bool resolver_flush_next(struct flush *self, uint64_t flushed, uint64_t now_ms, uint64_t *number);
/* When to look again; UINT64_MAX: there is no deletion to flush. */
uint64_t resolver_flush_due(const struct flush *self);

#endif
