/* test_frame: frames of every size through real sockets: in parts, whole again, bounded, wiped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <czmq.h>

#include "actor/link/frame.h"
#include "base/mem.h"

struct rig {
	void *router, *dealer;
	struct frame frame;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	const int64_t max_len = FRAME_PART_MAX; /* no part is longer */
	const int linger = 0;
	char endpoint[64];
	size_t len = sizeof(endpoint);

	rig->router = zmq_socket(zsys_init(), ZMQ_ROUTER);
	rig->dealer = zmq_socket(zsys_init(), ZMQ_DEALER);
	zmq_setsockopt(rig->router, ZMQ_MAXMSGSIZE, &max_len, sizeof(max_len));
	zmq_setsockopt(rig->dealer, ZMQ_MAXMSGSIZE, &max_len, sizeof(max_len));
	zmq_setsockopt(rig->router, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(rig->dealer, ZMQ_LINGER, &linger, sizeof(linger));
	assert_int_equal(zmq_bind(rig->router, "tcp://127.0.0.1:*"), 0);
	assert_int_equal(zmq_getsockopt(rig->router, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
	assert_int_equal(zmq_connect(rig->dealer, endpoint), 0);
	actor_frame_init(&rig->frame);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	actor_frame_close(&rig->frame);
	zmq_close(rig->dealer);
	zmq_close(rig->router);
	free(rig);
	return 0;
}

/* The next frame; false: it is none that may be taken. */
static bool take(struct rig *rig, void *sock)
{
	zmq_pollitem_t item = { .socket = sock, .events = ZMQ_POLLIN };

	assert_int_equal(zmq_poll(&item, 1, 20000), 1);
	assert_true(actor_frame_receive(&rig->frame, sock, sock == rig->router));
	return rig->frame.well_formed;
}

static char *pattern(size_t len)
{
	char *bytes = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	return bytes;
}

static void assert_frame(struct rig *rig, const char *bytes, size_t len)
{
	struct str got = actor_frame_bytes(&rig->frame);

	assert_int_equal(got.len, len);
	assert_memory_equal(got.ptr, bytes, len);
}

static void every_size_arrives_both_ways(void **state)
{
	static const size_t lens[] = { 0,
				       1,
				       FRAME_PART_MAX - 1,
				       FRAME_PART_MAX,
				       FRAME_PART_MAX + 1,
				       3 * FRAME_PART_MAX + 5,
				       BUF_MAX_MESSAGE - 1 };
	struct rig *rig = *state;

	for (size_t i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
		const size_t len = lens[i / 2];
		const bool is_secret = i % 2;
		char *bytes = pattern(len), id[64];
		struct str sender;

		assert_int_equal(actor_frame_send(rig->dealer, STR_NONE, (struct str){ bytes, len },
						  is_secret),
				 SENT);
		assert_true(take(rig, rig->router));
		assert_frame(rig, bytes, len);
		sender = actor_frame_id(&rig->frame);
		memcpy(id, sender.ptr, sender.len);
		sender.ptr = id;
		if (is_secret)
			actor_frame_wipe(&rig->frame);
		assert_int_equal(actor_frame_send(rig->router, sender, (struct str){ bytes, len },
						  is_secret),
				 SENT);
		assert_true(take(rig, rig->dealer));
		assert_frame(rig, bytes, len);
		mem_free(bytes);
	}
}

static void what_is_too_long_is_dropped_as_a_whole(void **state)
{
	struct rig *rig = *state;
	char *part = pattern(FRAME_PART_MAX);

	for (size_t sent = 0; sent <= BUF_MAX_MESSAGE; sent += FRAME_PART_MAX)
		assert_int_equal(zmq_send(rig->dealer, part, FRAME_PART_MAX, ZMQ_SNDMORE),
				 FRAME_PART_MAX);
	assert_int_equal(zmq_send(rig->dealer, part, 10, 0), 10);
	assert_int_equal(actor_frame_send(rig->dealer, STR_NONE, STR("next"), false), SENT);
	assert_false(take(rig, rig->router));
	assert_true(take(rig, rig->router));
	assert_frame(rig, "next", 4);
	mem_free(part);
}

static void nobody_is_there(void **state)
{
	struct rig *rig = *state;
	const int mandatory = 1;

	zmq_setsockopt(rig->router, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof(mandatory));
	assert_int_equal(actor_frame_send(rig->router, STR("x"), STR("text"), false),
			 SENT_TO_NOBODY);
	assert_false(actor_frame_receive(&rig->frame, rig->router, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_size_arrives_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long_is_dropped_as_a_whole, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nobody_is_there, setup, teardown),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	zsys_shutdown();
	return failed;
}
