/* flush: up to which number the publisher need not remember deletions any more.
 *
 *   in     numbers of deletions, and up to which number nothing is on its way
 *   out    numbers for FLUSHED, from time to time
 *   owns   three numbers and a deadline
 *   never  hands out a number that it has seen for the first time: a last message may be on its way
 */
#include "resolver/jobs/flush.h"

#define FLUSH_MS 10000

void resolver_flush_restart(struct flush *self)
{
	self->next = self->sent = 0;
}

void resolver_flush_deleted(struct flush *self, uint64_t number)
{
	self->deleted = number;
}

bool resolver_flush_next(struct flush *self, uint64_t flushed, uint64_t now_ms, uint64_t *number)
{
	bool due;

	if (self->deleted <= self->sent || now_ms < self->due_ms)
		return false;
	due = self->next > self->sent;
	if (due)
		*number = self->sent = self->next;
	self->next = flushed;
	self->due_ms = now_ms + FLUSH_MS;
	return due;
}

uint64_t resolver_flush_due(const struct flush *self)
{
	return self->deleted > self->sent ? self->due_ms : UINT64_MAX;
}
