/* test_line: each key once, in the order of its first coming. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/graph/keyqueue.h"

static struct msg_key key_of(const char *name)
{
	return (struct msg_key){ .kind = MSG_KIND_SECRET,
				 .namespace = STR("shop"),
				 .name = str_from(name) };
}

static void add(struct line *line, const char *name)
{
	struct msg_key key = key_of(name);

	resolver_line_add(line, &key);
}

static void expect(struct line *line, const char *name)
{
	struct msg_key key, want = key_of(name);
	struct pool pool;

	pool_init(&pool);
	assert_true(resolver_line_take(line, &pool, &key));
	assert_true(msg_key_equal(&key, &want));
	pool_clear(&pool);
}

static void test_order(void **state)
{
	struct pool pool = { 0 };
	struct msg_key key;
	struct line line;

	(void)state;
	resolver_line_init(&line);
	add(&line, "a");
	add(&line, "b");
	add(&line, "a");
	add(&line, "c");
	expect(&line, "a");
	add(&line, "a");
	expect(&line, "b");
	expect(&line, "c");
	expect(&line, "a");
	assert_false(resolver_line_take(&line, &pool, &key));
	resolver_line_clear(&line);
}

/* Taken and added again in every order, it never loses or doubles anybody. */
static void test_turns(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct line line;

	(void)state;
	resolver_line_init(&line);
	for (size_t i = 0; i < 4; i++)
		add(&line, names[i]);
	for (size_t i = 0; i < 100; i++) {
		expect(&line, names[i % 4]);
		add(&line, names[(i + 1) % 4]);
		add(&line, names[i % 4]);
	}
	for (size_t i = 0; i < 4; i++)
		expect(&line, names[i]);
	add(&line, "a");
	resolver_line_clear(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order),
					    cmocka_unit_test(test_turns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
