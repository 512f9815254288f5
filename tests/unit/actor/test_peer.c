/* test_peer: HELLO, numbers, credit and trouble of one peer, without a link, a socket or a loop.
 * What happens is written down, one event a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "actor/link/peer_inside.h"
#include "base/clock.h"

#define OUR_EPOCH 1
#define THEIR_EPOCH 4711

/* A resolver, or a watcher, and the link at which its peer stands. */
struct rig {
	struct actor actor;
	struct taps taps; /* nobody listens */
	struct peer_link link;
	struct actor_peer *peer;
	enum frame_sent next; /* what becomes of what is sent */
	char events[1024];
};

static void note(struct rig *rig, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct rig *rig, const char *fmt, ...)
{
	size_t len = strlen(rig->events);
	va_list args;

	va_start(args, fmt);
	len += (size_t)vsnprintf(rig->events + len, sizeof(rig->events) - len, fmt, args);
	va_end(args);
	assert_true(len + 2 < sizeof(rig->events));
	memcpy(rig->events + len, "\n", 2);
}

static void expect(struct rig *rig, const char *events)
{
	assert_string_equal(rig->events, events);
	rig->events[0] = '\0';
}

/* ---- what the peer calls ---- */

static enum frame_sent on_send(void *arg, struct str id, struct str frame, bool is_secret)
{
	struct rig *rig = arg;
	struct pool pool;
	struct msg m;
	struct err err = { "" };

	pool_init(&pool);
	if (rig->next == SENT && msg_unpack(frame, &pool, &m, &err) < 0)
		fail_msg("%s", err.text);
	if (rig->next == SENT)
		note(rig, "to " STR_FMT ": %s %llu%s", STR_ARG(id), msg_name(m.type),
		     (unsigned long long)(m.type == MSG_CREDIT      ? m.body.credit.more
					  : m.type == MSG_HEARTBEAT ? m.body.heartbeat.last
					  : m.type == MSG_HELLO     ? m.body.hello.session
								    : m.seq),
		     is_secret ? " secret" : "");
	pool_clear(&pool);
	return rig->next;
}

static void on_restart(void *arg, struct actor_peer *peer, const char *reason)
{
	(void)peer;
	note(arg, "restart: %s", reason);
}

static void on_numbered(void *arg)
{
	(void)arg;
}

static void on_up(void *arg, struct actor_peer *peer, bool again)
{
	note(arg, "up %s%s", room_name(actor_peer_room(peer)), again ? " again" : "");
}

static void on_down(void *arg, struct actor_peer *peer)
{
	note(arg, "down %s", room_name(actor_peer_room(peer)));
}

static void on_writable(void *arg, struct actor_peer *peer)
{
	note(arg, "writable %ld", actor_credit(peer));
}

static int on_delete(void *arg, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from;
	note(arg, "got %llu", (unsigned long long)m->seq);
	return m->seen_ns == 13 ? err_set(err, "thirteen is refused") : 0;
}

static int on_wanted(void *arg, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	note(arg, "wanted %llu", (unsigned long long)m->seq);
	return 0;
}

/* ---- the rig ---- */

static void start(struct rig *rig, enum msg_room room)
{
	static const struct actor_input inputs[] = { { MSG_OBJECT_DELETE, on_delete },
						     { MSG_SECRET_WANTED, on_wanted },
						     { MSG_NONE, NULL } };

	*rig = (struct rig){ .actor = { .room = room,
					.self = rig,
					.inputs = inputs,
					.on_peer_up = on_up,
					.on_peer_down = on_down,
					.on_writable = on_writable } };
	rig->link = (struct peer_link){ .actor = &rig->actor,
					.id = LINK_OBJECTS,
					.is_router = room == ROOM_RESOLVER,
					.reading = true,
					.epoch = OUR_EPOCH,
					.credit = 3,
					.taps = &rig->taps,
					.self = rig,
					.send = on_send,
					.on_restart = on_restart,
					.on_numbered = on_numbered };
	buf_init(&rig->link.buf, BUF_MAX_MESSAGE);
	rig->peer = actor_peer_new(&rig->link, STR("w1"));
}

static void end(struct rig *rig)
{
	actor_peer_free(&rig->peer);
	buf_clear(&rig->link.buf);
	expect(rig, "");
}

static void hello(struct rig *rig, uint64_t session, uint64_t credit)
{
	const struct msg_hello theirs = { MSG_PROTOCOL_VERSION,
					  rig->link.is_router ? ROOM_WATCHER : ROOM_RESOLVER,
					  THEIR_EPOCH, credit, session };

	actor_peer_start(rig->peer, &theirs, &(struct caller){ .fd = -1 });
}

static void receive(struct rig *rig, enum msg_type type, uint64_t seq, uint64_t number)
{
	struct msg m = { .type = type, .seq = seq, .seen_ns = number };

	if (type == MSG_HEARTBEAT)
		m.body.heartbeat.last = number;
	else if (type == MSG_CREDIT)
		m.body.credit.more = number;
	else if (type == MSG_OBJECT_DELETE)
		m.body.object_delete = (struct msg_object_delete){ .key = { MSG_KIND_SERVICE,
									    STR("a"), STR("b") } };
	else if (type == MSG_RESYNC)
		m.body.resync.reason = STR("they want it");
	actor_peer_receive(rig->peer, &m);
}

static int want(struct rig *rig)
{
	const struct msg_secret_wanted wanted = { .key = { MSG_KIND_SECRET, STR("a"), STR("b") },
						  .wanted = true };

	return actor_send(rig->peer, MSG_SECRET_WANTED, &wanted);
}

/* ---- the tests ---- */

static void hello_is_answered_and_the_room_hears_of_it(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	assert_int_equal(want(&rig), -1); /* not up */
	assert_int_equal(actor_credit(rig.peer), 0);
	hello(&rig, 7, 2);
	expect(&rig, "to w1: HELLO 7\nup watcher\n");
	assert_int_equal(actor_peer_epoch(rig.peer), THEIR_EPOCH);
	assert_int_equal(actor_credit(rig.peer), 2);
	hello(&rig, 8, 2);
	expect(&rig, "to w1: HELLO 8\nup watcher again\n");
	actor_peer_destroy(&rig.peer);
	assert_null(rig.peer);
	expect(&rig, "down watcher\n");
	end(&rig);
}

static void an_answer_that_does_not_go_out_leaves_it_down(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	rig.next = SENT_LATER;
	hello(&rig, 1, 2);
	assert_false(rig.peer->up);
	assert_false(rig.peer->gone);
	rig.next = SENT_TO_NOBODY;
	hello(&rig, 2, 2);
	assert_false(rig.peer->up);
	assert_true(rig.peer->gone && rig.link.has_gone);
	actor_peer_destroy(&rig.peer);
	expect(&rig, ""); /* of whom the room has not heard, it does not hear that he is down */
	end(&rig);
}

static void messages_come_in_order_and_credit_goes_back(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 2);
	receive(&rig, MSG_OBJECT_DELETE, 1, 0);
	receive(&rig, MSG_OBJECT_DELETE, 2, 13); /* a handler's refusal counts as handled */
	expect(&rig, "to w1: HELLO 1\nup watcher\ngot 1\ngot 2\n");
	actor_peer_return_credit(rig.peer);
	actor_peer_return_credit(rig.peer);
	expect(&rig, "to w1: CREDIT 2\n");
	rig.next = SENT_LATER;
	receive(&rig, MSG_OBJECT_DELETE, 3, 0);
	actor_peer_return_credit(rig.peer);
	expect(&rig, "got 3\n");
	rig.next = SENT;
	actor_peer_return_credit(rig.peer);
	expect(&rig, "to w1: CREDIT 1\n");
	end(&rig);
}

static void a_gap_ends_the_numbering(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 2);
	receive(&rig, MSG_OBJECT_DELETE, 1, 0);
	receive(&rig, MSG_OBJECT_DELETE, 3, 0);
	expect(&rig,
	       "to w1: HELLO 1\nup watcher\ngot 1\nrestart: a gap: expected number 2, got 3\n");
	assert_false(rig.peer->up);
	hello(&rig, 2, 2);
	receive(&rig, MSG_OBJECT_DELETE, 1, 0);
	receive(&rig, MSG_HEARTBEAT, 0, 1);
	expect(&rig, "to w1: HELLO 2\nup watcher again\ngot 1\n");
	receive(&rig, MSG_HEARTBEAT, 0, 2);
	expect(&rig, "restart: a gap: the last messages were lost\n");
	end(&rig);
}

static void what_is_not_for_us_ends_the_numbering(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 2);
	receive(&rig, MSG_SECRET_WANTED, 1, 0); /* a watcher may not say that */
	expect(&rig, "to w1: HELLO 1\nup watcher\n"
		     "restart: malformed: SECRET_WANTED is not for a resolver\n");
	hello(&rig, 2, 2);
	receive(&rig, MSG_BUNDLE, 1, 0); /* there is no handler */
	expect(&rig, "to w1: HELLO 2\nup watcher again\n"
		     "restart: malformed: BUNDLE is not for a resolver\n");
	hello(&rig, 3, 2);
	receive(&rig, MSG_RESYNC, 0, 0);
	expect(&rig, "to w1: HELLO 3\nup watcher again\n"
		     "restart: malformed: RESYNC from an end that has to say HELLO\n");
	end(&rig);
}

static void more_than_the_credit_ends_the_numbering(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 2);
	for (uint64_t seq = 1; seq <= 4; seq++)
		receive(&rig, MSG_OBJECT_DELETE, seq, 0);
	expect(&rig, "to w1: HELLO 1\nup watcher\ngot 1\ngot 2\ngot 3\n"
		     "restart: malformed: more messages than it has credit for\n");
	hello(&rig, 2, 2);
	receive(&rig, MSG_CREDIT, 0, OUTBOX_CREDIT_MAX);
	expect(&rig, "to w1: HELLO 2\nup watcher again\n"
		     "restart: malformed: more credit than a link can have\n");
	end(&rig);
}

static void messages_wait_for_credit(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 1);
	assert_int_equal(want(&rig), 0);
	assert_int_equal(want(&rig), 0);
	assert_int_equal(want(&rig), 0);
	expect(&rig, "to w1: HELLO 1\nup watcher\nto w1: SECRET_WANTED 1\n");
	assert_int_equal(rig.peer->outbox.n_waiting, 2);
	receive(&rig, MSG_CREDIT, 0, 1);
	expect(&rig, "to w1: SECRET_WANTED 2\n"); /* nothing is left, so nobody may write */
	receive(&rig, MSG_CREDIT, 0, 3);
	expect(&rig, "to w1: SECRET_WANTED 3\nwritable 2\n");
	actor_ask_resync(rig.peer, "a wish");
	expect(&rig, "restart: a wish\n");
	assert_int_equal(want(&rig), -1);
	end(&rig);
}

static void a_heartbeat_names_the_last_message_and_shows_who_is_gone(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_RESOLVER);
	hello(&rig, 1, 5);
	want(&rig);
	rig.next = SENT_LATER;
	want(&rig);
	rig.events[0] = '\0';
	rig.next = SENT;
	actor_peer_beat(rig.peer, clock_ms());
	expect(&rig, "to w1: HEARTBEAT 1\nto w1: SECRET_WANTED 2\n");
	assert_false(rig.peer->quiet);
	actor_peer_beat(rig.peer, clock_ms() + 60000);
	expect(&rig, "to w1: HEARTBEAT 2\n");
	assert_true(rig.peer->quiet);
	rig.next = SENT_TO_NOBODY;
	actor_peer_beat(rig.peer, clock_ms());
	assert_true(rig.peer->gone && rig.link.has_gone);
	assert_int_equal(want(&rig), -1);
	assert_int_equal(actor_credit(rig.peer), 0);
	end(&rig);
}

/* The end that connects: it has said HELLO already, so it does not answer. */
static void a_dealer_goes_by_the_answer(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, ROOM_WATCHER);
	actor_peer_beat(rig.peer, clock_ms());
	expect(&rig, ""); /* it has no number of the new count yet */
	hello(&rig, 1, 5);
	expect(&rig, "up resolver\n");
	receive(&rig, MSG_RESYNC, 0, 0);
	expect(&rig, "restart: they want it\n");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_answered_and_the_room_hears_of_it),
		cmocka_unit_test(an_answer_that_does_not_go_out_leaves_it_down),
		cmocka_unit_test(messages_come_in_order_and_credit_goes_back),
		cmocka_unit_test(a_gap_ends_the_numbering),
		cmocka_unit_test(what_is_not_for_us_ends_the_numbering),
		cmocka_unit_test(more_than_the_credit_ends_the_numbering),
		cmocka_unit_test(messages_wait_for_credit),
		cmocka_unit_test(a_heartbeat_names_the_last_message_and_shows_who_is_gone),
		cmocka_unit_test(a_dealer_goes_by_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
