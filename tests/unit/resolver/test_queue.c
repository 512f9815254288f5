/* test_queue: turns, acknowledgements, retries, suspects; a fake clock and fake peers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/jobs/queue.h"

struct peer {
	long credit;
};

static long credit_of(const void *peer)
{
	return ((const struct peer *)peer)->credit;
}

static struct msg_key key_of(const char *name)
{
	return (struct msg_key){ .kind = MSG_KIND_INGRESS,
				 .namespace = STR("shop"),
				 .name = str_from(name) };
}

static void mark(struct queue *q, const char *name)
{
	struct msg_key key = key_of(name);

	resolver_queue_mark(q, &key, true, 0);
}

static void drop(struct queue *q, const char *name)
{
	struct msg_key key = key_of(name);

	resolver_queue_mark(q, &key, false, 0);
}

static void ack(struct queue *q, const char *name, uint64_t number)
{
	struct msg_key key = key_of(name);

	resolver_queue_ack(q, &key, number);
}

/* The next turn must be this owner, by this worker; it is started. Returns its number. */
static uint64_t expect(struct queue *q, const char *name, const struct queue_worker *worker,
		       uint64_t now_ms)
{
	struct queue_turn turn;

	assert_true(resolver_queue_next(q, &turn));
	assert_true(str_is(turn.owner.name, name));
	assert_ptr_equal(turn.worker, worker);
	return resolver_queue_start(q, turn.job, turn.worker, now_ms).number;
}

static uint64_t expect_direct(struct queue *q, const char *name, bool crashed, uint64_t now_ms)
{
	struct queue_turn turn;

	assert_true(resolver_queue_next_direct(q, &turn));
	assert_true(str_is(turn.owner.name, name));
	assert_int_equal(turn.crashed, crashed);
	return resolver_queue_start(q, turn.job, NULL, now_ms).number;
}

static void expect_none(struct queue *q)
{
	struct queue_turn turn;

	assert_false(resolver_queue_next(q, &turn));
	assert_false(resolver_queue_next_direct(q, &turn));
}

static void test_once_and_in_order(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;
	uint64_t a, b;

	(void)state;
	resolver_queue_init(&q, credit_of);
	mark(&q, "a");
	mark(&q, "b");
	mark(&q, "a");
	expect_none(&q);
	w = resolver_queue_add_worker(&q, &peer, 1);
	a = expect(&q, "a", w, 0);
	b = expect(&q, "b", w, 0);
	assert_true(a < b);
	expect_none(&q);
	/* Changed while in flight: again after the acknowledgement, once. */
	mark(&q, "a");
	mark(&q, "a");
	expect_none(&q);
	ack(&q, "a", a + 100);
	expect_none(&q);
	ack(&q, "a", a);
	ack(&q, "b", b);
	assert_true(expect(&q, "a", w, 0) > b);
	expect_none(&q);
	ack(&q, "a", b + 1);
	expect_none(&q);
	peer.credit = 0;
	mark(&q, "b");
	expect_none(&q);
	resolver_queue_clear(&q);
}

static void test_least_loaded(void **state)
{
	struct peer one = { 10 }, two = { 10 };
	struct queue_worker *w1, *w2;
	struct queue q;
	uint64_t b;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w1 = resolver_queue_add_worker(&q, &one, 1);
	mark(&q, "a");
	expect(&q, "a", w1, 0);
	w2 = resolver_queue_add_worker(&q, &two, 2);
	mark(&q, "b");
	mark(&q, "c");
	mark(&q, "d");
	b = expect(&q, "b", w2, 0);
	ack(&q, "b", b);
	expect(&q, "c", w2, 0);
	two.credit = 0;
	expect(&q, "d", w1, 0);
	resolver_queue_clear(&q);
}

static void test_single_edits_go_round(void **state)
{
	struct peer peers[3] = { { 10 }, { 10 }, { 10 } };
	struct queue_worker *workers[3], *seen[6];
	struct queue q;

	(void)state;
	resolver_queue_init(&q, credit_of);
	for (size_t i = 0; i < 3; i++)
		workers[i] = resolver_queue_add_worker(&q, &peers[i], i + 1);
	for (size_t i = 0; i < 6; i++) {
		struct queue_turn turn;

		mark(&q, "a");
		assert_true(resolver_queue_next(&q, &turn));
		seen[i] = turn.worker;
		ack(&q, "a", resolver_queue_start(&q, turn.job, turn.worker, 0).number);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(seen[0] == workers[i] || seen[1] == workers[i] ||
			    seen[2] == workers[i]);
		assert_ptr_equal(seen[i], seen[i + 3]);
	}
	resolver_queue_clear(&q);
}

static void test_late_ack(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;
	uint64_t first, second;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w = resolver_queue_add_worker(&q, &peer, 1);
	mark(&q, "a");
	first = expect(&q, "a", w, 1000);
	assert_int_equal(resolver_queue_tick(&q, 1000), 1000 + QUEUE_ACK_MS);
	expect_none(&q);
	assert_int_equal(resolver_queue_tick(&q, 1000 + QUEUE_ACK_MS), UINT64_MAX);
	second = expect(&q, "a", w, 5000);
	ack(&q, "a", first);
	assert_int_equal(resolver_queue_tick(&q, 5000), 5000 + QUEUE_ACK_MS);
	ack(&q, "a", second);
	assert_int_equal(resolver_queue_tick(&q, 5000), UINT64_MAX);
	expect_none(&q);
	resolver_queue_clear(&q);
}

/* Who is late gets work only if nobody else can take it, until it is heard of again. */
static void test_late_worker(void **state)
{
	struct peer one = { 10 }, two = { 10 };
	struct queue_worker *w1, *w2;
	struct queue q;
	uint64_t number;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w1 = resolver_queue_add_worker(&q, &one, 1);
	mark(&q, "a");
	expect(&q, "a", w1, 0);
	w2 = resolver_queue_add_worker(&q, &two, 2);
	resolver_queue_tick(&q, QUEUE_ACK_MS);
	expect(&q, "a", w2, QUEUE_ACK_MS);
	mark(&q, "b");
	mark(&q, "c");
	expect(&q, "b", w2, QUEUE_ACK_MS);
	two.credit = 0;
	number = expect(&q, "c", w1, QUEUE_ACK_MS);
	two.credit = 10;
	ack(&q, "c", number);
	mark(&q, "d");
	expect(&q, "d", w1, QUEUE_ACK_MS);
	resolver_queue_clear(&q);
}

static void test_delete(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;
	uint64_t number;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w = resolver_queue_add_worker(&q, &peer, 1);
	drop(&q, "unknown");
	expect_none(&q);
	mark(&q, "a");
	number = expect(&q, "a", w, 0);
	drop(&q, "a");
	expect_none(&q);
	ack(&q, "a", number);
	number = expect_direct(&q, "a", false, 0);
	/* It comes back while its deletion is in flight. */
	mark(&q, "a");
	ack(&q, "a", number);
	number = expect(&q, "a", w, 0);
	ack(&q, "a", number);
	drop(&q, "a");
	number = expect_direct(&q, "a", false, 0);
	/* Not acknowledged: told again. */
	resolver_queue_tick(&q, QUEUE_ACK_MS);
	number = expect_direct(&q, "a", false, QUEUE_ACK_MS);
	ack(&q, "a", number);
	assert_int_equal(q.jobs.n, 0);
	/* Waiting for a worker, then gone: only the deletion is left. */
	mark(&q, "b");
	drop(&q, "b");
	assert_false(resolver_queue_next(&q, &(struct queue_turn){ 0 }));
	expect_direct(&q, "b", false, 0);
	resolver_queue_clear(&q);
}

static void test_seen(void **state)
{
	struct peer peer = { 10 };
	struct msg_key a = key_of("a");
	struct queue_turn turn;
	struct queue q;

	(void)state;
	resolver_queue_init(&q, credit_of);
	resolver_queue_add_worker(&q, &peer, 1);
	resolver_queue_mark(&q, &a, true, 70);
	resolver_queue_mark(&q, &a, true, 50);
	resolver_queue_mark(&q, &a, true, 60);
	assert_true(resolver_queue_next(&q, &turn));
	assert_int_equal(resolver_queue_start(&q, turn.job, turn.worker, 0).seen_ns, 50);
	resolver_queue_mark(&q, &a, true, 90);
	/* Lost on its way: the oldest change is still the one behind it. */
	resolver_queue_tick(&q, QUEUE_ACK_MS);
	assert_true(resolver_queue_next(&q, &turn));
	assert_int_equal(resolver_queue_start(&q, turn.job, turn.worker, 0).seen_ns, 50);
	resolver_queue_clear(&q);
}

/* Who kills workers while alone is given up, and nobody else is. */
static void test_suspects(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;
	uint64_t number;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w = resolver_queue_add_worker(&q, &peer, 1);
	mark(&q, "a");
	mark(&q, "killer");
	mark(&q, "b");
	expect(&q, "a", w, 0);
	expect(&q, "killer", w, 0);
	resolver_queue_lose_worker(&q, w);
	for (uint64_t epoch = 2; epoch < 2 + QUEUE_DEATHS_MAX; epoch++) {
		w = resolver_queue_add_worker(&q, &peer, epoch);
		if (epoch == 2) {
			/* One at a time, and nobody beside it. */
			number = expect(&q, "a", w, 0);
			expect_none(&q);
			ack(&q, "a", number);
		}
		expect(&q, "killer", w, 0);
		expect_none(&q);
		resolver_queue_lose_worker(&q, w);
	}
	w = resolver_queue_add_worker(&q, &peer, 9);
	number = expect_direct(&q, "killer", true, 0);
	expect(&q, "b", w, 0);
	expect_none(&q);
	ack(&q, "killer", number);
	expect_none(&q);
	/* Its next change is another chance, alone again. */
	mark(&q, "killer");
	expect_none(&q);
	ack(&q, "b", number + 1);
	number = expect(&q, "killer", w, 0);
	mark(&q, "b");
	expect_none(&q);
	ack(&q, "killer", number);
	expect(&q, "b", w, 0);
	mark(&q, "killer");
	expect(&q, "killer", w, 0);
	resolver_queue_clear(&q);
}

static void test_suspect_gets_a_worker_of_its_own(void **state)
{
	struct peer one = { 10 }, two = { 10 }, three = { 10 };
	struct queue_worker *w1, *w2, *w3;
	struct queue q;
	uint64_t a, s;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w3 = resolver_queue_add_worker(&q, &three, 3);
	mark(&q, "suspect");
	expect(&q, "suspect", w3, 0);
	w1 = resolver_queue_add_worker(&q, &one, 1);
	mark(&q, "a");
	a = expect(&q, "a", w1, 0);
	w2 = resolver_queue_add_worker(&q, &two, 2);
	mark(&q, "b");
	expect(&q, "b", w2, 0);
	mark(&q, "b2");
	one.credit = three.credit = 0;
	expect(&q, "b2", w2, 0);
	one.credit = 10;
	resolver_queue_lose_worker(&q, w3);
	/* Both are busy: the less loaded one gets no more work until the suspect had it. */
	mark(&q, "c");
	mark(&q, "d");
	expect(&q, "c", w2, 0);
	ack(&q, "a", a);
	s = expect(&q, "suspect", w1, 0);
	expect(&q, "d", w2, 0);
	ack(&q, "suspect", s);
	mark(&q, "e");
	expect(&q, "e", w1, 0);
	resolver_queue_clear(&q);
}

static void test_cut_connection_is_no_death(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;
	uint64_t number;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w = resolver_queue_add_worker(&q, &peer, 7);
	mark(&q, "a");
	expect(&q, "a", w, 0);
	for (int i = 0; i < 3 * QUEUE_DEATHS_MAX; i++) {
		resolver_queue_lose_worker(&q, w);
		w = resolver_queue_add_worker(&q, &peer, 7);
		number = expect(&q, "a", w, 0);
	}
	ack(&q, "a", number);
	/* The link started over without a down: no suspicion either. */
	mark(&q, "b");
	mark(&q, "c");
	expect(&q, "b", w, 0);
	expect(&q, "c", w, 0);
	resolver_queue_reset_worker(&q, w);
	expect(&q, "b", w, 0);
	expect(&q, "c", w, 0);
	resolver_queue_clear(&q);
}

/* The third death was a cut: what was rejected already gets its chance back. */
static void test_late_return(void **state)
{
	struct peer peer = { 10 };
	struct queue_worker *w;
	struct queue q;

	(void)state;
	resolver_queue_init(&q, credit_of);
	mark(&q, "a");
	for (uint64_t epoch = 1; epoch <= 1 + QUEUE_DEATHS_MAX; epoch++) {
		w = resolver_queue_add_worker(&q, &peer, epoch);
		expect(&q, "a", w, 0);
		resolver_queue_lose_worker(&q, w);
	}
	expect_direct(&q, "a", true, 0);
	w = resolver_queue_add_worker(&q, &peer, 1 + QUEUE_DEATHS_MAX);
	expect_none(&q);
	resolver_queue_tick(&q, QUEUE_ACK_MS);
	expect(&q, "a", w, QUEUE_ACK_MS);
	resolver_queue_clear(&q);
}

static void test_restart(void **state)
{
	struct peer peer = { 10 };
	struct msg_key a = key_of("a"), b = key_of("b");
	struct queue_worker *w;
	struct queue q;
	uint64_t first, v_a, v_b;

	(void)state;
	resolver_queue_init(&q, credit_of);
	w = resolver_queue_add_worker(&q, &peer, 1);
	resolver_queue_restart(&q);
	v_a = resolver_queue_announce(&q, &a);
	v_b = resolver_queue_announce(&q, &b);
	assert_true(v_a < v_b);
	first = expect(&q, "a", w, 0);
	assert_true(first > v_b);
	expect(&q, "b", w, 0);
	drop(&q, "b");
	/* Another publisher: all again, with fresh numbers; b's deletion is told to it, too. */
	resolver_queue_restart(&q);
	v_a = resolver_queue_announce(&q, &a);
	ack(&q, "a", first);
	expect_direct(&q, "b", false, 0);
	assert_true(expect(&q, "a", w, 0) > v_a);
	expect_none(&q);
	resolver_queue_clear(&q);
}

static void test_flushed(void **state)
{
	struct peer one = { 10 }, two = { 10 };
	struct queue_worker *w1, *w2;
	struct queue q;
	uint64_t a, b, c, d;

	(void)state;
	resolver_queue_init(&q, credit_of);
	assert_int_equal(resolver_queue_flushed(&q), 0);
	w1 = resolver_queue_add_worker(&q, &one, 1);
	mark(&q, "a");
	mark(&q, "b");
	a = expect(&q, "a", w1, 0);
	b = expect(&q, "b", w1, 0);
	w2 = resolver_queue_add_worker(&q, &two, 2);
	mark(&q, "c");
	c = expect(&q, "c", w2, 0);
	assert_int_equal(resolver_queue_flushed(&q), a - 1);
	ack(&q, "a", a);
	assert_int_equal(resolver_queue_flushed(&q), b - 1);
	ack(&q, "b", b);
	assert_int_equal(resolver_queue_flushed(&q), c - 1);
	/* Given up, but the worker may still bring it: a later one of the same worker tells that it
	 * cannot. */
	resolver_queue_tick(&q, QUEUE_ACK_MS);
	one.credit = 0;
	assert_int_equal(resolver_queue_flushed(&q), c - 1);
	d = expect(&q, "c", w2, QUEUE_ACK_MS);
	assert_int_equal(resolver_queue_flushed(&q), c - 1);
	ack(&q, "c", d);
	assert_int_equal(resolver_queue_flushed(&q), d);
	mark(&q, "a");
	expect(&q, "a", w2, QUEUE_ACK_MS);
	resolver_queue_lose_worker(&q, w2);
	assert_int_equal(resolver_queue_flushed(&q), d + 1);
	resolver_queue_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_and_in_order),
		cmocka_unit_test(test_least_loaded),
		cmocka_unit_test(test_single_edits_go_round),
		cmocka_unit_test(test_late_ack),
		cmocka_unit_test(test_late_worker),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_suspects),
		cmocka_unit_test(test_suspect_gets_a_worker_of_its_own),
		cmocka_unit_test(test_cut_connection_is_no_death),
		cmocka_unit_test(test_late_return),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
