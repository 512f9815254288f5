/* test_map: put, get, take, walk, and the destructor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"

#define N 5000

static int n_freed;

static void count_free(void *value)
{
	n_freed++;
	mem_free(value);
}

static struct str key_of(char *text, size_t size, int i)
{
	return (struct str){ text, (size_t)snprintf(text, size, "key-%d", i) };
}

static void keeps_many(void **state)
{
	static int values[N];
	struct map map;
	char text[32];

	(void)state;
	map_init(&map, NULL);
	assert_null(map_get(&map, STR("a")));
	for (int i = 0; i < N; i++)
		map_put(&map, key_of(text, sizeof(text), i), &values[i]);
	assert_int_equal(map.n, N);
	for (int i = 0; i < N; i += 2)
		assert_true(map_del(&map, key_of(text, sizeof(text), i)));
	assert_false(map_del(&map, STR("key-0")));
	assert_int_equal(map.n, N / 2);
	for (int i = 0; i < N; i++)
		assert_ptr_equal(map_get(&map, key_of(text, sizeof(text), i)),
				 i % 2 ? &values[i] : NULL);
	for (int round = 0; round < 20; round++) /* graves must not fill the table */
		for (int i = 0; i < N; i += 2) {
			map_put(&map, key_of(text, sizeof(text), i), &values[i]);
			map_del(&map, key_of(text, sizeof(text), i));
		}
	assert_int_equal(map.n, N / 2);
	assert_true(map.n_slots <= 4 * N);
	map_clear(&map);
}

static void knows_keys_of_any_bytes(void **state)
{
	struct map map;
	int a, b, c;

	(void)state;
	map_init(&map, NULL);
	map_put(&map, STR(""), &a);
	map_put(&map, STR("x\0y"), &b);
	map_put(&map, STR("x"), &c);
	assert_ptr_equal(map_get(&map, STR_NONE), &a);
	assert_ptr_equal(map_get(&map, STR("x\0y")), &b);
	assert_ptr_equal(map_get(&map, STR("x")), &c);
	assert_null(map_get(&map, STR("x\0z")));
	map_clear(&map);
}

static void gives_its_copy_of_a_key(void **state)
{
	struct map map;
	char text[32];
	struct str first;
	int value;

	(void)state;
	map_init(&map, NULL);
	first = map_put(&map, key_of(text, sizeof(text), 0), &value);
	assert_ptr_not_equal(first.ptr, text);
	for (int i = 1; i < N; i++) /* the table becomes larger */
		map_put(&map, key_of(text, sizeof(text), i), &value);
	assert_true(str_is(first, "key-0"));
	assert_ptr_equal(map_put(&map, STR("key-0"), &map).ptr, first.ptr);
	map_clear(&map);
}

static void frees_what_it_owns(void **state)
{
	struct map map;
	void *taken;

	(void)state;
	n_freed = 0;
	map_init(&map, count_free);
	map_put(&map, STR("a"), mem_alloc(1));
	map_put(&map, STR("a"), mem_alloc(1));
	assert_int_equal(n_freed, 1);
	map_put(&map, STR("b"), mem_alloc(1));
	taken = map_take(&map, STR("b"));
	assert_int_equal(n_freed, 1);
	mem_free(taken);
	map_put(&map, STR("c"), mem_alloc(1));
	assert_true(map_del(&map, STR("c")));
	assert_int_equal(n_freed, 2);
	map_clear(&map);
	assert_int_equal(n_freed, 3);
}

static void walks_and_sorts(void **state)
{
	struct map map;
	struct str key, *keys;
	size_t i = 0, n = 0;
	void *value;
	char text[32];

	(void)state;
	map_init(&map, NULL);
	keys = map_sorted_keys(&map);
	mem_free(keys);
	for (int k = 0; k < 100; k++)
		map_put(&map, key_of(text, sizeof(text), k), &map);
	keys = map_sorted_keys(&map);
	for (size_t k = 1; k < 100; k++)
		assert_true(str_cmp(keys[k - 1], keys[k]) < 0);
	mem_free(keys);
	while (map_next(&map, &i, &key, &value)) {
		assert_ptr_equal(value, &map);
		assert_true(map_del(&map, key)); /* allowed during a walk */
		n++;
	}
	assert_int_equal(n, 100);
	assert_int_equal(map.n, 0);
	map_clear(&map);
}

static void forgets_how_many_it_held(void **state)
{
	struct map map;
	char text[32];

	(void)state;
	map_init(&map, NULL);
	for (int i = 0; i < N; i++)
		map_put(&map, key_of(text, sizeof(text), i), &map);
	for (int i = 1; i < N; i++)
		assert_true(map_del(&map, key_of(text, sizeof(text), i)));
	assert_ptr_equal(map_take(&map, STR("key-0")), &map);
	assert_true(map.n_slots < 100);
	map_put(&map, STR("a"), &map);
	assert_ptr_equal(map_get(&map, STR("a")), &map);
	map_clear(&map);
}

static void makes_what_is_not_there(void **state)
{
	struct map map;
	int *a;

	(void)state;
	map_init(&map, mem_free);
	a = map_get_or_make(&map, STR("a"), sizeof(*a));
	assert_int_equal((*a)++, 0);
	assert_ptr_equal(map_get_or_make(&map, STR("a"), sizeof(*a)), a);
	assert_int_equal(*a, 1);
	assert_int_equal(map.n, 1);
	map_clear(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_many),
		cmocka_unit_test(knows_keys_of_any_bytes),
		cmocka_unit_test(gives_its_copy_of_a_key),
		cmocka_unit_test(frees_what_it_owns),
		cmocka_unit_test(walks_and_sorts),
		cmocka_unit_test(forgets_how_many_it_held),
		cmocka_unit_test(makes_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
