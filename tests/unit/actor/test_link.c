/* test_link: both ends of one, in one process and without a loop: the test takes its turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "actor/actor_metrics.h"
#include "actor/link/link.h"
#include "actor/link/peer_inside.h"
#include "base/clock.h"

/* One process: its room, and its end. */
struct side {
	struct actor actor;
	struct curve curve; /* off */
	struct strangers strangers;
	struct taps taps; /* nobody listens */
	struct link_commons commons;
	struct link *link;
	struct actor_peer *peer;
	unsigned n_ups, n_downs, n_taken, n_numbered;
	bool has_lost; /* a connection */
};

struct rig {
	char dir[64];
	struct side watcher, resolver, other; /* another watcher, or nobody */
};

static void on_up(void *arg, struct actor_peer *peer, bool again)
{
	struct side *side = arg;

	side->n_ups += !again;
	side->peer = peer;
}

static void on_down(void *arg, struct actor_peer *peer)
{
	struct side *side = arg;

	assert_ptr_equal(side->peer, peer);
	side->n_downs++;
	side->peer = NULL;
}

static int on_message(void *arg, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct side *side = arg;

	(void)m, (void)err;
	assert_ptr_equal(side->peer, from);
	side->n_taken++;
	return 0;
}

static void on_numbered(void *arg)
{
	struct side *side = arg;

	side->n_numbered++;
}

static void open_side(struct side *side, enum msg_room room, uint64_t epoch, const char *dir)
{
	static const struct actor_input inputs[] = { { MSG_OBJECT_DELETE, on_message },
						     { MSG_SECRET_WANTED, on_message },
						     { MSG_NONE, NULL } };
	struct link_settings settings = { .id = LINK_OBJECTS, .credit = LINK_CREDIT };
	char endpoint[96];
	struct str text;
	struct str_list endpoints = { &text, 1 };
	struct err err = { "" };

	*side = (struct side){ .actor = { .room = room,
					  .self = side,
					  .inputs = inputs,
					  .on_peer_up = on_up,
					  .on_peer_down = on_down } };
	assert_int_equal(actor_curve_open(&side->curve, "", 0, &err), 0);
	side->commons = (struct link_commons){ .actor = &side->actor,
					       .epoch = epoch,
					       .curve = &side->curve,
					       .strangers = &side->strangers,
					       .taps = &side->taps,
					       .loop = side,
					       .on_numbered = on_numbered };
	snprintf(endpoint, sizeof(endpoint), "ipc://%s/objects", dir);
	text = str_from(endpoint);
	settings.endpoints = &endpoints;
	assert_true(actor_link_is_of(LINK_OBJECTS, room, &settings.is_router));
	side->link = actor_link_open(&side->commons, &settings, &err);
	if (!side->link)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test-link-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	open_side(&rig->resolver, ROOM_RESOLVER, ROOM_RESOLVER, rig->dir);
	open_side(&rig->watcher, ROOM_WATCHER, ROOM_WATCHER, rig->dir);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	char path[96];

	actor_link_close(&rig->other.link);
	actor_link_close(&rig->watcher.link);
	actor_link_close(&rig->resolver.link);
	zsys_shutdown();
	snprintf(path, sizeof(path), "%s/objects", rig->dir);
	unlink(path);
	assert_int_equal(rmdir(rig->dir), 0);
	free(rig);
	return 0;
}

/* What a loop does in one round. */
static void take_turn(struct side *side)
{
	zmq_pollitem_t items[LINK_ITEMS];
	struct err err = { "" };

	if (!side->link)
		return;
	actor_link_items(side->link, items);
	assert_true(zmq_poll(items, LINK_ITEMS, 5) >= 0);
	if (items[0].revents && actor_link_on_monitor(side->link))
		side->has_lost = true;
	if (items[1].revents)
		actor_link_on_readable(side->link);
	if (actor_link_tend(side->link, clock_ms(), &err) < 0)
		fail_msg("%s", err.text);
}

#define UNTIL(rig, condition)                                                       \
	do {                                                                        \
		const uint64_t deadline = clock_ms() + 10000;                       \
                                                                                    \
		while (!(condition)) {                                              \
			take_turn(&(rig)->watcher);                                 \
			take_turn(&(rig)->other);                                   \
			take_turn(&(rig)->resolver);                                \
			if (clock_ms() > deadline)                                  \
				fail_msg("not within ten seconds: %s", #condition); \
		}                                                                   \
	} while (0)

static void come_up(struct rig *rig)
{
	UNTIL(rig, rig->watcher.n_ups == 1 && rig->resolver.n_ups == 1);
	assert_ptr_equal(actor_link_server(rig->watcher.link), rig->watcher.peer);
	assert_null(actor_link_server(rig->resolver.link)); /* it may have several */
	assert_int_equal(actor_peer_epoch(rig->resolver.peer), ROOM_WATCHER);
	assert_int_equal(actor_credit(rig->watcher.peer), LINK_CREDIT);
}

static void delete_one(struct side *side)
{
	const struct msg_object_delete gone = { .key = { MSG_KIND_SERVICE, STR("a"), STR("b") } };

	assert_int_equal(actor_send(side->peer, MSG_OBJECT_DELETE, &gone), 0);
}

static void messages_pass_and_credit_comes_back(void **state)
{
	struct rig *rig = *state;
	const struct msg_secret_wanted wanted = { .key = { MSG_KIND_SECRET, STR("a"), STR("b") } };
	uint64_t n_peers = 0, n_waiting = 0, credit = 0;

	come_up(rig);
	for (unsigned i = 0; i < LINK_CREDIT + 10; i++)
		delete_one(&rig->watcher);
	actor_link_measure(rig->watcher.link, &n_peers, &n_waiting, &credit);
	assert_int_equal(n_peers, 1);
	assert_int_equal(n_waiting, 10);
	assert_int_equal(credit, 0);
	UNTIL(rig, rig->resolver.n_taken == LINK_CREDIT + 10);
	UNTIL(rig, actor_credit(rig->watcher.peer) == LINK_CREDIT);
	assert_int_equal(rig->resolver.n_numbered, LINK_CREDIT + 10);
	assert_int_equal(actor_send(rig->resolver.peer, MSG_SECRET_WANTED, &wanted), 0);
	UNTIL(rig, rig->watcher.n_taken == 1);
}

static void nothing_is_taken_while_the_room_does_not_read(void **state)
{
	struct rig *rig = *state;

	come_up(rig);
	actor_link_set_reading(rig->resolver.link, false);
	delete_one(&rig->watcher);
	for (int turn = 0; turn < 5; turn++) {
		take_turn(&rig->watcher);
		take_turn(&rig->resolver);
	}
	assert_int_equal(rig->resolver.n_taken, 0);
	actor_link_set_reading(rig->resolver.link, true);
	UNTIL(rig, rig->resolver.n_taken == 1);
}

static void heartbeats_find_out_who_went(void **state)
{
	struct rig *rig = *state;

	come_up(rig);
	actor_link_close(&rig->watcher.link);
	UNTIL(rig, rig->resolver.has_lost);
	assert_int_equal(rig->resolver.n_downs, 0);
	UNTIL(rig, (actor_link_beat(rig->resolver.link, clock_ms()), rig->resolver.n_downs == 1));
	assert_false(actor_link_has_peers(rig->resolver.link));
	open_side(&rig->watcher, ROOM_WATCHER, ROOM_WATCHER, rig->dir);
	UNTIL(rig, rig->watcher.n_ups == 1 && rig->resolver.n_ups == 2);
}

static void a_dealer_notices_itself_and_connects_again(void **state)
{
	struct rig *rig = *state;

	come_up(rig);
	actor_link_close(&rig->resolver.link);
	UNTIL(rig, rig->watcher.n_downs == 1);
	assert_null(actor_link_server(rig->watcher.link));
	open_side(&rig->resolver, ROOM_RESOLVER, ROOM_RESOLVER, rig->dir);
	UNTIL(rig, rig->watcher.n_ups == 2 && rig->resolver.n_ups == 1);
}

static void a_restart_begins_at_one_again(void **state)
{
	struct rig *rig = *state;

	come_up(rig);
	delete_one(&rig->watcher);
	UNTIL(rig, rig->resolver.n_taken == 1);
	actor_ask_resync(rig->resolver.peer, "the test wants it");
	assert_int_equal(actor_credit(rig->resolver.peer), 0);
	UNTIL(rig, actor_credit(rig->resolver.peer) == LINK_CREDIT);
	UNTIL(rig, actor_link_server(rig->watcher.link));
	assert_int_equal(rig->resolver.n_ups, 1); /* again */
	assert_int_equal(rig->resolver.n_downs, 0);
	delete_one(&rig->watcher);
	UNTIL(rig, rig->resolver.n_taken == 2);
}

/* The first is not disturbed while it lives; its end is noticed at once. */
static void who_comes_second_waits_for_the_end_of_the_first(void **state)
{
	struct rig *rig = *state;
	const uint64_t refused = actor_metrics.refused[PEER_REFUSED_SECOND];
	uint64_t ended_ms;

	come_up(rig);
	open_side(&rig->other, ROOM_WATCHER, 4711, rig->dir);
	UNTIL(rig, actor_metrics.refused[PEER_REFUSED_SECOND] == refused + 1);
	delete_one(&rig->watcher);
	UNTIL(rig, rig->resolver.n_taken == 1);
	assert_int_equal(rig->other.n_ups, 0);
	assert_int_equal(rig->resolver.n_downs, 0);

	actor_link_close(&rig->watcher.link);
	ended_ms = clock_ms();
	UNTIL(rig, (actor_link_beat(rig->resolver.link, clock_ms()), rig->other.n_ups == 1));
	assert_in_range(clock_ms() - ended_ms, 0, 100);
	assert_int_equal(rig->resolver.n_downs, 1);
	assert_int_equal(actor_peer_epoch(rig->resolver.peer), 4711);
}

static void a_silent_first_gives_way(void **state)
{
	struct rig *rig = *state;
	const uint64_t refused = actor_metrics.refused[PEER_REFUSED_SECOND];
	struct err err = { "" };

	come_up(rig);
	open_side(&rig->other, ROOM_WATCHER, 4711, rig->dir);
	UNTIL(rig, actor_metrics.refused[PEER_REFUSED_SECOND] == refused + 1);
	assert_int_equal(actor_link_tend(rig->resolver.link, clock_ms() + 9000, &err), 0);
	assert_int_equal(rig->resolver.n_downs, 0);
	assert_int_equal(actor_link_tend(rig->resolver.link, clock_ms() + 10500, &err), 0);
	assert_int_equal(rig->resolver.n_downs, 1);
	UNTIL(rig, rig->other.n_ups == 1);
}

/* A new connection of a process that is known, before anybody has noticed the end of the old one. */
static void the_same_process_does_not_wait_for_itself(void **state)
{
	struct rig *rig = *state;
	const uint64_t refused = actor_metrics.refused[PEER_REFUSED_SECOND];

	come_up(rig);
	open_side(&rig->other, ROOM_WATCHER, ROOM_WATCHER, rig->dir);
	UNTIL(rig, rig->other.n_ups == 1);
	assert_int_equal(rig->resolver.n_downs, 1);
	assert_int_equal(rig->resolver.n_ups, 2);
	assert_int_equal(actor_metrics.refused[PEER_REFUSED_SECOND], refused);
}

/* A DEALER of the test's own, with a routing id that it chooses. */
static zsock_t *dealer(const struct rig *rig, const char *id)
{
	zsock_t *sock = zsock_new(ZMQ_DEALER);

	zsock_set_identity(sock, id);
	zsock_set_linger(sock, 1000);
	assert_int_equal(zsock_connect(sock, "ipc://%s/objects", rig->dir), 0);
	return sock;
}

static void say(zsock_t *sock, enum msg_type type, uint64_t seq, const void *body)
{
	struct buf out;

	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ type, seq, 0 }, body, &out);
	assert_int_equal(zmq_send(zsock_resolve(sock), out.ptr, out.len, 0), (int)out.len);
	buf_clear(&out);
}

/* Nobody speaks for a peer but the connection that it came with. */
static void a_routing_id_is_not_handed_over(void **state)
{
	struct rig *rig = *state;
	const struct msg_hello hello = { MSG_PROTOCOL_VERSION, ROOM_WATCHER, 4711, 100, 1 };
	const struct msg_object_delete gone = { .key = { MSG_KIND_SERVICE, STR("a"), STR("b") } };
	const uint64_t refused = actor_metrics.refused[PEER_REFUSED_CONNECTION];
	const uint64_t end_ms = clock_ms() + 10000;
	zsock_t *first, *second;
	int fd;

	actor_link_close(&rig->watcher.link);
	first = dealer(rig, "w");
	say(first, MSG_HELLO, 0, &hello);
	UNTIL(rig, rig->resolver.n_ups == 1);
	second = dealer(rig, "w"); /* while the first is there, ZeroMQ does not hear it at all */
	zsock_set_linger(second, 0);
	say(second, MSG_OBJECT_DELETE, 1, &gone);
	say(first, MSG_OBJECT_DELETE, 1, &gone);
	UNTIL(rig, rig->resolver.n_taken == 1);
	zsock_destroy(&second);
	UNTIL(rig, rig->resolver.has_lost);
	rig->resolver.has_lost = false;
	fd = rig->resolver.peer->caller.fd;
	zsock_destroy(&first);
	UNTIL(rig, rig->resolver.has_lost);
	UNTIL(rig, fcntl(fd, F_GETFD) < 0);
	assert_int_equal(dup2(STDOUT_FILENO, fd), fd); /* so that the next one has another */
	/* The first is gone, and nobody has noticed. ZeroMQ takes a moment to forget it. */
	while (actor_metrics.refused[PEER_REFUSED_CONNECTION] == refused) {
		assert_in_range(clock_ms(), 0, end_ms);
		second = dealer(rig, "w");
		say(second, MSG_OBJECT_DELETE, 2, &gone);
		for (int turn = 0; turn < 10; turn++)
			take_turn(&rig->resolver);
		zsock_set_linger(second, 0);
		zsock_destroy(&second);
	}
	assert_int_equal(rig->resolver.n_taken, 1);
	UNTIL(rig, rig->resolver.n_downs == 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_pass_and_credit_comes_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nothing_is_taken_while_the_room_does_not_read,
						setup, teardown),
		cmocka_unit_test_setup_teardown(heartbeats_find_out_who_went, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dealer_notices_itself_and_connects_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_restart_begins_at_one_again, setup, teardown),
		cmocka_unit_test_setup_teardown(who_comes_second_waits_for_the_end_of_the_first,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_silent_first_gives_way, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_process_does_not_wait_for_itself, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_routing_id_is_not_handed_over, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
