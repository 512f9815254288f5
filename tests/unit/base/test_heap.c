/* test_heap: the first of many while they come, go and change, against a plain search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/mem.h"

#define N 300

struct thing {
	long weight;
	struct heap_node node;
};

static bool is_lighter(const struct heap_node *a, const struct heap_node *b)
{
	return CONTAINER_OF(a, const struct thing, node)->weight <
	       CONTAINER_OF(b, const struct thing, node)->weight;
}

static void expect_first(const struct heap *heap, const struct thing *things)
{
	const struct heap_node *first = heap_first(heap);
	size_t n = 0;

	for (size_t i = 0; i < N; i++) {
		if (!things[i].node.place)
			continue;
		n++;
		assert_non_null(first);
		assert_true(CONTAINER_OF(first, const struct thing, node)->weight <=
			    things[i].weight);
	}
	assert_int_equal(heap->n, n);
	assert_int_equal(first != NULL, n > 0);
}

static void test_against_a_search(void **state)
{
	static struct thing things[N];
	struct heap heap;

	(void)state;
	srandom(1);
	heap_init(&heap, is_lighter);
	expect_first(&heap, things);
	for (int i = 0; i < 20000; i++) {
		struct thing *t = &things[random() % N];

		if (random() % 3) {
			t->weight = random() % 1000;
			heap_put(&heap, &t->node);
		} else {
			heap_del(&heap, &t->node);
		}
		if (i % 16 == 0)
			expect_first(&heap, things);
	}
	heap_clear(&heap);
	assert_null(heap_first(&heap));
}

static void test_in_order(void **state)
{
	struct thing things[N] = { 0 };
	struct heap heap;

	(void)state;
	heap_init(&heap, is_lighter);
	for (size_t i = 0; i < N; i++) {
		things[i].weight = (long)(i * 7919 % N);
		heap_put(&heap, &things[i].node);
	}
	for (long weight = 0; weight < N; weight++) {
		struct heap_node *first = heap_first(&heap);

		assert_int_equal(CONTAINER_OF(first, struct thing, node)->weight, weight);
		heap_del(&heap, first);
		heap_del(&heap, first); /* it has gone already */
	}
	heap_clear(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_search),
		cmocka_unit_test(test_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
