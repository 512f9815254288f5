/* test_outbox: order, numbers and credit, without a peer or a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "actor/link/outbox.h"

/* Whoever takes the frames: what came, and what becomes of the next. */
struct way {
	char taken[256];
	enum frame_sent next;
};

static enum frame_sent take(void *arg, enum msg_type type, struct str frame)
{
	struct way *way = arg;
	size_t len = strlen(way->taken);

	assert_int_equal(type, MSG_ACK);
	if (way->next == SENT)
		snprintf(way->taken + len, sizeof(way->taken) - len, STR_FMT ",", STR_ARG(frame));
	return way->next;
}

static void put(struct outbox *outbox, const char *frame)
{
	assert_int_equal(actor_outbox_put(outbox, MSG_ACK, str_from(frame)), 0);
}

static void goes_out_in_order_as_far_as_credit_reaches(void **state)
{
	struct way way = { "", SENT };
	struct outbox outbox;

	(void)state;
	actor_outbox_init(&outbox, take, &way);
	actor_outbox_start(&outbox, 2);
	assert_int_equal(actor_outbox_next(&outbox), 1);
	put(&outbox, "a");
	put(&outbox, "b");
	put(&outbox, "c");
	put(&outbox, "d");
	assert_string_equal(way.taken, "a,b,");
	assert_int_equal(outbox.n_sent, 2);
	assert_int_equal(outbox.n_waiting, 2);
	assert_int_equal(actor_outbox_next(&outbox), 5);
	assert_int_equal(actor_outbox_credit(&outbox), 0);
	assert_true(actor_outbox_grant(&outbox, 1));
	assert_int_equal(actor_outbox_credit(&outbox), 0); /* somebody waits for it already */
	assert_int_equal(actor_outbox_flush(&outbox), 0);
	assert_string_equal(way.taken, "a,b,c,");
	assert_true(actor_outbox_grant(&outbox, 3));
	put(&outbox, "e"); /* behind what waits, though there is credit */
	assert_string_equal(way.taken, "a,b,c,");
	assert_int_equal(actor_outbox_flush(&outbox), 0);
	assert_string_equal(way.taken, "a,b,c,d,e,");
	assert_int_equal(outbox.n_waiting, 0);
	assert_int_equal(actor_outbox_credit(&outbox), 1);
	actor_outbox_drop(&outbox);
}

static void waits_while_the_socket_is_full(void **state)
{
	struct way way = { "", SENT_LATER };
	struct outbox outbox;

	(void)state;
	actor_outbox_init(&outbox, take, &way);
	actor_outbox_start(&outbox, 5);
	put(&outbox, "a");
	put(&outbox, "b");
	assert_int_equal(actor_outbox_flush(&outbox), 0);
	assert_string_equal(way.taken, "");
	assert_int_equal(outbox.credit, 5); /* nothing has used it */
	assert_int_equal(outbox.n_sent, 0);
	way.next = SENT;
	assert_int_equal(actor_outbox_flush(&outbox), 0);
	assert_string_equal(way.taken, "a,b,");
	assert_int_equal(outbox.credit, 3);
	actor_outbox_drop(&outbox);
}

static void says_when_nobody_is_there(void **state)
{
	struct way way = { "", SENT };
	struct outbox outbox;

	(void)state;
	actor_outbox_init(&outbox, take, &way);
	actor_outbox_start(&outbox, 1);
	way.next = SENT_TO_NOBODY;
	assert_int_equal(actor_outbox_put(&outbox, MSG_ACK, STR("a")), -1);
	assert_int_equal(outbox.n_waiting, 0);
	way.next = SENT_LATER;
	put(&outbox, "b");
	way.next = SENT_TO_NOBODY;
	assert_int_equal(actor_outbox_flush(&outbox), -1);
	assert_int_equal(outbox.n_waiting, 1);
	assert_string_equal(way.taken, "");
	actor_outbox_drop(&outbox);
	assert_int_equal(outbox.n_waiting, 0);
}

static void a_new_numbering_forgets_what_waits(void **state)
{
	struct way way = { "", SENT };
	struct outbox outbox;

	(void)state;
	actor_outbox_init(&outbox, take, &way);
	actor_outbox_start(&outbox, 1);
	put(&outbox, "a");
	put(&outbox, "b");
	actor_outbox_start(&outbox, 2);
	assert_int_equal(actor_outbox_next(&outbox), 1);
	put(&outbox, "c");
	assert_string_equal(way.taken, "a,c,");
	assert_int_equal(actor_outbox_next(&outbox), 2);
	actor_outbox_drop(&outbox);
}

static void credit_has_an_end(void **state)
{
	struct way way = { "", SENT };
	struct outbox outbox;

	(void)state;
	actor_outbox_init(&outbox, take, &way);
	actor_outbox_start(&outbox, 10);
	assert_false(actor_outbox_grant(&outbox, UINT64_MAX));
	assert_false(actor_outbox_grant(&outbox, OUTBOX_CREDIT_MAX - 9));
	assert_int_equal(outbox.credit, 10);
	assert_true(actor_outbox_grant(&outbox, OUTBOX_CREDIT_MAX - 10));
	assert_false(actor_outbox_grant(&outbox, 1));
	assert_int_equal(actor_outbox_credit(&outbox), OUTBOX_CREDIT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_out_in_order_as_far_as_credit_reaches),
		cmocka_unit_test(waits_while_the_socket_is_full),
		cmocka_unit_test(says_when_nobody_is_there),
		cmocka_unit_test(a_new_numbering_forgets_what_waits),
		cmocka_unit_test(credit_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
