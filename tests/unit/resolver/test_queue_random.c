/* test_queue_random: a simulated pipeline in which workers die, connections are cut, messages get
 * lost and the publisher starts over, all at random. When it becomes quiet the publisher has the
 * newest version of every owner, nothing is waiting, and nobody but the killer was given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/jobs/queue.h"

#define N_OWNERS 20
#define N_WORKERS 3
#define CREDIT 6
#define EVENTS 600
#define ROUNDS 200
#define KILLER (N_OWNERS - 1) /* in half of the rounds */

struct parcel {
	size_t owner;
	uint64_t number;
	unsigned version; /* of the owner; 0: it is deleted */
	bool crashed;
};

struct worker {
	struct queue_worker *handle; /* NULL: down */
	uint64_t epoch;
	bool lives; /* it is only cut off, and comes back as the same process */
	struct parcel jobs[CREDIT];
	size_t n_jobs;
};

struct owner {
	unsigned version;   /* 0: there is none */
	uint64_t had;       /* newest number that the publisher took */
	unsigned published; /* and what it brought */
	bool crashed;
};

struct sim {
	struct queue queue;
	struct worker workers[N_WORKERS];
	struct owner owners[N_OWNERS];
	uint64_t now, next_epoch,
		inventory; /* numbers up to `inventory` are from before the publisher's start */
	unsigned next_version;
	bool has_killer;
};

static char names[N_OWNERS][8];

static struct msg_key key_of(size_t owner)
{
	return (struct msg_key){ MSG_KIND_INGRESS, STR("shop"), str_from(names[owner]) };
}

static size_t owner_of(const struct msg_key *key)
{
	return (size_t)atoi(key->name.ptr + 1);
}

static long credit_of(const void *peer)
{
	return CREDIT - (long)((const struct worker *)peer)->n_jobs;
}

static bool chance(unsigned percent)
{
	return (unsigned)random() % 100 < percent;
}

static void change(struct sim *s, size_t owner)
{
	struct msg_key key = key_of(owner);
	bool exists = owner == KILLER || chance(80);

	if (!exists && !s->owners[owner].version)
		return;
	s->owners[owner].version = exists ? ++s->next_version : 0;
	resolver_queue_mark(&s->queue, &key, exists, 0);
}

/* The publisher takes a parcel and acknowledges it, if nothing gets lost. */
static void publish(struct sim *s, const struct parcel *p, bool lossy)
{
	struct msg_key key = key_of(p->owner);
	struct owner *owner = &s->owners[p->owner];

	if (lossy && chance(5))
		return;
	if (p->number > s->inventory && p->number > owner->had) {
		owner->had = p->number;
		owner->crashed = p->crashed;
		if (!p->crashed)
			owner->published = p->version;
	}
	if (lossy && chance(5))
		return;
	resolver_queue_ack(&s->queue, &key, p->number);
}

static void bring_up(struct sim *s, struct worker *w, uint64_t epoch)
{
	w->epoch = epoch;
	w->handle = resolver_queue_add_worker(&s->queue, w, epoch);
}

/* Down; with `is_death` what it was given is lost, else it goes on with it and comes back as the
 * same process. */
static void bring_down(struct sim *s, struct worker *w, bool is_death)
{
	resolver_queue_lose_worker(&s->queue, w->handle);
	w->handle = NULL;
	w->lives = !is_death;
	if (is_death)
		w->n_jobs = 0;
}

/* A job from before the link was cut, while another owner is alone with the worker: if it killed, it
 * could not be told from that owner. */
static bool is_left_over(const struct worker *w, const struct parcel *p)
{
	return w->handle && w->handle->alone && w->handle->newest != p->number;
}

static void work(struct sim *s, struct worker *w, bool lossy)
{
	struct parcel p = w->jobs[0];

	if (w->n_jobs == 0)
		return;
	if (s->has_killer && p.owner == KILLER && !is_left_over(w, &p)) {
		if (w->handle)
			bring_down(s, w, true);
		w->n_jobs = 0;
		return;
	}
	memmove(w->jobs, w->jobs + 1, --w->n_jobs * sizeof(p));
	if (!s->has_killer || p.owner != KILLER)
		publish(s, &p, lossy);
}

static void send_all(struct sim *s, bool lossy)
{
	struct queue_turn turn;

	while (resolver_queue_next_direct(&s->queue, &turn) ||
	       resolver_queue_next(&s->queue, &turn)) {
		struct parcel p = { .owner = owner_of(&turn.owner), .crashed = turn.crashed };
		struct worker *w = turn.worker ? turn.worker->peer : NULL;

		p.version = s->owners[p.owner].version;
		p.number = resolver_queue_start(&s->queue, turn.job, turn.worker, s->now).number;
		if (!w) {
			assert_true(p.crashed || p.version == 0);
			publish(s, &p, lossy);
			continue;
		}
		/* Whoever is suspected is alone, and nobody joins it. */
		assert_true(!turn.worker->alone || turn.worker->n_in_flight == 1);
		assert_true(w->n_jobs < CREDIT);
		w->jobs[w->n_jobs++] = p;
	}
}

static void restart_publisher(struct sim *s)
{
	resolver_queue_restart(&s->queue);
	for (size_t i = 0; i < N_OWNERS; i++) {
		struct msg_key key = key_of(i);

		s->owners[i].had = 0;
		s->owners[i].published = 0;
		if (s->owners[i].version)
			resolver_queue_announce(&s->queue, &key);
	}
	s->inventory = s->queue.number;
}

/* Whoever is alone with a worker that dies by chance, three times, cannot be told from a killer:
 * such a death does not happen here. */
static bool may_die(const struct worker *w)
{
	return !w->handle->alone && chance(50);
}

static void happen(struct sim *s)
{
	struct worker *w = &s->workers[random() % N_WORKERS];

	s->now += (uint64_t)random() % 200;
	resolver_queue_tick(&s->queue, s->now);
	if (!w->handle && chance(60))
		bring_up(s, w, w->lives ? w->epoch : ++s->next_epoch);
	else if (w->handle && chance(4))
		bring_down(s, w, may_die(w));
	else if (w->handle && chance(2))
		resolver_queue_reset_worker(&s->queue, w->handle);
	else if (chance(1))
		restart_publisher(s);
	else if (chance(30))
		change(s, (size_t)random() % N_OWNERS);
	else
		work(s, w, true);
	send_all(s, true);
}

/* No more trouble but what the killer makes. */
static void quiet(struct sim *s)
{
	for (int i = 0; i < 2000 && (i < 20 || s->queue.in_flight.n || s->queue.waiting.n ||
				     s->queue.suspects.n);
	     i++) {
		s->now += 100;
		resolver_queue_tick(&s->queue, s->now);
		for (size_t k = 0; k < N_WORKERS; k++) {
			if (!s->workers[k].handle)
				bring_up(s, &s->workers[k], ++s->next_epoch);
			work(s, &s->workers[k], false);
		}
		send_all(s, false);
	}
}

static void expect_settled(struct sim *s)
{
	assert_int_equal(s->queue.in_flight.n, 0);
	assert_int_equal(s->queue.waiting.n, 0);
	assert_int_equal(s->queue.suspects.n, 0);
	assert_int_equal(s->queue.direct.n, 0);
	for (size_t i = 0; i < N_OWNERS; i++) {
		bool killer = s->has_killer && i == KILLER && s->owners[i].version;

		assert_int_equal(s->owners[i].crashed, killer);
		if (!killer)
			assert_int_equal(s->owners[i].published, s->owners[i].version);
	}
	assert_int_equal(resolver_queue_flushed(&s->queue) <= s->queue.number, 1);
}

static void test_trouble(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sim s = { .has_killer = round % 2 };

		srandom(round);
		resolver_queue_init(&s.queue, credit_of);
		restart_publisher(&s);
		for (int i = 0; i < EVENTS; i++)
			happen(&s);
		quiet(&s);
		expect_settled(&s);
		resolver_queue_clear(&s.queue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_trouble) };

	for (size_t i = 0; i < N_OWNERS; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
