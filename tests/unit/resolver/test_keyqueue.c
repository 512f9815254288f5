/* test_keyqueue: each key once, in the order of its first coming. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/outgoing/keyqueue.h"

static struct msg_key key_of(const char *name)
{
	return (struct msg_key){ .kind = MSG_KIND_SECRET,
				 .namespace = STR("shop"),
				 .name = str_from(name) };
}

static void add(struct keyqueue *queue, const char *name)
{
	struct msg_key key = key_of(name);

	resolver_keyqueue_add(queue, &key);
}

static void expect(struct keyqueue *queue, const char *name)
{
	struct msg_key key, want = key_of(name);
	struct pool pool;

	pool_init(&pool);
	assert_true(resolver_keyqueue_pop(queue, &pool, &key));
	assert_true(msg_key_equal(&key, &want));
	pool_clear(&pool);
}

static void test_order(void **state)
{
	struct pool pool = { 0 };
	struct msg_key key;
	struct keyqueue queue;

	(void)state;
	resolver_keyqueue_init(&queue);
	add(&queue, "a");
	add(&queue, "b");
	add(&queue, "a");
	add(&queue, "c");
	expect(&queue, "a");
	add(&queue, "a");
	expect(&queue, "b");
	expect(&queue, "c");
	expect(&queue, "a");
	assert_false(resolver_keyqueue_pop(&queue, &pool, &key));
	resolver_keyqueue_clear(&queue);
}

/* Taken and added again in every order, it never loses or doubles anybody. */
static void test_turns(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct keyqueue queue;

	(void)state;
	resolver_keyqueue_init(&queue);
	for (size_t i = 0; i < 4; i++)
		add(&queue, names[i]);
	for (size_t i = 0; i < 100; i++) {
		expect(&queue, names[i % 4]);
		add(&queue, names[(i + 1) % 4]);
		add(&queue, names[i % 4]);
	}
	for (size_t i = 0; i < 4; i++)
		expect(&queue, names[i]);
	add(&queue, "a");
	resolver_keyqueue_clear(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order),
					    cmocka_unit_test(test_turns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
