/* queue_workers: what becomes of jobs in the hands of workers.
 *
 *   in     jobs that they get and give back; workers that come, go, are late
 *   out    owners that wait again; who is to blame
 *   owns   the jobs
 *   never  waits for one that is late
 */
#include "resolver/jobs/queue_inside.h"

#include "base/mem.h"

/* ---- jobs ---- */

void resolver_queue_give(struct queue *queue, struct queue_owner *owner, struct worker *worker,
			 uint64_t now_ms)
{
	struct queue_job *job = mem_alloc(sizeof(*job));

	job->owner = owner;
	job->namespace = owner->namespace;
	job->namespace->n_users++;
	job->number = owner->number;
	job->work = owner->work;
	job->is_big = owner->work > QUEUE_BIG;
	job->is_alone = (owner->suspect || owner->settings) && !worker->n_jobs && !worker->may_hold;
	LIST_INSERT_HEAD(&owner->jobs, job, of_owner);
	resolver_workers_give(&queue->workers, worker, job, now_ms);
	if (owner->suspect && !owner->settings)
		worker->alone = queue->workers.alone = job;
	owner->worker = worker;
	LIST_INSERT_HEAD(&worker->answers, owner, answers);
}

/* Whether the answer to this job is what its owner waits for. */
static bool is_awaited(const struct queue_job *job)
{
	return job->owner && job->owner->number == job->number;
}

static void drop(struct queue *queue, struct queue_job *job, uint64_t now_ms)
{
	struct turns_namespace *namespace = job->namespace;

	resolver_workers_take(&queue->workers, job, now_ms);
	if (job->owner) {
		LIST_REMOVE(job, of_owner);
		resolver_blame_released(&queue->blame, job->owner);
	}
	resolver_turns_call_back(&queue->turns, namespace);
	resolver_turns_exit(&queue->turns, namespace);
	mem_free(job);
}

/* It goes out again, though this worker may still answer. */
static void go_again(struct queue *queue, struct queue_owner *owner)
{
	resolver_queue_end_unacked(queue, owner);
	resolver_queue_place(queue, owner);
}

/* ---- given back ---- */

void resolver_queue_credit(struct queue *queue, struct worker *worker, uint64_t now_ms)
{
	const long in_hand = worker->window - queue->workers.credit(worker->peer);

	while (worker->n_jobs && (long)worker->n_jobs > in_hand) {
		struct queue_job *job = TAILQ_FIRST(&worker->jobs);

		worker->may_hold = false; /* what it had from before was done first */
		if (is_awaited(job))
			resolver_queue_await_ack(queue, job->owner, now_ms);
		drop(queue, job, now_ms);
	}
}

/* ---- they come and go ---- */

struct worker *resolver_queue_add_worker(struct queue *queue, const struct worker_hello *hello)
{
	struct worker *worker = resolver_workers_add(&queue->workers, hello);
	struct queue_owner *owner;

	worker->may_hold = resolver_blame_is_back(&queue->blame, worker);
	while ((owner = resolver_blame_revoke(&queue->blame, worker)))
		resolver_queue_place(queue, owner);
	resolver_turns_call_all_back(&queue->turns);
	return worker;
}

/* What it has done already may be on its way to the publisher. */
static void forget_answers(struct worker *worker)
{
	struct queue_owner *owner;

	while ((owner = LIST_FIRST(&worker->answers))) {
		LIST_REMOVE(owner, answers);
		owner->worker = NULL;
	}
}

void resolver_queue_reset_worker(struct queue *queue, struct worker *worker, uint64_t now_ms)
{
	struct queue_job *job;

	while ((job = TAILQ_FIRST(&worker->jobs))) {
		if (is_awaited(job))
			go_again(queue, job->owner);
		drop(queue, job, now_ms);
	}
	resolver_workers_reset(&queue->workers, worker);
}

/* Those behind the first job had not been begun, so the first one goes last. NULL: nobody got a
 * strike. */
static struct queue_owner *blame_for_loss(struct queue *queue, const struct queue_job *job,
					  bool is_first, uint64_t now_ms)
{
	struct queue_owner *owner = job->owner;
	bool is_struck = false;

	resolver_blame_suspect(owner);
	owner->failed_key = job->worker->key->id;
	if (is_first)
		resolver_blame_doubt(owner, now_ms);
	if (job->is_alone) {
		is_struck = true;
		if (resolver_blame_strike(&queue->blame, &queue->workers, owner, job->worker->key,
					  now_ms))
			owner->since = 0; /* what answers it brings now are too late */
	}
	go_again(queue, owner);
	return is_struck ? owner : NULL;
}

void resolver_queue_lose_worker(struct queue *queue, struct worker *worker, uint64_t now_ms)
{
	struct queue_owner *struck = NULL;
	struct queue_job *job;

	queue->n_deaths++;
	while ((job = TAILQ_FIRST(&worker->jobs))) {
		const bool is_first = !TAILQ_NEXT(job, of_worker);

		if (!is_first)
			job = TAILQ_NEXT(job, of_worker);
		if (is_awaited(job))
			struck = blame_for_loss(queue, job, is_first, now_ms);
		drop(queue, job, now_ms);
	}
	resolver_blame_note_loss(&queue->blame, worker, struck);
	forget_answers(worker);
	resolver_workers_remove(&queue->workers, worker, now_ms);
	resolver_turns_call_all_back(&queue->turns);
}

/* ---- late ---- */

/* Whatever is behind the first job goes to others at once. */
static void slow_down(struct queue *queue, struct worker *worker, uint64_t now_ms)
{
	struct queue_job *first = TAILQ_FIRST(&worker->jobs), *job;

	queue->n_late++;
	worker->key->failed_ms = now_ms;
	resolver_workers_set_late(&queue->workers, worker, true, now_ms);
	resolver_workers_watch_slow(&queue->workers, worker);
	TAILQ_FOREACH(job, &worker->jobs, of_worker) {
		resolver_turns_call_back(&queue->turns, job->namespace);
		if (job != first && is_awaited(job))
			go_again(queue, job->owner);
	}
}

/* The worker may be at it for ever, and this may be the owner's doing. */
static void send_copy(struct queue *queue, struct worker *worker, uint64_t now_ms)
{
	struct queue_job *job = TAILQ_FIRST(&worker->jobs);

	resolver_workers_unwatch(&queue->workers, worker);
	if (!is_awaited(job))
		return;
	resolver_blame_suspect(job->owner);
	job->owner->failed_key = worker->key->id;
	if (!worker->may_hold &&
	    resolver_queue_is_overdue(queue, worker->head_ms, QUEUE_COPY_MS, now_ms) &&
	    resolver_blame_strike(&queue->blame, &queue->workers, job->owner, worker->key, now_ms))
		job->owner->since = 0;
	go_again(queue, job->owner);
}

void resolver_queue_look_for_late(struct queue *queue, uint64_t now_ms)
{
	struct worker *worker;

	while ((worker = TAILQ_FIRST(&queue->workers.busy)) &&
	       resolver_queue_is_due(queue, worker->head_ms, QUEUE_LATE_MS, now_ms))
		slow_down(queue, worker, now_ms);
	while ((worker = TAILQ_FIRST(&queue->workers.slow)) &&
	       resolver_queue_is_due(queue, worker->head_ms, QUEUE_COPY_MS, now_ms))
		send_copy(queue, worker, now_ms);
}

uint64_t resolver_queue_flushed(const struct queue *queue)
{
	uint64_t number = queue->number;
	const struct worker *worker;

	TAILQ_FOREACH(worker, &queue->workers.all, entry) {
		const struct queue_job *first = TAILQ_FIRST(&worker->jobs);

		if (first && first->number - 1 < number)
			number = first->number - 1;
	}
	return number;
}
