/* test_pool: zeroed and aligned memory, copies, arrays that grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"

static void gives_zeroed_aligned_memory(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t size = 0; size < 9000; size += 97) {
		unsigned char *p = pool_alloc(&pool, size);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++) {
			assert_int_equal(p[i], 0);
			p[i] = 0xAA; /* nothing may be handed out twice */
		}
	}
	assert_true(pool.used > 400000);
	pool_clear(&pool);
	assert_int_equal(pool.used, 0);
	assert_non_null(pool_alloc(&pool, 10)); /* it can be used again */
	pool_wipe(&pool);
}

static void copies_text_with_a_nul_behind_it(void **state)
{
	struct pool pool;
	struct str s;

	(void)state;
	pool_init(&pool);
	s = pool_str(&pool, (struct str){ "abcdef", 3 });
	assert_int_equal(s.len, 3);
	assert_string_equal(s.ptr, "abc");
	assert_null(pool_str(&pool, STR_NONE).ptr);
	assert_string_equal(pool_str(&pool, STR("")).ptr, "");
	s = pool_printf(&pool, "%s-%d", "x", 7);
	assert_string_equal(s.ptr, "x-7");
	s = pool_printf(&pool, "%01000d", 1);
	assert_int_equal(s.len, 1000);
	assert_int_equal(s.ptr[999], '1');
	pool_clear(&pool);
}

static void grows_arrays(void **state)
{
	struct pool pool;
	int *items = NULL;
	size_t n = 0;

	(void)state;
	pool_init(&pool);
	for (int i = 0; i < 1000; i++) {
		int *item = pool_push(&pool, &items, &n, sizeof(*items));

		assert_int_equal(*item, 0);
		*item = i;
	}
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(copies_text_with_a_nul_behind_it),
		cmocka_unit_test(grows_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
