/* queue_rig: a queue with workers that do what a test says, and a clock of its own. For the tests of
 * the jobs floor. */
#ifndef TESTS_RESOLVER_QUEUE_RIG_H
#define TESTS_RESOLVER_QUEUE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/jobs/job.h"
#include "resolver/jobs/queue.h"

#define RIG_WINDOW 16

struct queue_rig {
	struct queue queue;
	uint64_t now;
	bool is_silent; /* the publisher */
};

/* The other end of a link: a translator that holds jobs. */
struct rig_worker {
	struct worker *handle;
	const char *key; /* NULL: over ipc */
	uint64_t epoch;
	long window, n_held;
};

static inline long queue_rig_credit(const void *peer)
{
	const struct rig_worker *w = peer;

	return w->window - w->n_held;
}

static inline void queue_rig_init(struct queue_rig *rig)
{
	*rig = (struct queue_rig){ .now = 1000 };
	resolver_queue_init(&rig->queue, queue_rig_credit);
}

static inline void queue_rig_clear(struct queue_rig *rig)
{
	resolver_queue_clear(&rig->queue);
}

static inline void queue_rig_up_as(struct queue_rig *rig, struct rig_worker *w, unsigned takes)
{
	const struct worker_hello hello = { w, w->epoch, w->key ? str_from(w->key) : STR(""),
					    takes };

	if (!w->window)
		w->window = RIG_WINDOW;
	w->n_held = 0;
	w->handle = resolver_queue_add_worker(&rig->queue, &hello);
}

static inline void queue_rig_up(struct queue_rig *rig, struct rig_worker *w)
{
	queue_rig_up_as(rig, w, WORKER_TAKES_OWNERS | WORKER_TAKES_SETTINGS);
}

/* It has answered before: more than one job may go to it. */
static inline void queue_rig_up_seasoned(struct queue_rig *rig, struct rig_worker *w)
{
	queue_rig_up(rig, w);
	resolver_workers_season(&rig->queue.workers, w->handle);
}

static inline void queue_rig_down(struct queue_rig *rig, struct rig_worker *w)
{
	resolver_queue_lose_worker(&rig->queue, w->handle, rig->now);
	w->handle = NULL;
}

/* It gives the credit for its oldest jobs back. */
static inline void queue_rig_done(struct queue_rig *rig, struct rig_worker *w, long n_jobs)
{
	w->n_held -= n_jobs;
	resolver_queue_credit(&rig->queue, w->handle, rig->now);
}

/* "namespace/name" */
static inline struct msg_key queue_rig_key(const char *text)
{
	struct msg_key key = { .kind = MSG_KIND_INGRESS };

	if (!str_cut(str_from(text), '/', &key.namespace, &key.name))
		key = (struct msg_key){ .kind = MSG_KIND_POMERIUM, .name = str_from(text) };
	return key;
}

static inline void queue_rig_tell(struct queue_rig *rig, const char *name,
				  const struct owner_news *news)
{
	const struct msg_key key = queue_rig_key(name);

	resolver_queue_mark(&rig->queue, &key, news);
}

static inline void queue_rig_mark(struct queue_rig *rig, const char *name, uint64_t work)
{
	queue_rig_tell(rig, name, &(struct owner_news){ .exists = true, .work = work });
}

static inline void queue_rig_drop(struct queue_rig *rig, const char *name)
{
	queue_rig_tell(rig, name, &(struct owner_news){ .exists = false });
}

static inline void queue_rig_ack(struct queue_rig *rig, const char *name, uint64_t number)
{
	const struct msg_key key = queue_rig_key(name);

	resolver_queue_ack(&rig->queue, &key, number, rig->now);
}

/* The job is done and the publisher has taken it. */
static inline void queue_rig_answer(struct queue_rig *rig, struct rig_worker *w, const char *name,
				    uint64_t number)
{
	queue_rig_done(rig, w, 1);
	queue_rig_ack(rig, name, number);
}

static inline uint64_t queue_rig_start(struct queue_rig *rig, const struct queue_turn *turn)
{
	if (turn->worker)
		((struct rig_worker *)turn->worker->peer)->n_held++;
	return resolver_queue_start(&rig->queue, turn->owner, turn->worker, rig->now).number;
}

/* The next turn must be this owner's, by this worker (NULL: any); it is started. Returns its number. */
static inline uint64_t queue_rig_expect(struct queue_rig *rig, const char *name,
					const struct rig_worker *w)
{
	const struct msg_key key = queue_rig_key(name);
	struct queue_turn turn;

	assert_true(resolver_queue_next(&rig->queue, rig->now, &turn));
	assert_int_equal(msg_key_cmp(&turn.key, &key), 0);
	assert_non_null(turn.worker);
	if (w)
		assert_ptr_equal(turn.worker, w->handle);
	return queue_rig_start(rig, &turn);
}

static inline uint64_t queue_rig_expect_direct(struct queue_rig *rig, const char *name,
					       bool is_set_aside)
{
	const struct msg_key key = queue_rig_key(name);
	struct queue_turn turn;

	assert_true(resolver_queue_next(&rig->queue, rig->now, &turn));
	assert_int_equal(msg_key_cmp(&turn.key, &key), 0);
	assert_null(turn.worker);
	assert_int_equal(turn.is_set_aside, is_set_aside);
	return queue_rig_start(rig, &turn);
}

static inline void queue_rig_expect_none(struct queue_rig *rig)
{
	struct queue_turn turn;

	assert_false(resolver_queue_next(&rig->queue, rig->now, &turn));
}

static inline void queue_rig_expect_state(const struct queue_rig *rig, const char *name,
					  const char *state)
{
	const struct msg_key key = queue_rig_key(name);

	assert_string_equal(resolver_queue_state(&rig->queue, &key), state);
}

/* The clock goes on; deadlines pass one by one, as the loop would see them. */
static inline void queue_rig_pass(struct queue_rig *rig, uint64_t ms)
{
	const uint64_t end = rig->now + ms;
	uint64_t due;

	while ((due = resolver_queue_deadline(&rig->queue)) <= end && due > rig->now) {
		rig->now = due;
		resolver_queue_tick(&rig->queue, rig->now, rig->is_silent ? 1 : rig->now);
	}
	rig->now = end;
	resolver_queue_tick(&rig->queue, rig->now, rig->is_silent ? 1 : rig->now);
}

/* The publisher hears that it is set aside, once that is certain. */
static inline uint64_t queue_rig_expect_told(struct queue_rig *rig, const char *name)
{
	queue_rig_expect_none(rig);
	queue_rig_pass(rig, BLAME_GRACE_MS - 1);
	queue_rig_expect_none(rig);
	queue_rig_pass(rig, 1);
	return queue_rig_expect_direct(rig, name, true);
}

#endif
