/* test_queue_random: a simulated pipeline, all at random. Workers of several keys die, hang, are cut
 * off and go on with what they had; one key is hostile; answers and acknowledgements get lost or come
 * late; the publisher freezes or starts over. One owner kills whoever translates it, one holds them
 * up. When it becomes quiet the publisher has the newest version of every other owner, nothing waits,
 * and nobody but those two is set aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "resolver/jobs/job.h"
#include "resolver/jobs/queue.h"

#define N_OWNERS 30
#define N_NAMESPACES 5
#define N_WORKERS 7
#define CREDIT 6
#define HANDS_MAX 32
#define MAIL_MAX 256
#define EVENTS 1500
#define ROUNDS 300
#define KILLER (N_OWNERS - 1) /* in every other round */
#define HANGER (N_OWNERS - 2) /* in every third */

struct parcel {
	size_t owner;
	uint64_t number;
	unsigned version; /* of the owner; 0: it is deleted */
	bool set_aside;
	uint64_t session; /* of the link that it came by */
	uint64_t due;     /* on its way back: when it arrives */
};

struct sim_worker {
	struct worker *handle; /* NULL: down */
	const char *key;       /* NULL: on ipc */
	uint64_t epoch, session;
	bool lives;                    /* it is only cut off, and comes back as the same process */
	bool hangs;                    /* for good */
	uint64_t slow_until;           /* it is at the first of its jobs */
	struct parcel jobs[HANDS_MAX]; /* those of earlier sessions first */
	size_t n_jobs;
	long n_held; /* by its credit */
};

struct sim_owner {
	unsigned version;   /* 0: there is none */
	uint64_t had;       /* newest number that the publisher took */
	unsigned published; /* and what it brought */
	bool rejected;
	bool is_aside; /* as far as the queue has said */
};

struct sim {
	struct queue queue;
	struct sim_worker workers[N_WORKERS];
	struct sim_owner owners[N_OWNERS];
	struct parcel mail[MAIL_MAX]; /* acknowledgements on their way */
	size_t n_mail;
	uint64_t now, next_epoch,
		inventory;            /* numbers up to it are from before the publisher's start */
	uint64_t frozen_until, heard; /* the publisher */
	unsigned next_version;
	bool has_killer, has_hanger, has_evil, is_quiet;
};

static char names[N_OWNERS][8], namespaces[N_NAMESPACES][8];

static struct msg_key key_of(size_t owner)
{
	return (struct msg_key){ MSG_KIND_INGRESS, str_from(namespaces[owner % N_NAMESPACES]),
				 str_from(names[owner]) };
}

static size_t owner_of(const struct msg_key *key)
{
	return (size_t)strtol(key->name.ptr + 1, NULL, 10);
}

static long credit_of(const void *peer)
{
	return CREDIT - ((const struct sim_worker *)peer)->n_held;
}

static bool chance(unsigned percent)
{
	return (unsigned)random() % 100 < percent;
}

static bool is_poison(const struct sim *s, size_t owner)
{
	return (s->has_killer && owner == KILLER) || (s->has_hanger && owner == HANGER);
}

/* All workers with the key "evil" are. */
static bool is_evil(const struct sim *s, const struct sim_worker *w)
{
	return s->has_evil && w->key && w->key[0] == 'e';
}

static void change(struct sim *s, size_t owner)
{
	const struct msg_key key = key_of(owner);
	struct owner_news news = { .exists = is_poison(s, owner) || chance(80) };

	if (!news.exists && !s->owners[owner].version)
		return;
	news.work = chance(20) ? 100000 : 100;
	news.refused = news.exists && !is_poison(s, owner) && chance(5);
	s->owners[owner].version = news.exists ? ++s->next_version : 0;
	resolver_queue_mark(&s->queue, &key, &news);
}

/* ---- the publisher ---- */

static void publish(struct sim *s, const struct parcel *p)
{
	struct sim_owner *owner = &s->owners[p->owner];

	if (!s->is_quiet && chance(3))
		return;
	if (p->number > s->inventory && p->number > owner->had) {
		owner->had = p->number;
		owner->rejected = p->set_aside;
		if (!p->set_aside)
			owner->published = p->version;
	}
	if ((!s->is_quiet && chance(3)) || s->n_mail == MAIL_MAX)
		return;
	s->mail[s->n_mail] = *p;
	s->mail[s->n_mail++].due =
		s->is_quiet ? s->now : s->now + (uint64_t)random() % (chance(5) ? 20000 : 20);
}

static void deliver(struct sim *s)
{
	for (size_t i = 0; i < s->n_mail;) {
		const struct parcel p = s->mail[i];
		const struct msg_key key = key_of(p.owner);

		if (p.due > s->now || s->now < s->frozen_until) {
			i++;
			continue;
		}
		s->mail[i] = s->mail[--s->n_mail];
		resolver_queue_ack(&s->queue, &key, p.number, s->now);
	}
}

static void restart_publisher(struct sim *s)
{
	resolver_queue_restart(&s->queue);
	for (size_t i = 0; i < N_OWNERS; i++) {
		const struct msg_key key = key_of(i);

		s->owners[i].had = 0;
		s->owners[i].published = 0;
		s->owners[i].rejected = false;
		if (s->owners[i].version)
			resolver_queue_announce(&s->queue, &key);
	}
	s->inventory = s->queue.number;
	s->n_mail = 0;
}

/* ---- workers ---- */

static void bring_up(struct sim *s, struct sim_worker *w)
{
	const struct worker_hello hello = { w, w->lives ? w->epoch : ++s->next_epoch,
					    w->key ? str_from(w->key) : STR(""),
					    WORKER_TAKES_OWNERS };

	if (!w->lives)
		w->n_jobs = 0;
	w->epoch = hello.epoch;
	w->session++;
	w->n_held = 0;
	w->handle = resolver_queue_add_worker(&s->queue, &hello);
}

/* With `is_death` what it was given is lost, else it goes on with it. */
static void bring_down(struct sim *s, struct sim_worker *w, bool is_death)
{
	resolver_queue_lose_worker(&s->queue, w->handle, s->now);
	w->handle = NULL;
	w->lives = !is_death;
	if (is_death) {
		w->n_jobs = 0;
		w->hangs = false;
	}
}

static void die(struct sim *s, struct sim_worker *w)
{
	if (w->handle)
		bring_down(s, w, true);
	w->lives = w->hangs = false;
	w->n_jobs = 0;
}

/* Its credit for the first of its jobs, unless that is from before. */
static void give_back(struct sim *s, struct sim_worker *w, const struct parcel *p)
{
	if (!w->handle || p->session != w->session)
		return;
	w->n_held--;
	resolver_queue_credit(&s->queue, w->handle, s->now);
}

static void work(struct sim *s, struct sim_worker *w)
{
	const struct parcel p = w->jobs[0];

	if (w->n_jobs == 0 || w->hangs || s->now < w->slow_until || s->now < s->frozen_until)
		return;
	if (s->has_killer && p.owner == KILLER) {
		die(s, w);
		return;
	}
	if (s->has_hanger && p.owner == HANGER) {
		w->hangs = true;
		return;
	}
	if (!s->is_quiet && chance(1)) {
		w->slow_until = s->now + (uint64_t)random() % 5000;
		return;
	}
	memmove(w->jobs, w->jobs + 1, --w->n_jobs * sizeof(p));
	if (!is_evil(s, w) || chance(40)) /* it answers */
		publish(s, &p);
	if (!is_evil(s, w) || chance(60)) /* and gives its credit back */
		give_back(s, w, &p);
}

/* ---- what the queue says ---- */

static void expect_sound(const struct sim *s, const struct queue_turn *turn)
{
	const struct worker *w = turn->worker;

	assert_false(w->late);
	assert_true(w->n_jobs < CREDIT && w->load < WORKERS_LOAD_MAX);
	assert_true(!w->is_new || !w->n_jobs);
	assert_null(w->alone); /* whoever is suspected is alone, and nobody joins it */
	assert_true(!turn->owner->suspect || !w->n_jobs);
	assert_true(s->queue.workers.n_big <= 1);
	assert_true(turn->owner->work <= QUEUE_BIG || turn->owner->suspect ||
		    !s->queue.workers.n_big);
}

/* Some worker is cut off, which looks like a death until it is back, or is slow. */
static bool is_excused(const struct sim *s)
{
	for (size_t i = 0; i < N_WORKERS; i++) {
		const struct sim_worker *w = &s->workers[i];

		if ((w->lives && !w->handle) || w->slow_until + QUEUE_COPY_MS > s->now)
			return !s->is_quiet;
	}
	return false;
}

static void send_all(struct sim *s)
{
	struct queue_turn turn;

	while (resolver_queue_next(&s->queue, s->now, &turn)) {
		struct parcel p = { .owner = owner_of(&turn.key), .set_aside = turn.is_set_aside };
		struct sim_worker *w = turn.worker ? turn.worker->peer : NULL;

		p.version = s->owners[p.owner].version;
		if (turn.is_set_aside && !s->owners[p.owner].is_aside)
			assert_true(is_poison(s, p.owner) || is_excused(s));
		s->owners[p.owner].is_aside = turn.is_set_aside;
		if (w)
			expect_sound(s, &turn);
		p.number = resolver_queue_start(&s->queue, turn.owner, turn.worker, s->now).number;
		if (!w) {
			publish(s, &p);
			continue;
		}
		assert_true(w->n_jobs < HANDS_MAX);
		p.session = w->session;
		w->n_held++;
		w->jobs[w->n_jobs++] = p;
	}
}

/* What a connected worker has in hand is not flushed. */
static void expect_not_flushed(const struct sim *s)
{
	const uint64_t flushed = resolver_queue_flushed(&s->queue);

	for (size_t i = 0; i < N_WORKERS; i++)
		for (size_t k = 0; s->workers[i].handle && k < s->workers[i].n_jobs; k++)
			if (s->workers[i].jobs[k].session == s->workers[i].session)
				assert_true(s->workers[i].jobs[k].number > flushed);
}

/* ---- events ---- */

static void tick(struct sim *s)
{
	resolver_queue_deadline(&s->queue);
	if (s->now >= s->frozen_until)
		s->heard = s->now;
	deliver(s);
	resolver_queue_tick(&s->queue, s->now, s->heard);
}

/* Whoever is alone with workers that die by chance, on two keys, cannot be told from a killer: such a
 * death happens to evil workers only. */
static bool may_die(const struct sim *s, const struct sim_worker *w)
{
	return is_evil(s, w) || (!w->handle->alone && chance(50));
}

static void reset(struct sim *s, struct sim_worker *w)
{
	w->session++;
	w->n_held = 0;
	resolver_queue_reset_worker(&s->queue, w->handle, s->now);
}

static void happen(struct sim *s)
{
	struct sim_worker *w = &s->workers[(size_t)random() % N_WORKERS];

	s->now += (uint64_t)random() % 100;
	tick(s);
	if (w->hangs && chance(1))
		die(s, w); /* somebody has ended it */
	else if (!w->handle && chance(60))
		bring_up(s, w);
	else if (w->handle && !w->hangs && chance(3))
		bring_down(s, w, may_die(s, w));
	else if (w->handle && !w->hangs && chance(1))
		reset(s, w);
	else if (random() % 500 == 0)
		restart_publisher(s);
	else if (random() % 300 == 0)
		s->frozen_until = s->now + (uint64_t)random() % 20000;
	else if (chance(20))
		change(s, (size_t)random() % N_OWNERS);
	else
		work(s, w);
	send_all(s);
	expect_not_flushed(s);
}

/* What is set aside may be tried again just now. */
static bool is_at_rest(const struct sim *s)
{
	for (int lane = 0; lane < N_TURNS_LANES; lane++)
		if (s->queue.turns.lanes[lane].n_items)
			return false;
	return !s->queue.n_in_flight;
}

/* No more trouble but what the poison and the evil ones make; somebody ends those that hang. */
static void quiet(struct sim *s)
{
	s->is_quiet = true;
	for (int i = 0; i < 4000 || (i < 4500 && !is_at_rest(s)); i++) {
		s->now += 100;
		tick(s);
		for (size_t k = 0; k < N_WORKERS; k++) {
			if (!s->workers[k].handle)
				bring_up(s, &s->workers[k]);
			work(s, &s->workers[k]);
			if ((is_evil(s, &s->workers[k]) && i % 50 == 0) ||
			    (s->workers[k].hangs && i % 300 == 0))
				die(s, &s->workers[k]);
		}
		send_all(s);
	}
}

static void expect_settled(struct sim *s)
{
	assert_true(is_at_rest(s));
	for (size_t i = 0; i < N_OWNERS; i++) {
		const bool poison = is_poison(s, i) && s->owners[i].version;

		assert_int_equal(s->owners[i].rejected, poison);
		if (!poison)
			assert_int_equal(s->owners[i].published, s->owners[i].version);
	}
}

static void begin(struct sim *s, unsigned round)
{
	static const char *const keys[N_WORKERS] = {
		NULL, NULL, "one", "one", "two", "evil", "evil"
	};

	*s = (struct sim){ .has_killer = round % 2,
			   .has_hanger = round % 3 == 1,
			   .has_evil = round % 5 != 0,
			   .now = 1000 };
	for (size_t i = 0; i < N_WORKERS; i++)
		s->workers[i].key = keys[i];
	srandom(round);
	resolver_queue_init(&s->queue, credit_of);
	restart_publisher(s);
}

static void test_trouble(void **state)
{
	static struct sim s;
	unsigned n_set_aside = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		begin(&s, round);
		for (int i = 0; i < EVENTS; i++)
			happen(&s);
		quiet(&s);
		expect_settled(&s);
		n_set_aside += s.queue.blame.n_set_aside > 0;
		resolver_queue_clear(&s.queue);
	}
	assert_true(n_set_aside >= ROUNDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_trouble) };

	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < N_OWNERS; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
	for (size_t i = 0; i < N_NAMESPACES; i++)
		snprintf(namespaces[i], sizeof(namespaces[i]), "ns%zu", i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
