/* queue: owners, and what is in flight of them.
 *
 *   in     changes, acknowledgements, the time
 *   out    numbers; what is lost waits again
 *   owns   one entry an owner, from its first change until its deletion is acknowledged
 *   never  knows what a bundle is, goes over all owners on account of one
 *
 * An owner waits in one lane, or is in flight, or neither: it waits for something outside, or
 * nothing is to be done. If it changes while in flight it waits for the end of that flight.
 */
#include "resolver/jobs/queue_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "resolver/graph/key.h"

#define SLEPT_MS 1000    /* a deadline that was missed by so much: we did not run */
#define SILENT_MS 2500   /* a publisher that says nothing for so long: it does not run */
#define EXCUSED_MS 30000 /* the longest wait that its silence can make */

void resolver_queue_init(struct queue *queue, long (*credit)(const void *peer))
{
	*queue = (struct queue){ .due_ms = UINT64_MAX };
	map_init(&queue->owners, mem_free);
	resolver_turns_init(&queue->turns);
	resolver_workers_init(&queue->workers, credit);
	resolver_blame_init(&queue->blame);
	TAILQ_INIT(&queue->unacked);
}

void resolver_queue_clear(struct queue *queue)
{
	resolver_workers_clear(&queue->workers);
	resolver_blame_clear(&queue->blame);
	resolver_turns_clear(&queue->turns);
	map_clear(&queue->owners);
}

/* ---- where it waits ---- */

/* And not gone meanwhile. */
static bool is_set_aside(const struct queue_owner *owner)
{
	return owner->exists && owner->is_aside;
}

static enum turns_lane lane_of(const struct queue_owner *owner)
{
	if (!owner->exists || owner->is_aside || owner->refused || owner->direct)
		return TURNS_DIRECT;
	if (owner->settings)
		return TURNS_SETTINGS;
	if (owner->suspect)
		return TURNS_ALONE;
	return owner->work > QUEUE_BIG ? TURNS_BIG : TURNS_SMALL;
}

void resolver_queue_place(struct queue *queue, struct queue_owner *owner)
{
	owner->again = owner->number != 0;
	if (owner->again)
		return;
	if (is_set_aside(owner) && (owner->is_told || !owner->may_tell))
		resolver_turns_leave(&queue->turns, &owner->item);
	else
		resolver_turns_join(&queue->turns, owner->namespace, lane_of(owner), &owner->item);
}

void resolver_queue_leave(struct queue *queue, struct queue_owner *owner)
{
	resolver_turns_leave(&queue->turns, &owner->item);
}

bool resolver_queue_reckon(struct queue *queue, struct queue_owner *owner, uint64_t work)
{
	const enum turns_lane lane = lane_of(owner);

	owner->work = work ? work : 1;
	if (lane_of(owner) == lane || owner->work <= QUEUE_BIG)
		return true;
	resolver_queue_place(queue, owner);
	return false;
}

/* ---- flights ---- */

static uint64_t older(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

static void end_flight(struct queue *queue, struct queue_owner *owner)
{
	if (!owner->number)
		return;
	owner->number = 0;
	queue->n_in_flight--;
	if (owner->is_unacked)
		TAILQ_REMOVE(&queue->unacked, owner, unacked);
	owner->is_unacked = false;
	if (owner->worker)
		LIST_REMOVE(owner, answers);
	owner->worker = NULL;
}

void resolver_queue_end_unacked(struct queue *queue, struct queue_owner *owner)
{
	end_flight(queue, owner);
	owner->waiting_seen_ns = older(owner->waiting_seen_ns, owner->sent_seen_ns);
	owner->sent_seen_ns = 0;
}

void resolver_queue_await_ack(struct queue *queue, struct queue_owner *owner, uint64_t now_ms)
{
	owner->is_unacked = true;
	owner->done_ms = now_ms;
	TAILQ_INSERT_TAIL(&queue->unacked, owner, unacked);
}

struct queue_start resolver_queue_start(struct queue *queue, struct queue_owner *owner,
					struct worker *worker, uint64_t now_ms)
{
	resolver_turns_leave(&queue->turns, &owner->item);
	resolver_queue_end_unacked(queue, owner);
	queue->n_in_flight++;
	owner->number = ++queue->number;
	if (!owner->since && !is_set_aside(owner)) /* that says nothing of what it says itself */
		owner->since = owner->number;
	owner->sent_seen_ns = owner->waiting_seen_ns;
	owner->waiting_seen_ns = 0;
	owner->again = false;
	if (worker) {
		resolver_queue_give(queue, owner, worker, now_ms);
	} else {
		owner->is_told = is_set_aside(owner);
		resolver_queue_await_ack(queue, owner, now_ms);
	}
	return (struct queue_start){ owner->number, owner->sent_seen_ns };
}

/* ---- owners ---- */

static struct queue_owner *find(const struct queue *queue, const struct msg_key *key)
{
	struct key_text buf;

	return map_get(&queue->owners, resolver_key_text(key, &buf));
}

static struct queue_owner *find_or_make(struct queue *queue, const struct msg_key *key)
{
	struct key_text buf;
	struct str text = resolver_key_text(key, &buf);
	struct queue_owner *owner = map_get(&queue->owners, text);

	if (owner)
		return owner;
	owner = mem_alloc(sizeof(*owner) + text.len + 1);
	owner->work = 1;
	owner->namespace = resolver_turns_enter(&queue->turns, key->namespace);
	owner->settings = key->kind == MSG_KIND_POMERIUM;
	owner->direct = key->kind == MSG_KIND_CERTIFICATE;
	LIST_INIT(&owner->jobs);
	owner->text_len = text.len;
	memcpy(owner->text, text.ptr, text.len);
	map_put(&queue->owners, text, owner);
	return owner;
}

/* Workers may still hold jobs of it: those are nobody's now. */
static void forget(struct queue *queue, struct queue_owner *owner)
{
	struct queue_job *job;

	while ((job = LIST_FIRST(&owner->jobs))) {
		LIST_REMOVE(job, of_owner);
		job->owner = NULL;
	}
	resolver_blame_forget(&queue->blame, owner);
	resolver_turns_leave(&queue->turns, &owner->item);
	resolver_turns_exit(&queue->turns, owner->namespace);
	map_del(&queue->owners, (struct str){ owner->text, owner->text_len });
}

/* One that is set aside is remembered until it would be tried again: it may come back under its
 * name. */
static void forget_if_gone(struct queue *queue, struct queue_owner *owner)
{
	if (!owner->exists && !owner->number && !owner->item.line && !owner->is_aside)
		forget(queue, owner);
}

void resolver_queue_mark(struct queue *queue, const struct msg_key *key,
			 const struct owner_news *news)
{
	struct queue_owner *owner = news->exists ? find_or_make(queue, key) : find(queue, key);

	if (!owner)
		return; /* the publisher never heard of it */
	owner->exists = news->exists;
	owner->refused = news->refused;
	owner->work = news->work ? news->work : 1;
	owner->since = 0;
	owner->waiting_seen_ns = older(owner->waiting_seen_ns, news->seen_ns);
	if (owner->is_aside)
		resolver_blame_hurry(&queue->blame, owner);
	resolver_queue_place(queue, owner);
}

void resolver_queue_restart(struct queue *queue)
{
	void *value;

	for (size_t i = 0; map_next(&queue->owners, &i, NULL, &value);) {
		struct queue_owner *owner = value;

		resolver_queue_end_unacked(queue, owner);
		owner->since = 0;
		owner->is_told = false;
		resolver_queue_place(queue, owner);
	}
}

uint64_t resolver_queue_announce(struct queue *queue, const struct msg_key *key)
{
	struct queue_owner *owner = find_or_make(queue, key);

	owner->exists = true;
	resolver_queue_place(queue, owner);
	return ++queue->number;
}

/* ---- acknowledgements ---- */

/* Who has given a good answer is no newcomer any more. */
static void season_worker(struct queue *queue, const struct queue_owner *owner, uint64_t number)
{
	struct queue_job *job;

	if (owner->worker && owner->number == number)
		resolver_workers_season(&queue->workers, owner->worker);
	LIST_FOREACH(job, &owner->jobs, of_owner)
	if (job->number == number)
		resolver_workers_season(&queue->workers, job->worker);
	resolver_turns_call_all_back(&queue->turns);
}

void resolver_queue_ack(struct queue *queue, const struct msg_key *key, uint64_t number,
			uint64_t now_ms)
{
	struct queue_owner *owner = find(queue, key);
	bool is_current;

	if (!owner || !number)
		return;
	is_current = owner->since && number >= owner->since;
	if (!is_current && number != owner->number)
		return;
	season_worker(queue, owner, number);
	end_flight(queue, owner);
	owner->sent_seen_ns = 0;
	if (!is_current) { /* it has changed since */
		resolver_queue_place(queue, owner);
		return;
	}
	owner->since = 0;
	owner->waiting_seen_ns = 0;
	resolver_turns_leave(&queue->turns, &owner->item); /* a copy need not go out */
	if (!owner->is_aside)
		resolver_blame_absolve(owner, now_ms);
	forget_if_gone(queue, owner);
}

/* ---- the time ---- */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When a wait that began then is over. While the publisher is silent its next word is the time to
 * look again, within reason. */
static uint64_t deadline_of(const struct queue *queue, uint64_t since_ms, uint64_t wait_ms)
{
	const uint64_t from = later(since_ms, queue->woke_ms);

	if (queue->is_silent)
		return from + EXCUSED_MS;
	return clock_earlier(later(from, queue->spoke_ms) + wait_ms, from + EXCUSED_MS);
}

bool resolver_queue_is_overdue(const struct queue *queue, uint64_t since_ms, uint64_t wait_ms,
			       uint64_t now_ms)
{
	const uint64_t from = later(later(since_ms, queue->woke_ms), queue->spoke_ms);

	return !queue->is_silent && from + wait_ms <= now_ms;
}

bool resolver_queue_is_due(const struct queue *queue, uint64_t since_ms, uint64_t wait_ms,
			   uint64_t now_ms)
{
	return deadline_of(queue, since_ms, wait_ms) <= now_ms;
}

static void look_who_sleeps(struct queue *queue, uint64_t now_ms, uint64_t heard_ms)
{
	const bool was_silent = queue->is_silent;

	queue->is_silent = !heard_ms || heard_ms + SILENT_MS < now_ms;
	if (was_silent && !queue->is_silent)
		queue->spoke_ms = now_ms;
	if (queue->due_ms != UINT64_MAX && queue->due_ms + SLEPT_MS < now_ms)
		queue->woke_ms = now_ms;
}

static void look_for_lost(struct queue *queue, uint64_t now_ms)
{
	struct queue_owner *owner;

	while ((owner = TAILQ_FIRST(&queue->unacked)) &&
	       resolver_queue_is_due(queue, owner->done_ms, QUEUE_ACK_MS, now_ms)) {
		if (owner->worker) {
			owner->failed_key = owner->worker->key->id;
			owner->worker->key->failed_ms = now_ms;
			resolver_blame_suspect(owner);
		}
		queue->n_lost++;
		owner->is_told = false;
		resolver_queue_end_unacked(queue, owner);
		resolver_queue_place(queue, owner);
	}
}

static void try_again(struct queue *queue, uint64_t now_ms)
{
	struct queue_owner *owner;

	while ((owner = resolver_blame_tell(&queue->blame, now_ms)))
		resolver_queue_place(queue, owner);
	while ((owner = resolver_blame_next(&queue->blame, now_ms))) {
		if (owner->exists)
			resolver_queue_place(queue, owner);
		else
			forget_if_gone(queue, owner);
	}
}

void resolver_queue_tick(struct queue *queue, uint64_t now_ms, uint64_t heard_ms)
{
	look_who_sleeps(queue, now_ms, heard_ms);
	resolver_workers_forget_keys(&queue->workers, now_ms);
	look_for_lost(queue, now_ms);
	resolver_queue_look_for_late(queue, now_ms);
	try_again(queue, now_ms);
}

uint64_t resolver_queue_deadline(struct queue *queue)
{
	const struct workers *workers = &queue->workers;
	uint64_t next = clock_earlier(resolver_blame_deadline(&queue->blame), workers->pace_ms);

	if (!TAILQ_EMPTY(&queue->unacked))
		next = clock_earlier(next, deadline_of(queue, TAILQ_FIRST(&queue->unacked)->done_ms,
						       QUEUE_ACK_MS));
	if (!TAILQ_EMPTY(&workers->busy))
		next = clock_earlier(next, deadline_of(queue, TAILQ_FIRST(&workers->busy)->head_ms,
						       QUEUE_LATE_MS));
	if (!TAILQ_EMPTY(&workers->slow))
		next = clock_earlier(next, deadline_of(queue, TAILQ_FIRST(&workers->slow)->head_ms,
						       QUEUE_COPY_MS));
	if (!TAILQ_EMPTY(&workers->leaving) && queue->turns.lanes[TURNS_ALONE].n_items)
		next = clock_earlier(next,
				     TAILQ_FIRST(&workers->leaving)->left_ms + WORKERS_MOMENT_MS);
	queue->due_ms = next;
	return next;
}

/* ---- for people ---- */

const char *resolver_queue_state(const struct queue *queue, const struct msg_key *key)
{
	const struct queue_owner *owner = find(queue, key);

	if (!owner)
		return "unknown";
	if (owner->is_aside)
		return "set aside: it crashes translators, or holds them up";
	if (owner->number && owner->worker && !owner->is_unacked)
		return "being translated";
	if (owner->number)
		return "on its way to the publisher";
	if (owner->item.line)
		return owner->suspect ? "waiting to be translated alone" : "waiting";
	return "done";
}
