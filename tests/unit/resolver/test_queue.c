/* test_queue: one owner and what is in flight of it: once, in order, lost, late, deleted. */
#include "tests/unit/resolver/queue_rig.h"

static void test_once_and_in_order(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t a, b;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect_none(&rig);
	queue_rig_up_seasoned(&rig, &w);
	a = queue_rig_expect(&rig, "shop/a", &w);
	b = queue_rig_expect(&rig, "shop/b", &w);
	assert_true(a < b);
	queue_rig_expect_none(&rig);
	/* Changed while in flight: again after the acknowledgement, once. */
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect_none(&rig);
	queue_rig_ack(&rig, "shop/a", a + 100);
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, &w, "shop/a", a);
	queue_rig_answer(&rig, &w, "shop/b", b);
	a = queue_rig_expect(&rig, "shop/a", &w);
	assert_true(a > b);
	queue_rig_expect_none(&rig);
	queue_rig_ack(&rig, "shop/a", b + 100);
	queue_rig_expect_none(&rig);
	queue_rig_expect_state(&rig, "shop/a", "done");
	/* Without credit nothing goes out. */
	w.n_held = w.window;
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_expect_none(&rig);
	queue_rig_clear(&rig);
}

static void test_credit_before_acknowledgement_and_after(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t a;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &w);
	for (int i = 0; i < 4; i++) {
		queue_rig_mark(&rig, "shop/a", 100);
		a = queue_rig_expect(&rig, "shop/a", &w);
		if (i % 2)
			queue_rig_done(&rig, &w, 1);
		queue_rig_ack(&rig, "shop/a", a);
		if (i % 2 == 0)
			queue_rig_done(&rig, &w, 1);
		assert_int_equal(w.handle->n_jobs, 0);
		queue_rig_pass(&rig, QUEUE_ACK_MS + QUEUE_COPY_MS);
		queue_rig_expect_none(&rig);
	}
	assert_int_equal(rig.queue.n_lost + rig.queue.n_late, 0);
	queue_rig_clear(&rig);
}

/* Done, and not acknowledged: it goes out again, to another key if there is one. */
static void test_lost(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t first, second;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	first = queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_pass(&rig, QUEUE_ACK_MS - 1);
	queue_rig_done(&rig, &one, 1);
	queue_rig_pass(&rig, QUEUE_ACK_MS - 1);
	queue_rig_expect_none(&rig);
	queue_rig_pass(&rig, 1);
	assert_int_equal(rig.queue.n_lost, 1);
	/* There is no other. */
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_done(&rig, &one, 1);
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	queue_rig_up(&rig, &two);
	second = queue_rig_expect(&rig, "shop/a", &two);
	/* A late answer says what the owner says: it counts, and the copy's comes to nothing. */
	queue_rig_ack(&rig, "shop/a", first);
	queue_rig_expect_state(&rig, "shop/a", "done");
	queue_rig_answer(&rig, &two, "shop/a", second);
	queue_rig_pass(&rig, QUEUE_ACK_MS + QUEUE_COPY_MS);
	queue_rig_expect_none(&rig);
	queue_rig_expect_state(&rig, "shop/a", "done");
	queue_rig_clear(&rig);
}

/* The answer to what the owner said before its last change does not count. */
static void test_late_answer_to_an_older_version(void **state)
{
	struct rig_worker one = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t first, second;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	first = queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_done(&rig, &one, 1);
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_ack(&rig, "shop/a", first);
	queue_rig_expect_state(&rig, "shop/a", "waiting to be translated alone");
	second = queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_ack(&rig, "shop/a", first);
	queue_rig_expect_state(&rig, "shop/a", "being translated");
	queue_rig_answer(&rig, &one, "shop/a", second);
	queue_rig_expect_state(&rig, "shop/a", "done");
	queue_rig_clear(&rig);
}

/* A worker that gives credit back and answers nothing: another key gets the owner. */
static void test_who_does_not_answer_is_avoided(void **state)
{
	struct rig_worker mute = { .epoch = 1, .key = "mute" },
			  good = { .epoch = 2, .key = "good" };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &mute);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect(&rig, "shop/a", &mute);
	queue_rig_up(&rig, &good);
	queue_rig_done(&rig, &mute, 1);
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	number = queue_rig_expect(&rig, "shop/a", &good);
	queue_rig_answer(&rig, &good, "shop/a", number);
	/* And comes last for a while. */
	for (int i = 0; i < 4; i++) {
		queue_rig_mark(&rig, "shop/b", 100);
		number = queue_rig_expect(&rig, "shop/b", &good);
		queue_rig_answer(&rig, &good, "shop/b", number);
	}
	queue_rig_pass(&rig, WORKERS_FAILED_MS);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_expect(&rig, "shop/b", &mute);
	queue_rig_clear(&rig);
}

/* Who is at one job for three seconds gets no other; what is behind the job goes to others at once, the
 * job itself after ten seconds; the first answer counts. */
static void test_late_worker(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t a, b;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "shop/b", 100);
	a = queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_expect(&rig, "shop/b", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_pass(&rig, QUEUE_LATE_MS - 1);
	queue_rig_expect_none(&rig);
	queue_rig_pass(&rig, 1);
	assert_true(one.handle->late);
	b = queue_rig_expect(&rig, "shop/b", &two);
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, &two, "shop/b", b);
	for (int i = 0; i < 5; i++) {
		queue_rig_mark(&rig, "shop/c", 100);
		b = queue_rig_expect(&rig, "shop/c", &two);
		queue_rig_answer(&rig, &two, "shop/c", b);
	}
	queue_rig_pass(&rig, QUEUE_COPY_MS - QUEUE_LATE_MS);
	b = queue_rig_expect(&rig, "shop/a", &two);
	queue_rig_ack(&rig, "shop/a", a);
	queue_rig_expect_state(&rig, "shop/a", "done");
	queue_rig_answer(&rig, &two, "shop/a", b);
	/* It is trusted again once it has given all back. */
	queue_rig_done(&rig, &one, 1);
	assert_true(one.handle->late);
	queue_rig_done(&rig, &one, 1);
	assert_false(one.handle->late);
	assert_int_equal(rig.queue.n_late, 1);
	assert_int_equal(rig.queue.blame.n_set_aside, 0);
	queue_rig_clear(&rig);
}

/* All replicas of a Deployment have one key: then a copy goes to another of them. */
static void test_copy_with_one_key(void **state)
{
	struct rig_worker one = { .epoch = 1, .key = "same" }, two = { .epoch = 2, .key = "same" };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_pass(&rig, 1);
	queue_rig_up(&rig, &two);
	queue_rig_pass(&rig, QUEUE_COPY_MS);
	queue_rig_expect(&rig, "shop/a", &two);
	queue_rig_clear(&rig);
}

/* The publisher does not run, so nobody is late and nothing is lost; nor if we did not run. */
static void test_silence_is_no_lateness(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &w);
	queue_rig_mark(&rig, "shop/a", 100);
	number = queue_rig_expect(&rig, "shop/a", &w);
	rig.is_silent = true;
	queue_rig_pass(&rig, 20000);
	rig.is_silent = false;
	queue_rig_pass(&rig, QUEUE_LATE_MS - 1);
	assert_int_equal(rig.queue.n_late, 0);
	queue_rig_done(&rig, &w, 1);
	resolver_queue_deadline(&rig.queue);
	rig.now += 60000; /* we slept */
	resolver_queue_tick(&rig.queue, rig.now, rig.now);
	queue_rig_expect_state(&rig, "shop/a", "on its way to the publisher");
	queue_rig_ack(&rig, "shop/a", number);
	queue_rig_expect_state(&rig, "shop/a", "done");
	/* A silence that does not end is no excuse for ever. */
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_done(&rig, &w, 1);
	rig.is_silent = true;
	queue_rig_pass(&rig, 30000);
	assert_int_equal(rig.queue.n_lost, 1);
	queue_rig_clear(&rig);
}

static void test_delete(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &w);
	queue_rig_drop(&rig, "shop/unknown");
	queue_rig_expect_none(&rig);
	queue_rig_mark(&rig, "shop/a", 100);
	number = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_drop(&rig, "shop/a");
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, &w, "shop/a", number);
	number = queue_rig_expect_direct(&rig, "shop/a", false);
	/* It comes back while its deletion is in flight. */
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_ack(&rig, "shop/a", number);
	number = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_answer(&rig, &w, "shop/a", number);
	queue_rig_drop(&rig, "shop/a");
	queue_rig_expect_direct(&rig, "shop/a", false);
	/* Not acknowledged: told again. */
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	number = queue_rig_expect_direct(&rig, "shop/a", false);
	queue_rig_ack(&rig, "shop/a", number);
	assert_int_equal(rig.queue.owners.n, 0);
	assert_int_equal(rig.queue.turns.namespaces.n, 0);
	/* Waiting for a worker, then gone: only the deletion is left. */
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_drop(&rig, "shop/b");
	queue_rig_expect_direct(&rig, "shop/b", false);
	queue_rig_expect_none(&rig);
	queue_rig_clear(&rig);
}

/* Gone and forgotten while a worker still holds a job of it. */
static void test_forgotten_while_held(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_pass(&rig, QUEUE_COPY_MS);
	queue_rig_drop(&rig, "shop/a");
	number = queue_rig_expect_direct(&rig, "shop/a", false);
	queue_rig_ack(&rig, "shop/a", number);
	assert_int_equal(rig.queue.owners.n, 0);
	assert_int_equal(rig.queue.turns.namespaces.n, 1);
	queue_rig_done(&rig, &one, 1);
	assert_int_equal(rig.queue.turns.namespaces.n, 0);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_expect(&rig, "shop/b", &one);
	queue_rig_up(&rig, &two);
	queue_rig_down(&rig, &one);
	queue_rig_clear(&rig);
}

static void test_seen(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	struct queue_turn turn;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (uint64_t seen = 70; seen >= 50; seen -= 20)
		queue_rig_tell(&rig, "shop/a", &(struct owner_news){ true, false, 100, seen });
	queue_rig_tell(&rig, "shop/a", &(struct owner_news){ true, false, 100, 60 });
	assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
	assert_int_equal(resolver_queue_start(&rig.queue, turn.owner, turn.worker, rig.now).seen_ns,
			 50);
	queue_rig_tell(&rig, "shop/a", &(struct owner_news){ true, false, 100, 90 });
	/* Lost on its way: the oldest change is still the one behind it. */
	resolver_queue_credit(&rig.queue, w.handle, rig.now);
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
	assert_int_equal(resolver_queue_start(&rig.queue, turn.owner, turn.worker, rig.now).seen_ns,
			 50);
	queue_rig_clear(&rig);
}

static void test_restart(void **state)
{
	const struct msg_key a = queue_rig_key("shop/a"), b = queue_rig_key("shop/b");
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t first, v_a, v_b;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	resolver_queue_restart(&rig.queue);
	v_a = resolver_queue_announce(&rig.queue, &a);
	v_b = resolver_queue_announce(&rig.queue, &b);
	assert_true(v_a < v_b);
	first = queue_rig_expect(&rig, "shop/a", &w);
	assert_true(first > v_b);
	queue_rig_expect(&rig, "shop/b", &w);
	queue_rig_drop(&rig, "shop/b");
	/* Another publisher: all again, with fresh numbers; b's deletion is told to it, too. What the
	 * worker holds is of no use any more, and nobody waits for it. */
	resolver_queue_restart(&rig.queue);
	v_a = resolver_queue_announce(&rig.queue, &a);
	queue_rig_ack(&rig, "shop/a", first);
	queue_rig_expect_direct(&rig, "shop/b", false);
	assert_true(queue_rig_expect(&rig, "shop/a", &w) > v_a);
	queue_rig_expect_none(&rig);
	queue_rig_done(&rig, &w, 2);
	queue_rig_expect_state(&rig, "shop/a", "being translated");
	queue_rig_clear(&rig);
}

static void test_flushed(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t a, b, c;

	(void)state;
	queue_rig_init(&rig);
	assert_int_equal(resolver_queue_flushed(&rig.queue), 0);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "shop/b", 100);
	a = queue_rig_expect(&rig, "shop/a", &one);
	b = queue_rig_expect(&rig, "shop/b", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_mark(&rig, "shop/c", 100);
	c = queue_rig_expect(&rig, "shop/c", &two);
	assert_int_equal(resolver_queue_flushed(&rig.queue), a - 1);
	queue_rig_done(&rig, &one, 1);
	assert_int_equal(resolver_queue_flushed(&rig.queue), b - 1);
	queue_rig_ack(&rig, "shop/b", b); /* acknowledged, and still in its hands */
	assert_int_equal(resolver_queue_flushed(&rig.queue), b - 1);
	queue_rig_done(&rig, &one, 1);
	assert_int_equal(resolver_queue_flushed(&rig.queue), c - 1);
	queue_rig_down(&rig, &two);
	assert_int_equal(resolver_queue_flushed(&rig.queue), c);
	queue_rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_and_in_order),
		cmocka_unit_test(test_credit_before_acknowledgement_and_after),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_late_answer_to_an_older_version),
		cmocka_unit_test(test_who_does_not_answer_is_avoided),
		cmocka_unit_test(test_late_worker),
		cmocka_unit_test(test_copy_with_one_key),
		cmocka_unit_test(test_silence_is_no_lateness),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_forgotten_while_held),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
