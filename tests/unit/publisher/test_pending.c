/* test_pending: configurations wait one for each owner, and each Secret is asked for once at a
 * time. */
#include "publisher/wanted/pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static struct pending pending;
static size_t n_asked, n_again, n_late;
static char again_text[200];

static int ask(void *self, const struct msg_key *secret)
{
	(void)self;
	assert_int_equal(secret->kind, MSG_KIND_SECRET);
	n_asked++;
	return 0;
}

static void late(void *self, const struct pending_config *config, const struct msg_key *secret)
{
	(void)self;
	assert_true(config->raw.len > 0 && secret->name.len > 0);
	n_late++;
}

static struct msg_key key_of(uint64_t kind, const char *name)
{
	return (struct msg_key){ kind, STR("ns"), str_from(name) };
}

static void put(const char *owner, const char *raw, const char *secret)
{
	struct msg_key owner_key = key_of(MSG_KIND_INGRESS, owner),
		       secret_key = key_of(MSG_KIND_SECRET, secret);

	publisher_pending_put(&pending, &owner_key, &(struct pending_config){ str_from(raw), 7 },
			      &secret_key);
}

static void again(void *self, const struct pending_config *config)
{
	size_t used = strlen(again_text);

	(void)self;
	snprintf(again_text + used, sizeof(again_text) - used, STR_FMT ";", STR_ARG(config->raw));
	assert_int_equal(config->seen_ns, 7);
	n_again++;
}

static void release(const char *secret)
{
	struct msg_key key = key_of(MSG_KIND_SECRET, secret);

	n_again = 0;
	again_text[0] = '\0';
	publisher_pending_release(&pending, &key, again);
}

static int setup(void **state)
{
	(void)state;
	n_asked = n_late = 0;
	publisher_pending_init(&pending, &(struct pending_hooks){ NULL, ask, late });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_pending_clear(&pending);
	return 0;
}

static void a_secret_is_asked_for_once(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		put(i % 2 ? "a" : "b", "config", "s");
	assert_int_equal(n_asked, 1);
	assert_int_equal(publisher_pending_n(&pending), 2);
	put("c", "config", "t");
	assert_int_equal(n_asked, 2);
}

static void it_is_asked_for_again(void **state)
{
	uint64_t next;

	(void)state;
	put("a", "config", "s");
	next = publisher_pending_tick(&pending, clock_ms());
	assert_int_equal(n_asked, 1);
	assert_true(publisher_pending_tick(&pending, next) > next);
	assert_int_equal(n_asked, 2);
	release("s");
	assert_true(publisher_pending_tick(&pending, next * 2) == UINT64_MAX);
	assert_int_equal(n_asked, 2);
}

static void only_those_that_wait_for_it_come_again(void **state)
{
	(void)state;
	put("a", "one", "s");
	put("b", "two", "t");
	release("other");
	assert_int_equal(n_again, 0);
	release("t");
	assert_string_equal(again_text, "two;");
	release("t");
	assert_int_equal(n_again, 0);
	assert_int_equal(publisher_pending_n(&pending), 1);
}

static void a_newer_one_replaces_the_older(void **state)
{
	struct msg_key a = key_of(MSG_KIND_INGRESS, "a");

	(void)state;
	put("a", "one", "s");
	put("a", "two", "t");
	release("s");
	assert_int_equal(n_again, 0);
	release("t");
	assert_string_equal(again_text, "two;");
	put("a", "three", "s");
	publisher_pending_drop(&pending, &a);
	release("s");
	assert_int_equal(n_again, 0);
	assert_int_equal(pending.asked.n, 0);
}

static void put_back(void *self, const struct pending_config *config)
{
	(void)self;
	if (n_again++ < 3)
		put("a", config->raw.ptr, "s");
}

static void what_lacks_another_value_waits_again(void **state)
{
	struct msg_key key = key_of(MSG_KIND_SECRET, "s");

	(void)state;
	n_again = 0;
	put("a", "one", "s");
	publisher_pending_release(&pending, &key, put_back);
	assert_int_equal(n_again, 1); /* not for ever */
	assert_int_equal(publisher_pending_n(&pending), 1);
}

/* One Secret is asked for again when its time has come, whoever else waits, comes and goes. */
static void each_is_asked_for_in_its_turn(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(name, name, name);
	}
	release("0"); /* the first, one in the middle, the last of the line */
	release("4");
	release("8");
	put("1", "again", "2"); /* the only one that waited for 1 */
	assert_int_equal(n_asked, 9);
	assert_int_equal(pending.asked.n, 5);
	publisher_pending_tick(&pending, clock_ms() + 10000);
	assert_int_equal(n_asked, 9 + 5);
	release("2");
	assert_int_equal(n_again, 2);
	for (int i = 3; i < 8; i++) {
		snprintf(name, sizeof(name), "%d", i);
		release(name);
	}
	assert_int_equal(publisher_pending_n(&pending), 0);
	assert_true(publisher_pending_tick(&pending, UINT64_MAX - 1) == UINT64_MAX);
	put("0", "0", "0");
	assert_int_equal(n_asked, 9 + 5 + 1);
}

static void there_are_so_many_at_most(void **state)
{
	struct msg_key key = key_of(MSG_KIND_INGRESS, "one more"),
		       first = key_of(MSG_KIND_INGRESS, "0");
	char name[16];

	(void)state;
	for (int i = 0; i < PENDING_MAX; i++) {
		assert_true(publisher_pending_has_room(&pending, &key, 10));
		snprintf(name, sizeof(name), "%d", i);
		put(name, name, "s");
	}
	assert_false(publisher_pending_has_room(&pending, &key, 10));
	assert_true(publisher_pending_has_room(&pending, &first, 10)); /* in the place of its own */
	publisher_pending_drop(&pending, &first);
	assert_true(publisher_pending_has_room(&pending, &key, PENDING_BYTES / 2));
	assert_false(publisher_pending_has_room(&pending, &key, PENDING_BYTES));
	release("s");
	assert_int_equal(pending.bytes, 0);
	assert_true(publisher_pending_has_room(&pending, &key, PENDING_BYTES));
}

static void who_waits_for_long_is_told_once(void **state)
{
	const uint64_t begun = clock_ms();

	(void)state;
	put("a", "one", "s");
	put("b", "two", "t");
	publisher_pending_tick(&pending, begun + PENDING_LATE_MS - 1);
	assert_int_equal(n_late, 0);
	publisher_pending_tick(&pending, begun + 2 * PENDING_LATE_MS);
	assert_int_equal(n_late, 2);
	publisher_pending_tick(&pending, begun + 4 * PENDING_LATE_MS);
	assert_int_equal(n_late, 2);
	assert_int_equal(publisher_pending_n(&pending), 2); /* they go on waiting */
	release("s");
	release("t");
	assert_true(publisher_pending_tick(&pending, begun + 9 * PENDING_LATE_MS) == UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_secret_is_asked_for_once),
		TEST(it_is_asked_for_again),
		TEST(only_those_that_wait_for_it_come_again),
		TEST(a_newer_one_replaces_the_older),
		TEST(what_lacks_another_value_waits_again),
		TEST(each_is_asked_for_in_its_turn),
		TEST(there_are_so_many_at_most),
		TEST(who_waits_for_long_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
