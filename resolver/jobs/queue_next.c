/* queue_next: whose turn it is.
 *
 *   in     what waits in each lane, who has room for a job
 *   out    an owner, and the worker for it if it needs one
 *   owns   nothing
 *   never  lets a lane wait for ever for another one
 *
 * What needs no worker takes turns with what does. Of what does, the settings go first, then what
 * goes out alone, then what is big: of either one is in flight at a time, and each namespace that
 * has something small waiting gets a turn before the next one.
 */
#include "resolver/jobs/queue_inside.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

#define TRIES_MAX 8 /* namespaces that are asked before those of a lane are left for later */

static struct queue_owner *owner_of(struct turns_item *item)
{
	return CONTAINER_OF(item, struct queue_owner, item);
}

static bool begin(struct queue *queue, struct turns_item *item, struct worker *worker,
		  struct queue_turn *turn)
{
	struct queue_owner *owner = owner_of(item);

	queue->n_turns[item->line->lane]++;
	resolver_turns_take(&queue->turns, item);
	*turn = (struct queue_turn){ .key = resolver_key_from_text(
					     (struct str){ owner->text, owner->text_len }),
				     .owner = owner,
				     .worker = worker,
				     .is_set_aside = owner->exists && owner->is_aside };
	return true;
}

static bool next_direct(struct queue *queue, struct queue_turn *turn)
{
	struct turns_item *first = resolver_turns_first(&queue->turns, TURNS_DIRECT);

	return first && begin(queue, first, NULL, turn);
}

/* A namespace that has as many workers as one may have is left out until one of its jobs is
 * done. */
static bool next_in_lane(struct queue *queue, enum turns_lane lane, uint64_t now_ms,
			 struct queue_turn *turn)
{
	struct turns_item *first;
	struct worker *worker;
	bool is_capped;

	while ((first = resolver_turns_first(&queue->turns, lane))) {
		worker = resolver_workers_pick(&queue->workers, &queue->turns, owner_of(first),
					       lane, now_ms, &is_capped);
		if (worker)
			return begin(queue, first, worker, turn);
		if (!is_capped)
			return false;
		resolver_turns_park(&queue->turns, first);
	}
	return false;
}

static bool next_small(struct queue *queue, uint64_t now_ms, struct queue_turn *turn)
{
	if (!next_in_lane(queue, TURNS_SMALL, now_ms, turn))
		return false;
	if (queue->n_owed)
		queue->n_owed--;
	return true;
}

/* One worker stays free of them, where there are several; a late one that is stuck over such a job
 * makes no difference. */
static bool next_big(struct queue *queue, uint64_t now_ms, struct queue_turn *turn)
{
	const struct workers *workers = &queue->workers;

	if (workers->n_big || (workers->n_able < 2 && workers->n_big_stuck))
		return false;
	if (!next_in_lane(queue, TURNS_BIG, now_ms, turn))
		return false;
	queue->n_owed = queue->turns.lanes[TURNS_SMALL].n_lines;
	return true;
}

/* Where no worker is idle, the least loaded one gets no other job before it is. */
static struct worker *pick_for_alone(struct queue *queue, const struct turns_item *item,
				     uint64_t now_ms)
{
	const struct queue_owner *owner = CONTAINER_OF(item, const struct queue_owner, item);
	struct worker *worker;
	bool is_capped;

	if (owner->work > QUEUE_BIG && queue->workers.n_big)
		return NULL;
	worker = resolver_workers_pick(&queue->workers, &queue->turns, owner, TURNS_ALONE, now_ms,
				       &is_capped);
	if (worker && worker->n_jobs)
		queue->workers.reserved = worker;
	return worker;
}

static bool next_alone(struct queue *queue, uint64_t now_ms, struct queue_turn *turn)
{
	struct turns_item *first;
	struct worker *worker;

	queue->workers.reserved = NULL;
	for (int i = 0; i < TRIES_MAX && !queue->workers.alone; i++) {
		first = resolver_turns_first(&queue->turns, TURNS_ALONE);
		worker = first ? pick_for_alone(queue, first, now_ms) : NULL;
		if (!first || queue->workers.reserved)
			return false;
		if (worker) {
			queue->n_owed = queue->turns.lanes[TURNS_SMALL].n_lines;
			return begin(queue, first, worker, turn);
		}
		resolver_turns_pass(&queue->turns, first);
	}
	return false;
}

static bool next_for_worker(struct queue *queue, uint64_t now_ms, struct queue_turn *turn)
{
	if (next_in_lane(queue, TURNS_SETTINGS, now_ms, turn))
		return true;
	if (queue->n_owed && next_small(queue, now_ms, turn))
		return true;
	if (queue->n_owed && queue->turns.lanes[TURNS_SMALL].n_lines)
		return false; /* where nothing small can go, nothing else can */
	queue->n_owed = 0;
	return next_alone(queue, now_ms, turn) || next_big(queue, now_ms, turn) ||
	       next_small(queue, now_ms, turn);
}

bool resolver_queue_lacks_settings(const struct queue *queue)
{
	const struct worker *worker;

	if (!queue->turns.lanes[TURNS_SETTINGS].n_items)
		return false;
	TAILQ_FOREACH(worker, &queue->workers.all, entry)
		if (worker->takes & WORKER_TAKES_SETTINGS)
			return false;
	return true;
}

bool resolver_queue_next(struct queue *queue, uint64_t now_ms, struct queue_turn *turn)
{
	queue->workers.pace_ms = UINT64_MAX;
	queue->direct_is_next = !queue->direct_is_next;
	if (queue->direct_is_next)
		return next_direct(queue, turn) || next_for_worker(queue, now_ms, turn);
	return next_for_worker(queue, now_ms, turn) || next_direct(queue, turn);
}
