/* queue: which owner is translated next, by which worker, and what is in flight.
 *
 *   in     changes, acknowledgements, the coming and going of workers
 *   out    turns: this owner, to that worker, under this number
 *   owns   one job an owner, from its first change until its deletion is acknowledged
 *   never  knows what a bundle is
 *
 * A job is in one list: waiting (for any worker), suspects (for a worker of its own), direct
 * (for the publisher), in_flight (not acknowledged), or in none (it waits for something outside, or
 * nothing is to be done).
 */
#include "resolver/jobs/queue.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

struct queue_job {
	TAILQ_ENTRY(queue_job) entry;
	struct queue_list *list;
	struct queue_worker *worker; /* while in flight; NULL: sent to the publisher itself */
	uint64_t number;             /* while in flight, else 0 */
	uint64_t deadline_ms;
	uint64_t waiting_seen_ns,
		sent_seen_ns; /* the oldest change that waits, that is in flight */
	unsigned deaths;      /* of workers, while it was alone with them */
	bool exists;          /* else the publisher has to hear of its deletion */
	bool again;           /* it changed while in flight */
	bool suspect, crashed;
	size_t text_len;
	char text[];
};

void resolver_queue_init(struct queue *queue, long (*credit)(const void *peer))
{
	struct queue_list *const lists[] = { &queue->waiting, &queue->direct, &queue->suspects,
					     &queue->in_flight };

	*queue = (struct queue){ .credit = credit };
	map_init(&queue->jobs, mem_free);
	SLIST_INIT(&queue->workers);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		TAILQ_INIT(&lists[i]->jobs);
}

void resolver_queue_clear(struct queue *queue)
{
	struct queue_worker *worker;

	while ((worker = SLIST_FIRST(&queue->workers))) {
		SLIST_REMOVE_HEAD(&queue->workers, entry);
		mem_free(worker);
	}
	map_clear(&queue->jobs);
}

/* ---- lists ---- */

static void leave_list(struct queue_job *job)
{
	if (!job->list)
		return;
	TAILQ_REMOVE(&job->list->jobs, job, entry);
	job->list->n--;
	job->list = NULL;
}

static void join_list(struct queue_list *list, struct queue_job *job)
{
	leave_list(job);
	TAILQ_INSERT_TAIL(&list->jobs, job, entry);
	list->n++;
	job->list = list;
}

static struct queue_list *list_for(struct queue *queue, const struct queue_job *job)
{
	if (!job->exists || job->crashed)
		return &queue->direct;
	return job->suspect ? &queue->suspects : &queue->waiting;
}

/* It has to be done (again). A job that waits in the right list already keeps its place. */
static void place(struct queue *queue, struct queue_job *job)
{
	struct queue_list *list = list_for(queue, job);

	job->again = job->number != 0;
	if (!job->again && job->list != list)
		join_list(list, job);
}

static uint64_t older(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* The job is not in flight any more, whatever became of it. */
static void end_flight(struct queue *queue, struct queue_job *job)
{
	struct queue_worker *worker = job->worker;

	leave_list(job);
	job->number = 0;
	job->worker = NULL;
	if (queue->suspect == job)
		queue->suspect = NULL;
	if (!worker)
		return;
	worker->n_in_flight--;
	if (worker->alone == job)
		worker->alone = NULL;
}

/* Without an acknowledgement: the changes that it was for are still to be done. */
static void end_unacked(struct queue *queue, struct queue_job *job)
{
	end_flight(queue, job);
	job->waiting_seen_ns = older(job->waiting_seen_ns, job->sent_seen_ns);
	job->sent_seen_ns = 0;
}

/* ---- owners ---- */

static struct queue_job *find(const struct queue *queue, const struct msg_key *owner)
{
	struct key_text buf;

	return map_get(&queue->jobs, resolver_key_text(owner, &buf));
}

static struct queue_job *find_or_make(struct queue *queue, const struct msg_key *owner)
{
	struct key_text buf;
	struct str text = resolver_key_text(owner, &buf);
	struct queue_job *job = map_get(&queue->jobs, text);

	if (job)
		return job;
	job = mem_alloc(sizeof(*job) + text.len + 1);
	job->text_len = text.len;
	memcpy(job->text, text.ptr, text.len);
	map_put(&queue->jobs, text, job);
	return job;
}

static void forget(struct queue *queue, struct queue_job *job)
{
	for (size_t i = 0; i < QUEUE_DEATHS_KEPT; i++)
		if (queue->deaths[i].job == job)
			queue->deaths[i].job = NULL;
	leave_list(job);
	map_del(&queue->jobs, (struct str){ job->text, job->text_len });
}

void resolver_queue_mark(struct queue *queue, const struct msg_key *owner, bool exists,
			 uint64_t seen_ns)
{
	struct queue_job *job = exists ? find_or_make(queue, owner) : find(queue, owner);

	if (!job)
		return; /* the publisher never heard of it */
	job->exists = exists;
	job->waiting_seen_ns = older(job->waiting_seen_ns, seen_ns);
	if (job->crashed) {
		/* It gets another chance, but alone on a worker. */
		job->crashed = false;
		job->deaths = 0;
	}
	place(queue, job);
}

void resolver_queue_restart(struct queue *queue)
{
	void *value;

	for (size_t i = 0; map_next(&queue->jobs, &i, NULL, &value);) {
		struct queue_job *job = value;

		if (job->number)
			end_unacked(queue, job);
		place(queue, job);
	}
}

uint64_t resolver_queue_announce(struct queue *queue, const struct msg_key *owner)
{
	struct queue_job *job = find_or_make(queue, owner);

	job->exists = true;
	place(queue, job);
	return ++queue->number;
}

/* ---- turns ---- */

static bool is_better(const struct queue_worker *a, const struct queue_worker *b)
{
	if (!b || a->late != b->late)
		return !b || b->late;
	if (a->n_in_flight != b->n_in_flight)
		return a->n_in_flight < b->n_in_flight;
	return a->newest < b->newest; /* single edits take turns, too */
}

/* The least loaded worker that has credit and runs no suspect; `but` is left out. */
static struct queue_worker *least_loaded(const struct queue *queue, const struct queue_worker *but)
{
	struct queue_worker *best = NULL, *w;

	SLIST_FOREACH(w, &queue->workers, entry)
		if (w != but && !w->alone && queue->credit(w->peer) > 0 && is_better(w, best))
			best = w;
	return best;
}

/* The first job of a list, to this worker; there is one. */
static bool begin_turn(struct queue_turn *turn, const struct queue_list *list,
		       struct queue_worker *worker)
{
	struct queue_job *job = TAILQ_FIRST(&list->jobs);

	leave_list(job);
	*turn = (struct queue_turn){ .owner = resolver_key_from_text(
					     (struct str){ job->text, job->text_len }),
				     .job = job,
				     .worker = worker,
				     .crashed = job->crashed };
	return true;
}

bool resolver_queue_next(struct queue *queue, struct queue_turn *turn)
{
	struct queue_worker *reserved = NULL, *worker;

	if (queue->suspects.n && !queue->suspect) {
		worker = least_loaded(queue, NULL);
		if (worker && worker->n_in_flight == 0)
			return begin_turn(turn, &queue->suspects, worker);
		/* No worker is idle: this one gets no more work until it is. */
		reserved = worker;
	}
	worker = queue->waiting.n ? least_loaded(queue, reserved) : NULL;
	return worker && begin_turn(turn, &queue->waiting, worker);
}

bool resolver_queue_next_direct(struct queue *queue, struct queue_turn *turn)
{
	return queue->direct.n && begin_turn(turn, &queue->direct, NULL);
}

struct queue_start resolver_queue_start(struct queue *queue, struct queue_job *job,
					struct queue_worker *worker, uint64_t now_ms)
{
	if (job->number)
		end_unacked(queue, job);
	job->number = ++queue->number;
	job->deadline_ms = now_ms + QUEUE_ACK_MS;
	job->sent_seen_ns = job->waiting_seen_ns;
	job->waiting_seen_ns = 0;
	job->worker = worker;
	join_list(&queue->in_flight, job);
	if (worker) {
		worker->n_in_flight++;
		worker->newest = job->number;
		if (!worker->oldest)
			worker->oldest = job->number;
	}
	if (worker && job->suspect)
		worker->alone = queue->suspect = job;
	return (struct queue_start){ job->number, job->sent_seen_ns };
}

void resolver_queue_leave(struct queue *queue, struct queue_job *job)
{
	(void)queue;
	leave_list(job);
}

void resolver_queue_ack(struct queue *queue, const struct msg_key *owner, uint64_t number)
{
	struct queue_job *job = find(queue, owner);
	struct queue_worker *worker;

	if (!job || !number || job->number != number)
		return;
	worker = job->worker;
	if (worker) {
		/* A worker does its jobs in order: what it was given earlier is done or lost. */
		worker->oldest = number == worker->newest ? 0 : number + 1;
		worker->late = false;
		job->suspect = false;
		job->deaths = 0;
	}
	end_flight(queue, job);
	job->sent_seen_ns = 0;
	if (job->again)
		place(queue, job);
	else if (!job->exists)
		forget(queue, job);
}

uint64_t resolver_queue_tick(struct queue *queue, uint64_t now_ms)
{
	struct queue_job *job;

	while ((job = TAILQ_FIRST(&queue->in_flight.jobs)) && job->deadline_ms <= now_ms) {
		if (job->worker)
			job->worker->late = true;
		queue->n_late++;
		end_unacked(queue, job);
		place(queue, job);
	}
	return job ? job->deadline_ms : UINT64_MAX;
}

const char *resolver_queue_state(const struct queue *queue, const struct msg_key *owner)
{
	const struct queue_job *job = find(queue, owner);

	if (!job)
		return "unknown";
	if (job->crashed)
		return "crashes translators";
	if (job->number)
		return job->worker ? "being translated" : "on its way to the publisher";
	if (job->suspect)
		return "suspected of crashing translators";
	return job->list ? "waiting" : "done";
}

/* ---- workers ---- */

/* It was a cut connection and no death: the job is not to blame. */
static void revoke_deaths(struct queue *queue, uint64_t epoch)
{
	for (size_t i = 0; i < QUEUE_DEATHS_KEPT; i++) {
		struct queue_job *job = queue->deaths[i].job;

		if (!job || queue->deaths[i].epoch != epoch)
			continue;
		queue->deaths[i].job = NULL;
		if (job->deaths > 0)
			job->deaths--;
		if (job->crashed) {
			job->crashed = false;
			place(queue, job);
		}
	}
}

struct queue_worker *resolver_queue_add_worker(struct queue *queue, void *peer, uint64_t epoch)
{
	struct queue_worker *worker = mem_alloc(sizeof(*worker));

	worker->peer = peer;
	worker->epoch = epoch;
	SLIST_INSERT_HEAD(&queue->workers, worker, entry);
	revoke_deaths(queue, epoch);
	return worker;
}

static void blame(struct queue *queue, struct queue_job *job, uint64_t epoch)
{
	queue->deaths[queue->n_blamed++ % QUEUE_DEATHS_KEPT] = (struct queue_death){ epoch, job };
	if (++job->deaths < QUEUE_DEATHS_MAX)
		return;
	job->crashed = true;
	queue->n_crashed++;
}

static void take_back(struct queue *queue, struct queue_worker *worker, bool is_dead)
{
	struct queue_job *next;

	for (struct queue_job *job = TAILQ_FIRST(&queue->in_flight.jobs); job; job = next) {
		bool was_alone = worker->alone == job;

		next = TAILQ_NEXT(job, entry);
		if (job->worker != worker)
			continue;
		end_unacked(queue, job);
		job->suspect |= is_dead;
		if (is_dead && was_alone)
			blame(queue, job, worker->epoch);
		place(queue, job);
	}
}

void resolver_queue_reset_worker(struct queue *queue, struct queue_worker *worker)
{
	take_back(queue, worker, false);
}

void resolver_queue_lose_worker(struct queue *queue, struct queue_worker *worker)
{
	queue->n_deaths++;
	take_back(queue, worker, true);
	SLIST_REMOVE(&queue->workers, worker, queue_worker, entry);
	mem_free(worker);
}

uint64_t resolver_queue_flushed(const struct queue *queue)
{
	uint64_t number = queue->number;
	const struct queue_worker *w;

	SLIST_FOREACH(w, &queue->workers, entry)
		if (w->oldest && w->oldest - 1 < number)
			number = w->oldest - 1;
	return number;
}
