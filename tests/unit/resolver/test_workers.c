/* test_workers: who gets the next job: load, newcomers, namespaces, big jobs, settings. */
#include "tests/unit/resolver/queue_rig.h"

static void test_least_loaded(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t b;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/a", 500);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_mark(&rig, "shop/c", 300);
	queue_rig_mark(&rig, "shop/d", 100);
	queue_rig_mark(&rig, "shop/e", 100);
	b = queue_rig_expect(&rig, "shop/b", &two);
	queue_rig_expect(&rig, "shop/c", &two);
	queue_rig_answer(&rig, &two, "shop/b", b);
	queue_rig_expect(&rig, "shop/d", &two);
	two.n_held = two.window;
	queue_rig_expect(&rig, "shop/e", &one);
	queue_rig_clear(&rig);
}

static void test_single_edits_go_round(void **state)
{
	struct rig_worker workers[3] = { { .epoch = 1 }, { .epoch = 2 }, { .epoch = 3 } };
	const void *seen[6];
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	for (size_t i = 0; i < 3; i++)
		queue_rig_up_seasoned(&rig, &workers[i]);
	for (size_t i = 0; i < 6; i++) {
		struct queue_turn turn;
		uint64_t number;

		queue_rig_mark(&rig, "shop/a", 100);
		assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
		seen[i] = turn.worker->peer;
		number = queue_rig_start(&rig, &turn);
		queue_rig_answer(&rig, turn.worker->peer, "shop/a", number);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(seen[0] == &workers[i] || seen[1] == &workers[i] ||
			    seen[2] == &workers[i]);
		assert_ptr_equal(seen[i], seen[i + 3]);
	}
	queue_rig_clear(&rig);
}

/* What is in the hands of one worker is bounded in work and in number, whatever credit it gives. */
static void test_bounds(void **state)
{
	struct rig_worker w = { .epoch = 1, .window = 1 << 20 };
	char name[32];
	struct queue_rig rig;
	struct queue_turn turn;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "shop/a%d", i);
		queue_rig_mark(&rig, name, 10);
	}
	while (resolver_queue_next(&rig.queue, rig.now, &turn))
		queue_rig_start(&rig, &turn);
	assert_int_equal(w.n_held, WORKERS_JOBS_MAX);
	queue_rig_done(&rig, &w, WORKERS_JOBS_MAX);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "shop/b%d", i);
		queue_rig_mark(&rig, name, 9000);
	}
	while (resolver_queue_next(&rig.queue, rig.now, &turn))
		queue_rig_start(&rig, &turn);
	assert_true(w.handle->load < WORKERS_LOAD_MAX + 9000);
	assert_true(w.n_held >= 3);
	queue_rig_clear(&rig);
}

/* One job until it has answered one; one newcomer a second and key. */
static void test_newcomers(void **state)
{
	struct rig_worker crowd[30] = { { 0 } }, honest = { .epoch = 99, .key = "honest" };
	char name[32];
	struct queue_rig rig;
	struct queue_turn turn;
	uint64_t numbers[200] = { 0 };
	long n_taken = 0;

	(void)state;
	queue_rig_init(&rig);
	for (int i = 0; i < 30; i++) {
		crowd[i] = (struct rig_worker){ .epoch = 1 + (uint64_t)i,
						.key = "crowd",
						.window = 1 << 20 };
		queue_rig_up(&rig, &crowd[i]);
	}
	queue_rig_up(&rig, &honest);
	/* The crowd answers nothing; the honest one answers each. */
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "shop/a%d", i);
		queue_rig_mark(&rig, name, 10);
		while (resolver_queue_next(&rig.queue, rig.now, &turn)) {
			const uint64_t number = queue_rig_start(&rig, &turn);

			numbers[strtol(turn.key.name.ptr + 1, NULL, 10)] = number;
			if (turn.worker->peer != &honest)
				n_taken++;
		}
		for (struct queue_job *job; (job = TAILQ_FIRST(&honest.handle->jobs));) {
			snprintf(name, sizeof(name), "%.*s/%s", STR_ARG(job->namespace->name),
				 strchr(job->owner->text, '/') + 1);
			queue_rig_answer(&rig, &honest, name, job->number);
		}
		queue_rig_pass(&rig, 10);
	}
	assert_true(n_taken >= 2 && n_taken <= 3); /* in two seconds */
	for (int i = 0; i < 200; i++)
		assert_true(numbers[i] > 0);
	queue_rig_clear(&rig);
}

static void test_an_answer_seasons(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t a;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &w);
	queue_rig_mark(&rig, "shop/a", 10);
	queue_rig_mark(&rig, "shop/b", 10);
	queue_rig_mark(&rig, "shop/c", 10);
	a = queue_rig_expect(&rig, "shop/a", &w);
	queue_rig_expect_none(&rig);
	queue_rig_done(&rig, &w, 1);
	queue_rig_expect(&rig, "shop/b", &w);
	queue_rig_expect_none(&rig); /* credit alone is no answer */
	queue_rig_ack(&rig, "shop/a", a);
	queue_rig_expect(&rig, "shop/c", &w);
	queue_rig_clear(&rig);
}

/* A newcomer of a key must not wait for ever: the queue says when it is its turn. */
static void test_pace_wakes_up(void **state)
{
	struct rig_worker one = { .epoch = 1, .key = "k" }, two = { .epoch = 2, .key = "k" };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up(&rig, &one);
	queue_rig_up(&rig, &two);
	queue_rig_mark(&rig, "shop/a", 10);
	queue_rig_mark(&rig, "shop/b", 10);
	queue_rig_expect(&rig, "shop/a", NULL);
	queue_rig_expect_none(&rig);
	assert_int_equal(resolver_queue_deadline(&rig.queue), rig.now + WORKERS_NEWCOMER_MS);
	queue_rig_pass(&rig, WORKERS_NEWCOMER_MS);
	queue_rig_expect(&rig, "shop/b", NULL);
	queue_rig_clear(&rig);
}

/* Of several namespaces one has at most half of the workers; the only one has them all. */
static void test_half_of_the_workers(void **state)
{
	struct rig_worker workers[4] = {
		{ .epoch = 1 }, { .epoch = 2 }, { .epoch = 3 }, { .epoch = 4 }
	};
	char name[32];
	struct queue_rig rig;
	struct queue_turn turn;
	size_t n_busy = 0;

	(void)state;
	queue_rig_init(&rig);
	for (size_t i = 0; i < 4; i++)
		queue_rig_up_seasoned(&rig, &workers[i]);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "crowd/a%d", i);
		queue_rig_mark(&rig, name, 9000);
	}
	while (resolver_queue_next(&rig.queue, rig.now, &turn))
		queue_rig_start(&rig, &turn);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(workers[i].n_held, 2);
	for (size_t i = 0; i < 4; i++)
		queue_rig_done(&rig, &workers[i], 2);

	queue_rig_mark(&rig, "other/x", 100);
	for (int i = 8; i < 40; i++) {
		snprintf(name, sizeof(name), "crowd/a%d", i);
		queue_rig_mark(&rig, name, 9000);
	}
	while (resolver_queue_next(&rig.queue, rig.now, &turn))
		if (queue_rig_start(&rig, &turn))
			assert_non_null(turn.worker);
	for (size_t i = 0; i < 4; i++)
		n_busy += workers[i].n_held >= 3;
	assert_int_equal(n_busy, 2);
	/* As soon as one of them has room, the crowd goes on there. */
	for (size_t i = 0; i < 4; i++)
		if (workers[i].n_held >= 3) {
			queue_rig_done(&rig, &workers[i], 1);
			assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
			assert_ptr_equal(turn.worker, workers[i].handle);
			queue_rig_start(&rig, &turn);
		}
	queue_rig_expect_none(&rig);
	queue_rig_clear(&rig);
}

/* A crowd in one namespace, two workers: another's job goes out as the next but one at the latest. */
static void test_a_crowd_and_one(void **state)
{
	enum { N_CROWD = 5000 };
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	char name[32];
	struct queue_rig rig;
	struct queue_turn turn;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_up_seasoned(&rig, &two);
	for (int i = 0; i < N_CROWD; i++) {
		snprintf(name, sizeof(name), "crowd/a%d", i);
		queue_rig_mark(&rig, name, 15000);
	}
	queue_rig_mark(&rig, "one/x", 100);
	for (int round = 0; round < 100; round++) {
		bool is_out = false;

		for (int i = 0; i < 2; i++)
			if (resolver_queue_next(&rig.queue, rig.now, &turn)) {
				is_out |= str_is(turn.key.namespace, "one");
				queue_rig_start(&rig, &turn);
			}
		assert_true(is_out);
		for (struct rig_worker *w = &one; w; w = w == &one ? &two : NULL)
			if (w->n_held)
				queue_rig_done(&rig, w, w->n_held);
		queue_rig_mark(&rig, "one/x", 100);
		queue_rig_ack(&rig, "one/x", rig.queue.number);
		queue_rig_ack(&rig, "one/x", rig.queue.number - 1);
	}
	queue_rig_clear(&rig);
}

/* Of big jobs one is in flight, and small ones pass it. */
static void test_big_jobs(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	struct queue_turn turn;
	const struct worker *big;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_mark(&rig, "shop/big1", 100000);
	queue_rig_mark(&rig, "lab/big2", 100000);
	queue_rig_mark(&rig, "den/small", 100);
	assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
	assert_true(str_is(turn.key.name, "big1"));
	number = queue_rig_start(&rig, &turn);
	big = turn.worker;
	assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
	assert_true(str_is(turn.key.name, "small"));
	assert_ptr_not_equal(turn.worker, big);
	queue_rig_start(&rig, &turn);
	queue_rig_expect_none(&rig);
	queue_rig_answer(&rig, big->peer, "shop/big1", number);
	assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
	assert_true(str_is(turn.key.name, "big2"));
	queue_rig_start(&rig, &turn);
	queue_rig_clear(&rig);
}

/* A worker is stuck over a big job: the last one stays free of them. */
static void test_one_stays_free_of_big_jobs(void **state)
{
	struct rig_worker one = { .epoch = 1 }, two = { .epoch = 2 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &one);
	queue_rig_mark(&rig, "shop/big1", 100000);
	queue_rig_expect(&rig, "shop/big1", &one);
	queue_rig_up_seasoned(&rig, &two);
	queue_rig_pass(&rig, QUEUE_LATE_MS);
	assert_true(one.handle->late);
	queue_rig_mark(&rig, "shop/big2", 100000);
	queue_rig_expect_none(&rig);
	queue_rig_mark(&rig, "shop/small", 100);
	number = queue_rig_expect(&rig, "shop/small", &two);
	queue_rig_answer(&rig, &two, "shop/small", number);
	queue_rig_expect_none(&rig);
	queue_rig_done(&rig, &one, 1);
	queue_rig_expect(&rig, "shop/big2", NULL);
	queue_rig_clear(&rig);
}

/* One worker for all: big and small take turns. */
static void test_one_worker_for_big_and_small(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	struct queue_rig rig;
	uint64_t number;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 0; i < 5; i++) {
		queue_rig_mark(&rig, "crowd/big1", 100000);
		queue_rig_mark(&rig, "crowd/big2", 100000);
		queue_rig_mark(&rig, "shop/small", 100);
		number = queue_rig_expect(&rig, i % 2 ? "crowd/big2" : "crowd/big1", &w);
		queue_rig_expect_none(&rig);
		queue_rig_answer(&rig, &w, i % 2 ? "crowd/big2" : "crowd/big1", number);
		number = queue_rig_expect(&rig, "shop/small", &w);
		queue_rig_answer(&rig, &w, "shop/small", number);
	}
	queue_rig_clear(&rig);
}

/* The Pomerium object goes to a worker for settings, and nothing else does. */
static void test_settings(void **state)
{
	struct rig_worker one = { .epoch = 1 }, settings = { .epoch = 2 };
	struct queue_rig rig;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_as(&rig, &one, WORKER_TAKES_OWNERS);
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_mark(&rig, "global", 1);
	queue_rig_expect(&rig, "shop/a", &one);
	queue_rig_expect_none(&rig);
	queue_rig_up_as(&rig, &settings, WORKER_TAKES_SETTINGS);
	queue_rig_expect(&rig, "global", &settings);
	queue_rig_mark(&rig, "shop/b", 100);
	queue_rig_expect_none(&rig);
	queue_rig_clear(&rig);
}

/* What needs no translator takes turns with what does, and waits for no worker. */
static void test_direct(void **state)
{
	struct rig_worker w = { .epoch = 1 };
	char name[32];
	struct queue_rig rig;
	struct queue_turn turn;
	int n_direct = 0;

	(void)state;
	queue_rig_init(&rig);
	queue_rig_up_seasoned(&rig, &w);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "crowd/a%d", i);
		queue_rig_tell(&rig, name, &(struct owner_news){ .exists = true, .refused = true });
	}
	queue_rig_mark(&rig, "shop/a", 100);
	queue_rig_drop(&rig, "shop/a");
	queue_rig_mark(&rig, "lab/b", 100);
	for (int i = 0; i < 4; i++) {
		assert_true(resolver_queue_next(&rig.queue, rig.now, &turn));
		n_direct += !turn.worker;
		queue_rig_start(&rig, &turn);
	}
	assert_int_equal(n_direct, 3);
	queue_rig_expect_state(&rig, "lab/b", "being translated");
	queue_rig_expect_state(&rig, "shop/a", "on its way to the publisher");
	queue_rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least_loaded),
		cmocka_unit_test(test_single_edits_go_round),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_newcomers),
		cmocka_unit_test(test_an_answer_seasons),
		cmocka_unit_test(test_pace_wakes_up),
		cmocka_unit_test(test_half_of_the_workers),
		cmocka_unit_test(test_a_crowd_and_one),
		cmocka_unit_test(test_big_jobs),
		cmocka_unit_test(test_one_stays_free_of_big_jobs),
		cmocka_unit_test(test_one_worker_for_big_and_small),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_direct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
