/* test_actor: two rooms over real sockets: HELLO, order, credit, restarts, gaps, garbage, other
 * versions. */
#include "fake.h"

static int setup(void **state)
{
	struct rig *rig = mem_alloc(sizeof(*rig));

	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test-actor-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	room_start(&rig->resolver, ROOM_RESOLVER, rig->dir);
	room_expect(&rig->resolver, "started");
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	char command[128];

	if (rig->watcher.pid)
		assert_int_equal(room_end(&rig->watcher, SIGTERM), 0);
	assert_int_equal(room_end(&rig->resolver, SIGTERM), 0);
	snprintf(command, sizeof(command), "rm -r %s", rig->dir);
	assert_int_equal(system(command), 0);
	mem_free(rig);
	return 0;
}

static void start_watcher(struct rig *rig)
{
	room_start(&rig->watcher, ROOM_WATCHER, rig->dir);
	room_expect(&rig->watcher, "started");
	room_expect(&rig->watcher, "up resolver again=0");
	room_expect(&rig->resolver, "up watcher again=0");
}

static void test_messages_pass_both_ways(void **state)
{
	struct rig *rig = *state;

	start_watcher(rig);
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 2 2");
	room_do(&rig->resolver, '1');
	room_expect(&rig->watcher, "wanted 1");
}

/* A thousand messages against a credit of 256: all arrive, in order, those that a handler refuses
 * included. */
static void test_more_messages_than_credit(void **state)
{
	struct rig *rig = *state;
	char event[64];

	start_watcher(rig);
	room_do(&rig->watcher, 'm');
	for (int i = 1; i <= 1000; i++) {
		snprintf(event, sizeof(event), "got %d %d", i, i);
		room_expect(&rig->resolver, event);
		assert_string_equal(rig->resolver.line, event);
	}
	room_do(&rig->watcher, 'q');
	room_expect(&rig->watcher, "queued 0");
}

static void test_what_has_no_credit_waits(void **state)
{
	struct rig *rig = *state;

	start_watcher(rig);
	room_do(&rig->resolver, 'p');
	room_expect(&rig->resolver, "reading 0");
	room_do(&rig->watcher, 'm');
	room_do(&rig->watcher, 'q');
	room_expect(&rig->watcher, "queued 744 credit 0");
	room_do(&rig->resolver, 'c');
	room_expect(&rig->resolver, "reading 1");
	room_until(&rig->resolver, "got 1000 1000");
}

static void test_a_room_may_ask_for_a_resync(void **state)
{
	struct rig *rig = *state;

	start_watcher(rig);
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
	room_do(&rig->resolver, 'r');
	room_expect(&rig->resolver, "up watcher again=1 ups=2");
	room_expect(&rig->watcher, "up resolver again=1 ups=2");
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
	room_do(&rig->watcher, 'r');
	room_expect(&rig->resolver, "up watcher again=1 ups=3");
	room_expect(&rig->watcher, "up resolver again=1 ups=3");
}

static void test_a_killed_dealer_is_noticed_and_comes_back(void **state)
{
	struct rig *rig = *state;

	start_watcher(rig);
	room_end(&rig->watcher, SIGKILL);
	room_expect(&rig->resolver, "down watcher");
	start_watcher(rig);
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
}

static void test_a_killed_router_is_noticed_and_comes_back(void **state)
{
	struct rig *rig = *state;

	start_watcher(rig);
	room_end(&rig->resolver, SIGKILL);
	room_expect(&rig->watcher, "down resolver");
	room_start(&rig->resolver, ROOM_RESOLVER, rig->dir);
	room_expect(&rig->resolver, "started");
	room_expect(&rig->resolver, "up watcher again=0");
	room_expect(&rig->watcher, "up resolver again=0 ups=1");
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
}

/* A process that was stopped for longer than many heartbeats is not dead. */
static void test_a_missed_heartbeat_is_no_death(void **state)
{
	struct rig *rig = *state;
	struct pollfd quiet;

	start_watcher(rig);
	kill(rig->watcher.pid, SIGSTOP);
	quiet = (struct pollfd){ rig->resolver.events, POLLIN, 0 };
	assert_int_equal(poll(&quiet, 1, 500), 0); /* ten heartbeats: nothing may happen */
	kill(rig->watcher.pid, SIGCONT);
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
}

/* ---- a DEALER played by the test ---- */

static void test_a_gap_starts_the_link_over(void **state)
{
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_up(&fake, rig, 1);
	fake_delete(&fake, 1);
	room_expect(&rig->resolver, "got 1 1");
	fake_delete(&fake, 3);
	fake_expect(&fake, MSG_RESYNC, &m);
	fake_delete(&fake, 4); /* of the old numbering: nobody may see it */
	fake_up(&fake, rig, 2);
	fake_delete(&fake, 1);
	room_expect(&rig->resolver, "got 1 1");
	fake_close(&fake);
	room_expect(&rig->resolver, "down watcher");
}

static void test_a_heartbeat_shows_a_lost_tail(void **state)
{
	struct msg_heartbeat heartbeat = { .last = 2 };
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_up(&fake, rig, 1);
	fake_delete(&fake, 1);
	fake_send(&fake, MSG_HEARTBEAT, 0, &heartbeat);
	fake_expect(&fake, MSG_RESYNC, &m);
	fake_close(&fake);
}

static void test_data_before_hello_is_answered_by_resync(void **state)
{
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_delete(&fake, 1);
	fake_expect(&fake, MSG_RESYNC, &m);
	fake_up(&fake, rig, 1);
	fake_close(&fake);
}

static void test_an_old_hello_changes_nothing(void **state)
{
	struct rig *rig = *state;
	struct fake fake = { 0 };

	fake_open(&fake, rig, "fake");
	fake_up(&fake, rig, 5);
	fake_hello(&fake, 5);
	fake_hello(&fake, 4);
	fake_delete(&fake, 1);
	room_expect(&rig->resolver, "got 1 1");
	fake_close(&fake);
}

/* All of it, in batches, as the handler returns. */
/* Whoever says HELLO and is gone before the answer never was up, and so is not down. */
static void test_a_visitor_that_does_not_wait(void **state)
{
	struct rig *rig = *state;
	struct fake fake = { 0 };

	fake_open(&fake, rig, "visitor");
	fake_up(&fake, rig, 1);
	fake_close(&fake);
	room_expect(&rig->resolver, "down watcher");
	room_do(&rig->resolver, 'p');
	room_expect(&rig->resolver, "reading 0");
	fake_open(&fake, rig, "hasty");
	fake_hello(&fake, 1);
	zsock_set_linger(fake.sock, 10000); /* the HELLO goes out, then the connection goes */
	fake_close(&fake);
	room_do(&rig->resolver, 'c');
	room_expect(&rig->resolver, "reading 1");
	start_watcher(rig);
}

static void test_credit_comes_back(void **state)
{
	struct rig *rig = *state;
	struct fake fake = { 0 };
	uint64_t credit = 0;
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_up(&fake, rig, 1);
	for (uint64_t seq = 1; seq <= 250; seq++)
		fake_delete(&fake, seq);
	while (credit < 250) {
		fake_expect(&fake, MSG_CREDIT, &m);
		credit += m.body.credit.more;
	}
	assert_int_equal(credit, 250);
	fake_close(&fake);
}

static void test_garbage_harms_nobody_else(void **state)
{
	static const char *const garbage[] = { "",
					       "x",
					       "\x93\x06",
					       "\xdd\xff\xff\xff\xff",
					       "\x93\x0c\x01\x90",
					       "\x93\x01\x00\x95\x02\x4d\x01\x01\x01" };
	static const size_t lens[] = { 0, 1, 2, 5, 4, 9 };
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	start_watcher(rig);
	fake_open(&fake, rig, "fake");
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < 6; i++)
			fake_send_bytes(&fake, garbage[i], lens[i]);
		zstr_sendx(fake.sock, "several", "parts", NULL);
	}
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 1 1");
	fake_hello(&fake, 1); /* it may mend its ways, when its turn has come */
	room_do(&rig->watcher, '1');
	room_expect(&rig->resolver, "got 2 2");
	room_end(&rig->watcher, SIGTERM);
	rig->watcher.pid = 0;
	room_expect(&rig->resolver, "down watcher");
	fake_expect(&fake, MSG_HELLO, &m);
	room_expect(&rig->resolver, "up watcher again=0");
	fake_send_bytes(&fake, "x", 1);
	fake_expect(&fake, MSG_RESYNC, &m);
	fake_close(&fake);
	room_expect(&rig->resolver, "down watcher");
}

static void test_another_version_is_refused_and_told_ours(void **state)
{
	static const char hello[] = "\x93\x01\x00\x92\x63\xa6"
				    "future";
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_send_bytes(&fake, hello, sizeof(hello) - 1);
	fake_expect(&fake, MSG_HELLO, &m);
	assert_int_equal(m.body.hello.protocol, MSG_PROTOCOL_VERSION);
	assert_int_equal(m.body.hello.session, 0);
	fake_up(&fake, rig, 1); /* after its upgrade */
	fake_close(&fake);
}

static void test_a_wrong_type_starts_the_link_over(void **state)
{
	struct msg_flushed flushed = { 1, 1 };
	struct rig *rig = *state;
	struct fake fake = { 0 };
	struct msg m;

	fake_open(&fake, rig, "fake");
	fake_up(&fake, rig, 1);
	fake_send(&fake, MSG_FLUSHED, 1, &flushed);
	fake_expect(&fake, MSG_RESYNC, &m);
	fake_close(&fake);
}

/* Whoever subscribes sees what passes, with the topic that PROTOCOL.md promises. */
static void test_a_tap(void **state)
{
	struct rig *rig = *state;
	uint64_t deadline = clock_ms() + 10000;
	char *topic = NULL, *line = NULL;
	zsock_t *tap = zsock_new(ZMQ_SUB);

	start_watcher(rig);
	zsock_set_subscribe(tap, "resolver/in/OBJECT_DELETE/shop/");
	zsock_set_rcvtimeo(tap, 20);
	assert_int_equal(
		zsock_connect(tap, "ipc://%s/tap-resolver-%d", rig->dir, rig->resolver.pid), 0);
	do {
		room_do(&rig->watcher, '1'); /* the subscription takes a moment to arrive */
		assert_true(clock_ms() < deadline);
	} while (zstr_recvx(tap, &topic, &line, NULL) != 2);
	assert_string_equal(topic, "resolver/in/OBJECT_DELETE/shop/web");
	assert_non_null(
		strstr(line, "\"from\":\"watcher\",\"to\":\"resolver\",\"kind\":\"Service\""));
	assert_non_null(strstr(line, "\"message\":{\"type\":\"OBJECT_DELETE\",\"seq\":"));
	zstr_free(&topic);
	zstr_free(&line);
	zsock_destroy(&tap);
}

/* Has messages sent until one of them shows at this end of the resolver's tap. */
static void hear(struct rig *rig, zsock_t *tap)
{
	uint64_t deadline = clock_ms() + 10000;
	char *topic = NULL, *line = NULL;

	zsock_set_rcvtimeo(tap, 20);
	do {
		room_do(&rig->watcher, '1');
		assert_true(clock_ms() < deadline);
	} while (zstr_recvx(tap, &topic, &line, NULL) != 2);
	zstr_free(&topic);
	zstr_free(&line);
}

static void test_a_tap_hears_on_after_nonsense_from_another(void **state)
{
	struct rig *rig = *state;
	zsock_t *tap = zsock_new(ZMQ_SUB), *rude = zsock_new(ZMQ_XSUB);

	start_watcher(rig);
	zsock_set_subscribe(tap, "resolver/in/OBJECT_DELETE/");
	assert_int_equal(
		zsock_connect(tap, "ipc://%s/tap-resolver-%d", rig->dir, rig->resolver.pid), 0);
	hear(rig, tap);
	assert_int_equal(
		zsock_connect(rude, "ipc://%s/tap-resolver-%d", rig->dir, rig->resolver.pid), 0);
	assert_int_equal(zmq_send(zsock_resolve(rude), "nonsense", 8, 0), 8);
	assert_int_equal(zmq_send(zsock_resolve(rude), "\1resolver/", 10, 0), 10);
	hear(rig, rude); /* so the nonsense, which came before, was taken */
	assert_int_equal(zmq_send(zsock_resolve(rude), "\0resolver/", 10, 0), 10);
	zsock_destroy(&rude);
	for (int i = 0; i < 1000; i++) /* more than were on their way */
		hear(rig, tap);
	zsock_destroy(&tap);
}

/* ---- a ROUTER played by the test ---- */

static void restart_resolver(struct rig *rig)
{
	room_start(&rig->resolver, ROOM_RESOLVER, rig->dir);
	room_expect(&rig->resolver, "started");
	room_expect(&rig->resolver, "up watcher again=0");
	room_expect(&rig->watcher, "up resolver again=0");
}

static void test_a_dealer_starts_over_after_a_gap(void **state)
{
	struct msg_secret_wanted wanted = { .key = { MSG_KIND_SECRET, STR("shop"), STR("tls") } };
	struct msg_hello hello, answer = { MSG_PROTOCOL_VERSION, ROOM_RESOLVER, 99, 100, 0 };
	struct rig *rig = *state;
	struct fake fake = { 0 };
	zmq_msg_t id;

	zmq_msg_init(&id);
	fake_bind(&fake, rig);
	hello = fake_take_hello(&fake, &id);
	assert_int_equal(hello.room, ROOM_WATCHER);
	answer.session = hello.session + 1; /* of a HELLO that it never said: nothing may happen */
	fake_answer(&fake, &id, MSG_HELLO, 0, &answer);
	answer.session = hello.session;
	fake_answer(&fake, &id, MSG_HELLO, 0, &answer);
	room_expect(&rig->watcher, "up resolver again=0");
	fake_answer(&fake, &id, MSG_SECRET_WANTED, 1, &wanted);
	room_expect(&rig->watcher, "wanted 1");
	fake_answer(&fake, &id, MSG_SECRET_WANTED, 3, &wanted);
	assert_int_equal(fake_take_hello(&fake, &id).session, hello.session + 1);
	fake_answer(&fake, &id, MSG_SECRET_WANTED, 4, &wanted); /* of the old numbering */
	answer.session = hello.session + 1;
	fake_answer(&fake, &id, MSG_HELLO, 0, &answer);
	room_expect(&rig->watcher, "up resolver again=1 ups=2");
	fake_answer(&fake, &id, MSG_SECRET_WANTED, 1, &wanted);
	room_expect(&rig->watcher, "wanted 1");
	zmq_msg_close(&id);
	fake_close(&fake);
	room_expect(&rig->watcher, "down resolver");
	restart_resolver(rig);
}

/* A heartbeat of the count that has ended would look like a gap to a slow ROUTER. */
static void test_a_dealer_is_silent_until_its_hello_is_answered(void **state)
{
	struct msg_hello answer = { MSG_PROTOCOL_VERSION, ROOM_RESOLVER, 99, 100, 0 };
	struct msg_resync resync = { STR("the test wants it") };
	struct rig *rig = *state;
	struct fake fake = { 0 };
	zmq_msg_t id;

	zmq_msg_init(&id);
	fake_bind(&fake, rig);
	answer.session = fake_take_hello(&fake, &id).session;
	fake_answer(&fake, &id, MSG_HELLO, 0, &answer);
	room_expect(&rig->watcher, "up resolver again=0");
	room_do(&rig->watcher, '1');
	fake_take(&fake, &id, MSG_OBJECT_DELETE);
	fake_answer(&fake, &id, MSG_RESYNC, 0, &resync);
	answer.session = fake_take_hello(&fake, &id).session;
	zsock_set_rcvtimeo(fake.sock, 300); /* six heartbeats; HELLO is said again after 1 s */
	assert_int_equal(zmq_msg_recv(&id, zsock_resolve(fake.sock), 0), -1);
	zmq_msg_close(&id);
	fake_close(&fake);
	room_expect(&rig->watcher, "down resolver");
	restart_resolver(rig);
}

static void test_a_dealer_waits_for_its_own_version(void **state)
{
	static const char hello[] = "\x93\x01\x00\x92\x63\xa6"
				    "future";
	struct rig *rig = *state;
	struct fake fake = { 0 };
	zmq_msg_t id;

	zmq_msg_init(&id);
	fake_bind(&fake, rig);
	fake_take_hello(&fake, &id);
	assert_true(zmq_send(zsock_resolve(fake.sock), zmq_msg_data(&id), zmq_msg_size(&id),
			     ZMQ_SNDMORE) > 0);
	fake_send_bytes(&fake, hello, sizeof(hello) - 1);
	zsock_set_rcvtimeo(fake.sock, 1500); /* a HELLO without an answer is said again after 1 s */
	assert_int_equal(zmq_msg_recv(&id, zsock_resolve(fake.sock), 0),
			 -1); /* it does not insist */
	zmq_msg_close(&id);
	fake_close(&fake);
	restart_resolver(rig);
}

static void test_no_tap_is_left_behind(void **state)
{
	struct rig *rig = *state;
	pid_t killed, ended;

	start_watcher(rig);
	killed = rig->watcher.pid;
	room_end(&rig->watcher, SIGKILL);
	room_expect(&rig->resolver, "down watcher");
	assert_true(room_has_tap(rig->dir, "watcher", killed));
	room_age_tap(rig->dir, "watcher", killed);
	start_watcher(rig); /* the next of its kind sweeps */
	assert_false(room_has_tap(rig->dir, "watcher", killed));
	ended = rig->watcher.pid;
	assert_true(room_has_tap(rig->dir, "watcher", ended));
	room_end(&rig->watcher, SIGTERM);
	assert_false(room_has_tap(rig->dir, "watcher", ended));
	rig->watcher.pid = 0;
}

static void test_exit_statuses(void **state)
{
	struct rig *rig = *state;
	int status;

	start_watcher(rig);
	room_do(&rig->watcher, 'x');
	room_until(&rig->watcher, "stopped");
	status = room_end(&rig->watcher, 0);
	assert_int_equal(WEXITSTATUS(status), 7);
	rig->watcher.pid = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_messages_pass_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_messages_than_credit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_has_no_credit_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_room_may_ask_for_a_resync, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_killed_dealer_is_noticed_and_comes_back,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_killed_router_is_noticed_and_comes_back,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_missed_heartbeat_is_no_death, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_gap_starts_the_link_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_heartbeat_shows_a_lost_tail, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_data_before_hello_is_answered_by_resync, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_old_hello_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_visitor_that_does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credit_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage_harms_nobody_else, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_version_is_refused_and_told_ours,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_wrong_type_starts_the_link_over, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_tap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_tap_hears_on_after_nonsense_from_another,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_dealer_starts_over_after_a_gap, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_dealer_is_silent_until_its_hello_is_answered,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_dealer_waits_for_its_own_version, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_tap_is_left_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exit_statuses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
