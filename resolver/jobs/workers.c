/* workers: who holds what, and who gets the next job.
 *
 *   in     workers that come and go, jobs that they get and give back
 *   out    the worker for a job, if there is one
 *   owns   the workers and their keys
 *   never  gives a job to one that is late, or more than one to a newcomer
 */
#include "resolver/jobs/workers.h"

#include "base/hash.h"
#include "base/mem.h"
#include "resolver/jobs/job.h"

void resolver_workers_init(struct workers *workers, long (*credit)(const void *peer))
{
	*workers = (struct workers){ .credit = credit, .pace_ms = UINT64_MAX };
	map_init(&workers->keys, mem_free);
	TAILQ_INIT(&workers->all);
	TAILQ_INIT(&workers->busy);
	TAILQ_INIT(&workers->slow);
	TAILQ_INIT(&workers->leaving);
}

static void free_jobs(struct worker *worker)
{
	struct queue_job *job;

	while ((job = TAILQ_FIRST(&worker->jobs))) {
		TAILQ_REMOVE(&worker->jobs, job, of_worker);
		mem_free(job);
	}
}

void resolver_workers_clear(struct workers *workers)
{
	struct worker *worker;

	while ((worker = TAILQ_FIRST(&workers->all))) {
		TAILQ_REMOVE(&workers->all, worker, entry);
		free_jobs(worker);
		mem_free(worker);
	}
	map_clear(&workers->keys);
}

/* ---- keys ---- */

static struct worker_key *find_or_make_key(struct workers *workers,
					   const struct worker_hello *hello)
{
	char process[24];
	struct str text = hello->key;
	struct worker_key *key;

	if (text.len == 0) {
		snprintf(process, sizeof(process), "%016llx", (unsigned long long)hello->epoch);
		text = str_from(process);
	}
	key = map_get(&workers->keys, text);
	if (key)
		return key;
	key = mem_alloc(sizeof(*key) + text.len + 1);
	key->id = hash_fast(text) | 1;
	key->is_process = !hello->key.len;
	key->text_len = text.len;
	memcpy(key->text, text.ptr, text.len);
	map_put(&workers->keys, text, key);
	return key;
}

static void forget_if_empty(struct workers *workers, const struct worker_key *key)
{
	if (!key->n_workers && !key->is_there)
		map_del(&workers->keys, (struct str){ key->text, key->text_len });
}

void resolver_workers_forget_keys(struct workers *workers, uint64_t now_ms)
{
	struct worker_key *key;

	while ((key = TAILQ_FIRST(&workers->leaving)) &&
	       key->left_ms + WORKERS_MOMENT_MS <= now_ms) {
		TAILQ_REMOVE(&workers->leaving, key, entry);
		key->is_there = false;
		workers->n_keys_there--;
		forget_if_empty(workers, key);
	}
}

bool resolver_workers_has_other_key(const struct workers *workers, const struct worker_key *key)
{
	return workers->n_keys_there > key->is_there;
}

static bool takes_owners(const struct worker *worker)
{
	return worker->takes & WORKER_TAKES_OWNERS;
}

static void begin_able(struct workers *workers, struct worker *worker)
{
	struct worker_key *key = worker->key;

	if (!takes_owners(worker))
		return;
	workers->n_able++;
	workers->n_seasoned += !worker->is_new;
	if (key->n_able++)
		return;
	if (key->is_there)
		TAILQ_REMOVE(&workers->leaving, key, entry);
	else
		workers->n_keys_there++;
	key->is_there = true;
}

static void end_able(struct workers *workers, const struct worker *worker, uint64_t now_ms)
{
	struct worker_key *key = worker->key;

	if (!takes_owners(worker))
		return;
	workers->n_able--;
	workers->n_seasoned -= !worker->is_new;
	if (--key->n_able)
		return;
	key->left_ms = now_ms;
	TAILQ_INSERT_TAIL(&workers->leaving, key, entry);
}

/* ---- they come and go ---- */

struct worker *resolver_workers_add(struct workers *workers, const struct worker_hello *hello)
{
	struct worker *worker = mem_alloc(sizeof(*worker));

	worker->peer = hello->peer;
	worker->epoch = hello->epoch;
	worker->takes = hello->takes;
	worker->key = find_or_make_key(workers, hello);
	worker->key->n_workers++;
	worker->is_new = true;
	worker->window = workers->credit(hello->peer);
	TAILQ_INIT(&worker->jobs);
	LIST_INIT(&worker->answers);
	TAILQ_INSERT_TAIL(&workers->all, worker, entry);
	begin_able(workers, worker);
	return worker;
}

void resolver_workers_unwatch(struct workers *workers, struct worker *worker)
{
	if (worker->watched == WATCH_BUSY)
		TAILQ_REMOVE(&workers->busy, worker, watch);
	else if (worker->watched == WATCH_SLOW)
		TAILQ_REMOVE(&workers->slow, worker, watch);
	worker->watched = WATCH_NONE;
}

void resolver_workers_watch_slow(struct workers *workers, struct worker *worker)
{
	resolver_workers_unwatch(workers, worker);
	worker->watched = WATCH_SLOW;
	TAILQ_INSERT_TAIL(&workers->slow, worker, watch);
}

void resolver_workers_remove(struct workers *workers, struct worker *worker, uint64_t now_ms)
{
	if (!worker->late)
		end_able(workers, worker, now_ms);
	if (workers->reserved == worker)
		workers->reserved = NULL;
	worker->key->n_workers--;
	forget_if_empty(workers, worker->key);
	TAILQ_REMOVE(&workers->all, worker, entry);
	mem_free(worker);
}

void resolver_workers_reset(struct workers *workers, struct worker *worker)
{
	if (!worker->is_new && !worker->late && takes_owners(worker))
		workers->n_seasoned--;
	worker->is_new = worker->may_hold = true;
	worker->window = workers->credit(worker->peer);
}

void resolver_workers_season(struct workers *workers, struct worker *worker)
{
	if (worker->is_new && !worker->late && takes_owners(worker))
		workers->n_seasoned++;
	worker->is_new = false;
}

static void release_place(struct queue_job *job)
{
	struct turns_namespace *namespace = job->namespace;

	for (size_t i = 0; job->has_place && i < namespace->n_places; i++) {
		struct turns_place *place = &namespace->places[i];

		if (place->worker != job->worker)
			continue;
		if (--place->n_jobs == 0)
			*place = namespace->places[--namespace->n_places];
		break;
	}
	job->has_place = false;
}

static void take_place(struct queue_job *job)
{
	struct turns_namespace *namespace = job->namespace;
	struct turns_place *place;

	job->has_place = true;
	for (size_t i = 0; i < namespace->n_places; i++) {
		place = &namespace->places[i];
		if (place->worker != job->worker)
			continue;
		place->n_jobs++;
		return;
	}
	namespace->places = mem_realloc(namespace->places,
					(namespace->n_places + 1) * sizeof(*namespace->places));
	place = &namespace->places[namespace->n_places++];
	*place = (struct turns_place){ job->worker, 1 };
}

/* What a late worker holds is no longer counted against anybody. */
void resolver_workers_set_late(struct workers *workers, struct worker *worker, bool late,
			       uint64_t now_ms)
{
	struct queue_job *job;

	if (worker->late == late)
		return;
	if (late)
		end_able(workers, worker, now_ms);
	worker->late = late;
	if (!late) {
		begin_able(workers, worker);
		return;
	}
	workers->n_big -= worker->n_big;
	workers->n_big_stuck += worker->n_big;
	if (workers->alone && workers->alone == worker->alone)
		workers->alone = NULL;
	TAILQ_FOREACH(job, &worker->jobs, of_worker)
		release_place(job);
}

/* ---- what they hold ---- */

void resolver_workers_give(struct workers *workers, struct worker *worker, struct queue_job *job,
			   uint64_t now_ms)
{
	if (!worker->n_jobs++) {
		worker->head_ms = now_ms;
		worker->watched = WATCH_BUSY;
		TAILQ_INSERT_TAIL(&workers->busy, worker, watch);
	}
	TAILQ_INSERT_TAIL(&worker->jobs, job, of_worker);
	job->worker = worker;
	worker->load += job->work;
	worker->newest = job->number;
	worker->n_big += job->is_big;
	workers->n_big += job->is_big;
	if (worker->is_new)
		worker->key->newcomer_ms = now_ms;
	take_place(job);
}

static void watch_next(struct workers *workers, struct worker *worker, uint64_t now_ms)
{
	resolver_workers_unwatch(workers, worker);
	worker->head_ms = now_ms;
	if (!worker->n_jobs || worker->late)
		return;
	worker->watched = WATCH_BUSY;
	TAILQ_INSERT_TAIL(&workers->busy, worker, watch);
}

void resolver_workers_take(struct workers *workers, struct queue_job *job, uint64_t now_ms)
{
	struct worker *worker = job->worker;
	const bool is_first = job == TAILQ_FIRST(&worker->jobs);

	TAILQ_REMOVE(&worker->jobs, job, of_worker);
	worker->n_jobs--;
	worker->load -= job->work;
	worker->n_big -= job->is_big;
	*(worker->late ? &workers->n_big_stuck : &workers->n_big) -= job->is_big;
	if (worker->alone == job)
		worker->alone = NULL;
	if (workers->alone == job)
		workers->alone = NULL;
	release_place(job);
	if (is_first)
		watch_next(workers, worker, now_ms);
	if (!worker->n_jobs)
		resolver_workers_set_late(workers, worker, false, now_ms);
}

/* ---- who gets the next one ---- */

/* Of several namespaces one has at most half of the workers. */
static size_t cap(const struct workers *workers, const struct turns *turns)
{
	if (turns->n_tenants < 2)
		return SIZE_MAX;
	return workers->n_seasoned > 3 ? workers->n_seasoned / 2 : 1;
}

static bool may_begin(struct workers *workers, const struct worker *worker, uint64_t now_ms)
{
	const struct worker_key *key = worker->key;

	if (!worker->is_new)
		return true;
	if (worker->n_jobs)
		return false;
	if (key->is_process || !key->newcomer_ms ||
	    key->newcomer_ms + WORKERS_NEWCOMER_MS <= now_ms)
		return true;
	if (workers->pace_ms > key->newcomer_ms + WORKERS_NEWCOMER_MS)
		workers->pace_ms = key->newcomer_ms + WORKERS_NEWCOMER_MS;
	return false;
}

/* It has failed there, or is there still. */
static bool avoids(const struct workers *workers, const struct queue_owner *owner,
		   const struct worker *worker)
{
	const struct queue_job *job;

	if (resolver_blame_key(owner) == worker->key->id &&
	    resolver_workers_has_other_key(workers, worker->key))
		return true;
	LIST_FOREACH(job, &owner->jobs, of_owner)
	if (job->worker == worker)
		return true;
	return false;
}

static bool may_have(struct workers *workers, const struct worker *worker,
		     const struct queue_owner *owner, enum turns_lane lane, uint64_t now_ms)
{
	const unsigned takes = lane == TURNS_SETTINGS ? WORKER_TAKES_SETTINGS : WORKER_TAKES_OWNERS;

	if (!(worker->takes & takes) || worker->late || worker->alone ||
	    worker == workers->reserved)
		return false;
	if (worker->n_jobs >= WORKERS_JOBS_MAX || worker->load >= WORKERS_LOAD_MAX ||
	    workers->credit(worker->peer) <= 0)
		return false;
	if (lane == TURNS_ALONE && avoids(workers, owner, worker))
		return false;
	return may_begin(workers, worker, now_ms);
}

static bool has_failed(const struct worker *worker, uint64_t now_ms)
{
	return worker->key->failed_ms && now_ms < worker->key->failed_ms + WORKERS_FAILED_MS;
}

static bool is_better(const struct worker *a, const struct worker *b, uint64_t now_ms)
{
	if (!b || has_failed(a, now_ms) != has_failed(b, now_ms))
		return !b || has_failed(b, now_ms);
	if (a->load != b->load)
		return a->load < b->load;
	return a->newest < b->newest; /* single edits go round, too */
}

struct worker *resolver_workers_pick(struct workers *workers, const struct turns *turns,
				     const struct queue_owner *owner, enum turns_lane lane,
				     uint64_t now_ms, bool *is_capped)
{
	const struct turns_namespace *namespace = owner->namespace;
	struct worker *best = NULL, *worker;

	*is_capped = (lane == TURNS_SMALL || lane == TURNS_BIG) &&
		     namespace->n_places >= cap(workers, turns);
	for (size_t i = 0; *is_capped && i < namespace->n_places; i++) {
		worker = namespace->places[i].worker;
		if (may_have(workers, worker, owner, lane, now_ms) &&
		    is_better(worker, best, now_ms))
			best = worker;
	}
	if (*is_capped)
		return best;
	TAILQ_FOREACH(worker, &workers->all, entry)
		if (may_have(workers, worker, owner, lane, now_ms) &&
		    is_better(worker, best, now_ms))
			best = worker;
	return best;
}
