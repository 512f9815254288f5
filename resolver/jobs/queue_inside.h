/* queue_inside: what queue.c, queue_workers.c and queue_next.c share. */
#ifndef RESOLVER_QUEUE_INSIDE_H
#define RESOLVER_QUEUE_INSIDE_H

#include "resolver/jobs/job.h"
#include "resolver/jobs/queue.h"

/* It has to be done (again): it waits in its lane, or for the end of its flight. */
void resolver_queue_place(struct queue *queue, struct queue_owner *owner);
/* It is not in flight any more, and not acknowledged: the changes that it was for are still to be
 * done. */
void resolver_queue_end_unacked(struct queue *queue, struct queue_owner *owner);
/* Nothing but the acknowledgement is missing now. */
void resolver_queue_await_ack(struct queue *queue, struct queue_owner *owner, uint64_t now_ms);

/* queue_workers.c: a worker holds a job. */
void resolver_queue_give(struct queue *queue, struct queue_owner *owner, struct worker *worker,
			 uint64_t now_ms);
/* Workers that hold a job for too long. */
void resolver_queue_look_for_late(struct queue *queue, uint64_t now_ms);
/* Whether a wait that began then is over. Times when the publisher was silent, or we did not run,
 * are no part of it. */
bool resolver_queue_is_due(const struct queue *queue, uint64_t since_ms, uint64_t wait_ms,
			   uint64_t now_ms);

/* The same, and nobody else's silence was a part of it. */
bool resolver_queue_is_overdue(const struct queue *queue, uint64_t since_ms, uint64_t wait_ms,
			       uint64_t now_ms);

#endif
