/* test_announce: the inventory in chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/outgoing/announce.h"

static long no_credit(const void *peer)
{
	(void)peer;
	return 0;
}

static void test_chunks(void **state)
{
	static const size_t sizes[] = { 1, MSG_INVENTORY_CHUNK - 1, MSG_INVENTORY_CHUNK,
					MSG_INVENTORY_CHUNK + 1, 3 * MSG_INVENTORY_CHUNK };
	struct queue queue;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	resolver_queue_init(&queue, no_credit);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct msg_key *owners = pool_array(&pool, sizes[s], sizeof(*owners));
		const struct key_list list = { owners, sizes[s] };
		const uint64_t before = queue.number;
		size_t n = 0, n_chunks = 0;
		struct announce announce;

		for (size_t i = 0; i < sizes[s]; i++)
			owners[i] = (struct msg_key){ .kind = MSG_KIND_INGRESS,
						      .namespace = STR("shop"),
						      .name = pool_printf(&pool, "i%zu", i) };
		resolver_announce_init(&announce);
		resolver_announce_begin(&announce, &list, s % 2, &queue);
		assert_int_equal(queue.number, before + sizes[s]);
		while (announce.state == ANNOUNCE_RUNNING) {
			struct msg_inventory chunk = resolver_announce_next(&announce);

			assert_int_equal(chunk.chunk, n_chunks++);
			assert_int_equal(chunk.number, queue.number);
			assert_int_equal(chunk.complete, s % 2);
			assert_true(chunk.owners.n <= MSG_INVENTORY_CHUNK);
			for (size_t i = 0; i < chunk.owners.n; i++) {
				assert_true(
					msg_key_equal(&chunk.owners.items[i].owner, &owners[n++]));
				assert_int_equal(chunk.owners.items[i].number, before + n);
			}
			assert_int_equal(chunk.last, n == sizes[s]);
		}
		assert_int_equal(n, sizes[s]);
		assert_int_equal(announce.state, ANNOUNCE_DONE);
		resolver_announce_clear(&announce);
		assert_int_equal(announce.state, ANNOUNCE_NONE);
	}
	resolver_queue_clear(&queue);
	pool_clear(&pool);
}

/* Begun anew in the middle: from the first chunk. */
static void test_anew(void **state)
{
	struct msg_key owner = { .kind = MSG_KIND_POMERIUM, .name = STR("global") };
	const struct key_list list = { &owner, 1 };
	struct announce announce;
	struct queue queue;
	struct err why;

	(void)state;
	resolver_queue_init(&queue, no_credit);
	resolver_announce_init(&announce);
	assert_false(resolver_announce_is_done(&announce, &why));
	for (int i = 0; i < 2; i++) {
		resolver_announce_begin(&announce, &list, true, &queue);
		assert_false(resolver_announce_is_done(&announce, &why));
		assert_int_equal(resolver_announce_next(&announce).chunk, 0);
		assert_true(resolver_announce_is_done(&announce, &why));
	}
	resolver_queue_clear(&queue);
	resolver_announce_clear(&announce);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chunks),
					    cmocka_unit_test(test_anew) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
