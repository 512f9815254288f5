/* test_blame: who kills workers or holds them up is set aside, and nobody else is. */
#include "tests/unit/resolver/queue_rig.h"

#define SET_ASIDE "set aside: it crashes translators, or holds them up"

/* A worker gets this owner alone and dies of it; it is started again. */
static void kill_one(struct queue_rig *rig, const char *name, struct rig_worker *w)
{
	queue_rig_expect(rig, name, w);
	queue_rig_expect_none(rig);
	queue_rig_down(rig, w);
	w->epoch += 100;
	queue_rig_up_seasoned(rig, w);
}

/* Two workers die of it while it is alone with them. */
static void set_aside(struct queue_rig *rig, const char *name, struct rig_worker *w)
{
	kill_one(rig, name, w);
	kill_one(rig, name, w);
	kill_one(rig, name, w);
	queue_rig_expect_state(rig, name, SET_ASIDE);
}

static void test_set_aside(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t a, b, number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "shop/killer", 100);
	queue_rig_mark(&rig, "shop/b", 100);
	a = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_expect(&rig, "shop/killer", &w);
	queue_rig_expect(&rig, "shop/b", &w);
	queue_rig_answer(&rig, &w, "shop/a", a);
	/* It dies of the killer: who was behind goes first, alone; nobody got a strike. */
	queue_rig_down(&rig, &w);
	w.epoch = 2;
	queue_rig_up_seasoned(&rig, &w);
	b = queue_rig_expect(&rig, "shop/b", &w);
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, &w, "shop/b", b);
	kill_one(&rig, "shop/killer", &w);
	kill_one(&rig, "shop/killer", &w);
	/* It is told once; the others go on. */
	assert_int_equal(rig.queue.blame.n_aside, 1);
	number = queue_rig_expect_told(&rig, "shop/killer");
	queue_rig_ack(&rig, "shop/killer", number);
	queue_rig_mark(&rig, "shop/a", 100);
	a = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_answer(&rig, &w, "shop/a", a);
	queue_rig_pass(&rig, BLAME_MINUTE_MS - BLAME_GRACE_MS - 1);
	queue_rig_expect_none(&rig);
	/* A minute later it is tried again, alone. */
	queue_rig_pass(&rig, 1);
	number = queue_rig_expect(&rig, "shop/killer", &w);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, &w, "shop/killer", number);
	queue_rig_expect(&rig, "shop/b", &w);
	queue_rig_expect_state(&rig, "shop/killer", "done");
	queue_rig_clear(&rig);
}

/* 1, 2, 4 ... 60 minutes. */
static void test_longer_and_longer(void **state)
{
	static const unsigned minutes[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/killer", 100);
	kill_one(&rig, "shop/killer", &w); /* it was not alone by intent */
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		kill_one(&rig, "shop/killer", &w);
		kill_one(&rig, "shop/killer", &w);
		queue_rig_expect_state(&rig, "shop/killer", SET_ASIDE);
		number = queue_rig_expect_told(&rig, "shop/killer");
		queue_rig_ack(&rig, "shop/killer", number);
		queue_rig_pass(&rig, minutes[i] * (uint64_t)BLAME_MINUTE_MS - BLAME_GRACE_MS - 1);
		queue_rig_expect_none(&rig);
		queue_rig_pass(&rig, 1);
	}
	/* After a good time it begins anew. */
	number = queue_rig_expect(&rig, "shop/killer", &w);
	queue_rig_answer(&rig, &w, "shop/killer", number);
	queue_rig_pass(&rig, 3ul * BLAME_MINUTES_MAX * BLAME_MINUTE_MS);
	queue_rig_mark(&rig, "shop/killer", 100);
	set_aside(&rig, "shop/killer", &w);
	queue_rig_expect_told(&rig, "shop/killer");
	queue_rig_pass(&rig, BLAME_MINUTE_MS);
	assert_int_equal(rig.queue.blame.n_aside, 0);
	queue_rig_clear(&rig);
}

/* An edit shortens the wait to a minute, and not below. */
static void test_edits_do_not_hurry(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/killer", 100);
	kill_one(&rig, "shop/killer", &w);
	for (int i = 0; i < 3; i++) {
		kill_one(&rig, "shop/killer", &w);
		kill_one(&rig, "shop/killer", &w);
		queue_rig_pass(&rig, BLAME_GRACE_MS);
		for (int second = BLAME_GRACE_MS / 1000 + 1; second < 60; second++) {
			/* Each edit is told: it has another generation. */
			number = queue_rig_expect_direct(&rig, "shop/killer", true);
			queue_rig_ack(&rig, "shop/killer", number);
			queue_rig_expect_none(&rig);
			queue_rig_pass(&rig, 1000);
			queue_rig_mark(&rig, "shop/killer", 100);
		}
		queue_rig_pass(&rig, 1000);
	}
	queue_rig_clear(&rig);
}

/* Nor does it help to go and to come back. */
static void test_recreated(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/killer", 100);
	set_aside(&rig, "shop/killer", &w);
	number = queue_rig_expect_told(&rig, "shop/killer");
	queue_rig_ack(&rig, "shop/killer", number);
	for (int i = 0; i < 3; i++) {
		queue_rig_drop(&rig, "shop/killer");
		number = queue_rig_expect_direct(&rig, "shop/killer", false);
		queue_rig_ack(&rig, "shop/killer", number);
		queue_rig_mark(&rig, "shop/killer", 100);
		number = queue_rig_expect_direct(&rig, "shop/killer", true);
		queue_rig_ack(&rig, "shop/killer", number);
		queue_rig_expect_none(&rig);
	}
	/* Gone for good: it is forgotten when its time has come. */
	queue_rig_drop(&rig, "shop/killer");
	number = queue_rig_expect_direct(&rig, "shop/killer", false);
	queue_rig_ack(&rig, "shop/killer", number);
	assert_int_equal(rig.queue.owners.n, 1);
	queue_rig_pass(&rig, BLAME_MINUTE_MS);
	assert_int_equal(rig.queue.owners.n, 0);
	queue_rig_expect_none(&rig);
	queue_rig_clear(&rig);
}

/* Good and bad in turn: who was at it when a worker died stays alone for a minute, so the next death is
 * a strike, and the one after it sets it aside. */
static void test_good_and_bad_in_turn(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 0; i < 3; i++) {
		queue_rig_mark(&rig, "shop/killer", 100);
		kill_one(&rig, "shop/killer", &w);
		if (i == 2)
			break;
		number = queue_rig_expect(&rig, "shop/killer", &w);
		queue_rig_answer(&rig, &w, "shop/killer", number);
		queue_rig_pass(&rig, 1000);
	}
	queue_rig_expect_state(&rig, "shop/killer", SET_ASIDE);
	queue_rig_clear(&rig);
}

/* One key alone proves nothing, where there is another. */
static void test_a_hostile_key(void **state)
{
	struct rig_worker evil = { .epoch = 1, .key = "evil" },
			  good = { .epoch = 2, .key = "good" };
	struct queue_rig rig;
	uint64_t number;
	int n_killed = 0;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &evil);
	queue_rig_mark(&rig, "shop/a", 100);
	kill_one(&rig, "shop/a", &evil);
	kill_one(&rig, "shop/a", &evil); /* a strike */
	queue_rig_up_seasoned(&rig, &good);
	number = queue_rig_expect(&rig, "shop/a", &good);
	queue_rig_answer(&rig, &good, "shop/a", number);
	/* It gets there again and again, and each time the other key clears it. */
	for (int i = 0; i < 200; i++) {
		struct queue_turn turn;

		queue_rig_mark(&rig, "shop/a", 100);
		queue_rig_pass(&rig, 7000);
		assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
		number = queue_rig_start(&rig, &turn);
		if (turn.worker == good.handle) {
			queue_rig_answer(&rig, &good, "shop/a", number);
			continue;
		}
		n_killed++;
		queue_rig_down(&rig, &evil);
		evil.epoch++;
		queue_rig_up_seasoned(&rig, &evil);
	}
	assert_true(n_killed > 5 && n_killed < 50);
	assert_int_equal(rig.queue.blame.n_aside, 0);
	queue_rig_clear(&rig);
}

/* It comes back to the first key only if the other one is gone, and not merely for a moment. */
static void test_a_moment(void **state)
{
	struct rig_worker one = { .epoch = 1, .key = "one" }, two = { .epoch = 2, .key = "two" };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	kill_one(&rig, "shop/a", &one);
	kill_one(&rig, "shop/a", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_down(&rig, &two);
	queue_rig_expect_none(&rig);
	queue_rig_pass(&rig, WORKERS_MOMENT_MS - 1);
	queue_rig_expect_none(&rig);
	queue_rig_pass(&rig, 1);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_down(&rig, &one);
	queue_rig_expect_state(&rig, "shop/a", SET_ASIDE);
	queue_rig_clear(&rig);
}

static void test_a_cut_connection_is_no_death(void **state)
{
	struct rig_worker w = { .epoch = 7 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/a", 100);
	for (int i = 0; i < 10; i++) {
		queue_rig_expect(&rig, "shop/a", &w);
		queue_rig_down(&rig, &w);
		queue_rig_up(&rig, &w);
		if (i % 3 == 2) { /* it proves that it is at nothing from before */
			number = queue_rig_expect(&rig, "shop/a", &w);
			queue_rig_answer(&rig, &w, "shop/a", number);
			queue_rig_mark(&rig, "shop/a", 100);
		}
	}
	assert_int_equal(rig.queue.blame.n_aside, 0);
	number = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_answer(&rig, &w, "shop/a", number);
	/* The link started over without a down: no suspicion either. */
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_mark(&rig, "shop/c", 100);
	queue_rig_expect(&rig, "shop/b", &w);
	w.n_held = 0;
	resolver_queue_reset_worker(&rig.queue, w.handle, rig.now);
	queue_rig_expect_state(&rig, "shop/b", "waiting");
	queue_rig_clear(&rig);
}

/* The second death was a cut: what was rejected already gets its chance back. */
static void test_late_return(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/a", 100);
	kill_one(&rig, "shop/a", &w);
	kill_one(&rig, "shop/a", &w);
	queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_down(&rig, &w);
	queue_rig_expect_state(&rig, "shop/a", SET_ASIDE);
	queue_rig_expect_told(&rig, "shop/a");
	queue_rig_up(&rig, &w);
	queue_rig_expect_none(&rig);
	queue_rig_pass(&rig, QUEUE_ACK_MS);
	queue_rig_expect(&rig, "shop/a", &w);
	assert_int_equal(rig.queue.blame.n_aside, 0);
	queue_rig_clear(&rig);
}

/* All connections were cut twice, and the process that comes back first is not the one that the owner
 * was with: nothing is told, for the others are back soon. */
static void test_cut_twice(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	kill_one(&rig, "shop/a", &one);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_down(&rig, &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_expect(&rig, "shop/a", &two);
	queue_rig_down(&rig, &two);
	assert_int_equal(rig.queue.blame.n_aside, 1);
	queue_rig_pass(&rig, BLAME_GRACE_MS - 1);
	queue_rig_up(&rig, &one);
	queue_rig_up(&rig, &two);
	queue_rig_pass(&rig, BLAME_GRACE_MS);
	queue_rig_expect(&rig, "shop/a", NULL);
	assert_int_equal(rig.queue.blame.n_set_aside, 0);
	queue_rig_clear(&rig);
}

/* The process that came back is still at a job from before: what it dies of now may be that job. */
static void test_left_over(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	queue_rig_mark(&rig, "shop/killer", 100);
	queue_rig_expect(&rig, "shop/killer", &w);
	queue_rig_down(&rig, &w);
	queue_rig_drop(&rig, "shop/killer");
	queue_rig_expect_direct(&rig, "shop/killer", false);
	for (int i = 0; i < 5; i++) {
		queue_rig_up(&rig, &w); /* the same process */
		queue_rig_mark(&rig, "shop/a", 100);
		queue_rig_expect(&rig, "shop/a", &w);
		queue_rig_down(&rig, &w);
	}
	assert_int_equal(rig.queue.blame.n_aside, 0);
	queue_rig_clear(&rig);
}

/* It holds two workers up: it is set aside, and tried again only when no worker holds it. */
static void test_held_up(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 }, three = { .epoch = 3 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_pass(&rig, QUEUE_COPY_MS);
	queue_rig_expect(&rig, "shop/a", &two);
	queue_rig_up_seasoned(&rig, &three);
	queue_rig_pass(&rig, QUEUE_COPY_MS);
	queue_rig_expect_state(&rig, "shop/a", SET_ASIDE);
	number = queue_rig_expect_told(&rig, "shop/a");
	queue_rig_ack(&rig, "shop/a", number);
	queue_rig_pass(&rig, 5 * BLAME_MINUTE_MS);
	queue_rig_expect_none(&rig);
	queue_rig_down(&rig, &one);
	queue_rig_pass(&rig, 1);
	queue_rig_expect_none(&rig);
	queue_rig_done(&rig, &two, 1);
	queue_rig_pass(&rig, 1);
	queue_rig_expect(&rig, "shop/a", NULL);
	queue_rig_clear(&rig);
}

/* A suspect waits for a worker of its own: the less loaded one gets no more work until it is idle. */
static void test_a_worker_of_its_own(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 }, three = { .epoch = 3 };
	struct queue_rig rig;
	uint64_t a, s;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &three);
	queue_rig_mark(&rig, "shop/suspect", 100);
	queue_rig_expect(&rig, "shop/suspect", &three);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 10);
	a = queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_mark(&rig, "shop/b", 50);
	queue_rig_expect(&rig, "shop/b", &two);
	queue_rig_down(&rig, &three);
	queue_rig_mark(&rig, "shop/c", 10);
	queue_rig_mark(&rig, "shop/d", 10);
	queue_rig_expect(&rig, "shop/c", &two);
	queue_rig_answer(&rig, &one, "shop/a", a);
	s = queue_rig_expect(&rig, "shop/suspect", &one);
	queue_rig_expect(&rig, "shop/d", &two);
	queue_rig_answer(&rig, &one, "shop/suspect", s);
	queue_rig_mark(&rig, "shop/e", 10);
	queue_rig_expect(&rig, "shop/e", &one);
	queue_rig_clear(&rig);
}

/* One worker, and no end of suspects: everybody else has turns all the same. */
static void test_suspects_do_not_starve_others(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	char name[32];
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "crowd/a%d", i);
		queue_rig_mark(&rig, name, 10);
		queue_rig_expect(&rig, name, &w);
	}
	queue_rig_down(&rig, &w);
	w.epoch = 2;
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 1; i < 6; i++) {
		queue_rig_mark(&rig, "shop/x", 10);
		snprintf(name, sizeof(name), "crowd/a%d", i);
		number = queue_rig_expect(&rig, name, &w);
		queue_rig_answer(&rig, &w, name, number);
		number = queue_rig_expect(&rig, "shop/x", &w);
		queue_rig_answer(&rig, &w, "shop/x", number);
	}
	queue_rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_aside),
		cmocka_unit_test(test_longer_and_longer),
		cmocka_unit_test(test_edits_do_not_hurry),
		cmocka_unit_test(test_recreated),
		cmocka_unit_test(test_good_and_bad_in_turn),
		cmocka_unit_test(test_a_hostile_key),
		cmocka_unit_test(test_a_moment),
		cmocka_unit_test(test_a_cut_connection_is_no_death),
		cmocka_unit_test(test_late_return),
		cmocka_unit_test(test_cut_twice),
		cmocka_unit_test(test_left_over),
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_a_worker_of_its_own),
		cmocka_unit_test(test_suspects_do_not_starve_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
