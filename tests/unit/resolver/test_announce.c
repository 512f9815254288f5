/* test_announce: the inventory in chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/state/announce.h"

static void test_chunks(void **state)
{
	static const size_t sizes[] = { 1, MSG_INVENTORY_CHUNK - 1, MSG_INVENTORY_CHUNK,
					MSG_INVENTORY_CHUNK + 1, 3 * MSG_INVENTORY_CHUNK };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct msg_key *owners = pool_array(&pool, sizes[s], sizeof(*owners));
		size_t n = 0, n_chunks = 0;
		struct announce announce;

		for (size_t i = 0; i < sizes[s]; i++)
			owners[i] = (struct msg_key){ .kind = MSG_KIND_INGRESS,
						      .namespace = STR("shop"),
						      .name = pool_printf(&pool, "i%zu", i) };
		resolver_announce_init(&announce);
		resolver_announce_begin(&announce, owners, sizes[s], s % 2);
		announce.number = 77;
		while (announce.state == ANNOUNCE_RUNNING) {
			struct msg_inventory chunk = resolver_announce_next(&announce);

			assert_int_equal(chunk.chunk, n_chunks++);
			assert_int_equal(chunk.number, 77);
			assert_int_equal(chunk.complete, s % 2);
			assert_true(chunk.owners.n <= MSG_INVENTORY_CHUNK);
			for (size_t i = 0; i < chunk.owners.n; i++)
				assert_true(
					msg_key_equal(&chunk.owners.items[i].owner, &owners[n++]));
			assert_int_equal(chunk.last, n == sizes[s]);
		}
		assert_int_equal(n, sizes[s]);
		assert_int_equal(announce.state, ANNOUNCE_DONE);
		resolver_announce_clear(&announce);
		assert_int_equal(announce.state, ANNOUNCE_NONE);
	}
	pool_clear(&pool);
}

/* Begun anew in the middle: from the first chunk. */
static void test_anew(void **state)
{
	struct msg_key owner = { .kind = MSG_KIND_POMERIUM, .name = STR("global") };
	struct announce announce;

	(void)state;
	resolver_announce_init(&announce);
	for (int i = 0; i < 2; i++) {
		resolver_announce_begin(&announce, &owner, 1, true);
		assert_int_equal(resolver_announce_next(&announce).chunk, 0);
	}
	resolver_announce_clear(&announce);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chunks),
					    cmocka_unit_test(test_anew) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
