/* test_sinks: every sink hears what it has to know, and the first one answers for all. */
#include "publisher/sink/sinks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fake {
	struct sink sink;
	int n_touched, n_started, n_destroyed;
	bool begins;
	uint64_t next_ms, may_ms;
};

static void touch(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns)
{
	(void)owner;
	((struct fake *)sink)->n_touched += (int)seen_ns;
}

static int start_with(struct sink *sink, struct good *good, struct err *err)
{
	(void)good;
	((struct fake *)sink)->n_started++;
	return err_set(err, "it cannot be used");
}

static bool begin(struct sink *sink)
{
	return ((struct fake *)sink)->begins;
}

static int fd(const struct sink *sink)
{
	(void)sink;
	return 7;
}

static void on_fd(struct sink *sink)
{
	((struct fake *)sink)->n_touched += 100;
}

static uint64_t tick(struct sink *sink, uint64_t now_ms, uint64_t may_ms)
{
	struct fake *fake = (struct fake *)sink;

	fake->may_ms = may_ms;
	return now_ms + fake->next_ms;
}

static void look(const struct sink *sink, struct sink_state *out)
{
	(void)sink;
	*out = (struct sink_state){ .has_lease = true, .standby = true };
}

static void destroy(struct sink *sink)
{
	((struct fake *)sink)->n_destroyed++;
}

static const struct sink_ops all = { .touch = touch,
				     .start_with = start_with,
				     .begin = begin,
				     .fd = fd,
				     .on_fd = on_fd,
				     .tick = tick,
				     .look = look,
				     .destroy = destroy };
static const struct sink_ops least = { .tick = tick, .destroy = destroy };

static void test_what_a_sink_lacks_is_left_out(void **state)
{
	struct fake one = { .sink = { .ops = &least }, .next_ms = 30 };
	struct sinks sinks = { .n = 0 };
	struct sink_state look;
	struct err err;

	(void)state;
	publisher_sinks_add(&sinks, &one.sink);
	publisher_sinks_touch(&sinks, &(struct msg_key){ MSG_KIND_INGRESS, STR("ns"), STR("a") },
			      1);
	publisher_sinks_allow_mass_delete(&sinks, true);
	assert_true(publisher_sinks_begin(&sinks));
	assert_false(publisher_sinks_wait_for_start(&sinks));
	assert_int_equal(publisher_sinks_start_with(&sinks, NULL, &err), 0);
	assert_int_equal(publisher_sinks_fd(&sinks, 0), -1);
	publisher_sinks_look(&sinks, &look);
	assert_true(look.leads && !look.has_lease && !look.standby && !look.calls);
	assert_int_equal(publisher_sinks_tick(&sinks, 100, 5), 130);
	publisher_sinks_clear(&sinks);
	assert_int_equal(one.n_destroyed, 1);
}

static void test_both_hear_of_it_and_the_first_answers(void **state)
{
	struct fake first = { .sink = { .ops = &all }, .next_ms = 30 };
	struct fake second = { .sink = { .ops = &all, .waits_for_start = true },
			       .next_ms = 20,
			       .begins = true };
	struct sinks sinks = { .n = 0 };
	struct sink_state look;
	struct err err;

	(void)state;
	publisher_sinks_add(&sinks, &first.sink);
	publisher_sinks_add(&sinks, &second.sink);
	publisher_sinks_touch(&sinks, &(struct msg_key){ MSG_KIND_INGRESS, STR("ns"), STR("a") },
			      3);
	assert_int_equal(first.n_touched + second.n_touched, 6);
	assert_false(publisher_sinks_begin(&sinks)); /* one of them is not so far */
	first.begins = true;
	assert_true(publisher_sinks_begin(&sinks));
	assert_true(publisher_sinks_wait_for_start(&sinks));
	assert_int_equal(publisher_sinks_start_with(&sinks, NULL, &err), -1);
	assert_int_equal(first.n_started, 0);
	assert_int_equal(second.n_started, 1);
	assert_int_equal(publisher_sinks_tick(&sinks, 100, 5), 120);
	assert_int_equal(first.may_ms + second.may_ms, 10);
	publisher_sinks_on_fd(&sinks, 8);
	assert_int_equal(first.n_touched, 3);
	publisher_sinks_on_fd(&sinks, 7);
	assert_int_equal(first.n_touched, 103);
	publisher_sinks_look(&sinks, &look);
	assert_true(look.has_lease && look.standby && !look.leads);
	publisher_sinks_clear(&sinks);
	assert_int_equal(first.n_destroyed + second.n_destroyed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_sink_lacks_is_left_out),
		cmocka_unit_test(test_both_hear_of_it_and_the_first_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
