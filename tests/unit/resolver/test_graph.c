/* test_graph: edges come, go and are found from both ends; compared with a plain matrix under
 * random changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/graph/graph.h"

#define N 12

static char names[N][8];

static struct msg_key key_of(size_t i)
{
	return (struct msg_key){ .kind = i % 2 ? MSG_KIND_SERVICE : MSG_KIND_INGRESS,
				 .namespace = STR("shop"),
				 .name = str_from(names[i]) };
}

static size_t index_of(const struct msg_key *key)
{
	for (size_t i = 0; i < N; i++) {
		struct msg_key k = key_of(i);

		if (msg_key_equal(key, &k))
			return i;
	}
	fail_msg("a key that nobody put in");
	return 0;
}

static void set(struct graph *graph, bool edges[N][N], size_t from, unsigned mask)
{
	struct msg_key keys[N], key = key_of(from);
	struct key_list list = { keys, 0 };

	for (size_t i = 0; i < N; i++) {
		edges[from][i] = mask >> i & 1;
		if (edges[from][i])
			keys[list.n++] = key_of(i);
	}
	resolver_graph_set(graph, &key, &list);
}

static void expect_same(const struct graph *graph, bool edges[N][N])
{
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < N; i++) {
		struct msg_key key = key_of(i);
		struct key_list in = resolver_graph_referrers(graph, &key, &pool);
		struct key_list out = resolver_graph_references(graph, &key, &pool);
		size_t n_in = 0, n_out = 0;

		for (size_t j = 0; j < N; j++) {
			n_in += edges[j][i];
			n_out += edges[i][j];
		}
		assert_int_equal(in.n, n_in);
		assert_int_equal(out.n, n_out);
		assert_int_equal(resolver_graph_n_referrers(graph, &key), n_in);
		for (size_t j = 0; j < in.n; j++)
			assert_true(edges[index_of(&in.items[j])][i]);
		for (size_t j = 0; j < out.n; j++)
			assert_true(edges[i][index_of(&out.items[j])]);
	}
	pool_clear(&pool);
}

static void test_random(void **state)
{
	bool edges[N][N] = { { false } };
	struct graph graph;

	(void)state;
	resolver_graph_init(&graph);
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		set(&graph, edges, (size_t)random() % N, (unsigned)(random() & random()));
		expect_same(&graph, edges);
	}
	for (size_t i = 0; i < N; i++)
		set(&graph, edges, i, 0);
	expect_same(&graph, edges);
	assert_int_equal(graph.nodes.n, 0);
	resolver_graph_clear(&graph);
}

static void test_unknown(void **state)
{
	struct msg_key key = key_of(0);
	struct key_list none = { 0 };
	struct graph graph;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	resolver_graph_init(&graph);
	assert_int_equal(resolver_graph_referrers(&graph, &key, &pool).n, 0);
	assert_int_equal(resolver_graph_references(&graph, &key, &pool).n, 0);
	resolver_graph_set(&graph, &key, &none);
	assert_int_equal(graph.nodes.n, 0);
	resolver_graph_clear(&graph);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random),
					    cmocka_unit_test(test_unknown) };

	for (size_t i = 0; i < N; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
