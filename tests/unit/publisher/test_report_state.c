/* test_report_state: the state of an owner's report after every way that it can come. */
#include "publisher/report/report_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct report_owners owners;

static int setup(void **state)
{
	(void)state;
	publisher_report_state_init(&owners);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_report_state_clear(&owners);
	return 0;
}

static void come(const char *reason, bool gone, bool changed)
{
	const struct event_news event = {
		.owner = { MSG_KIND_INGRESS, STR("shop"), STR("web") },
		.uid = STR("u"),
		.reason = str_from(reason),
		.gone = gone,
	};

	publisher_report_state_come(&owners, STR("shop/web"), &event, changed);
}

/* c: something came, f: a failure, g: it is gone; t: the sink takes, s: has stored; r: reported. */
static void step(char what)
{
	struct report_owner *next = publisher_report_state_next(&owners);

	switch (what) {
	case 'c':
		come("", false, true);
		break;
	case 'f':
		come("it is broken", false, false);
		break;
	case 'g':
		come("another class", true, false);
		break;
	case 't':
		publisher_report_state_take(&owners);
		break;
	case 's':
		publisher_report_state_store(&owners);
		break;
	case 'r':
		assert_non_null(next);
		if (next->news->gone)
			publisher_report_state_forget(&owners, next);
		else
			publisher_report_state_sent(&owners, next);
		break;
	}
}

static const struct walk {
	const char *steps;
	enum report_state end;
} walks[] = {
	{ "", REPORT_UNKNOWN },
	{ "ts", REPORT_UNKNOWN },
	{ "c", REPORT_PENDING },
	{ "cs", REPORT_PENDING }, /* what was stored is older */
	{ "ct", REPORT_TAKEN },
	{ "ctt", REPORT_TAKEN },   /* the write failed, and is tried again */
	{ "ctc", REPORT_PENDING }, /* while the sink wrote */
	{ "ctcs", REPORT_PENDING },
	{ "cts", REPORT_STORED },
	{ "ctsc", REPORT_PENDING },
	{ "ctsts", REPORT_STORED },
	{ "ctsr", REPORT_REPORTED },
	{ "ctsrts", REPORT_REPORTED },
	{ "ctsrc", REPORT_PENDING },
	{ "f", REPORT_STORED }, /* a failure needs no storing */
	{ "cf", REPORT_STORED },
	{ "ctf", REPORT_STORED },
	{ "ctsf", REPORT_STORED },
	{ "fr", REPORT_REPORTED },
	{ "frf", REPORT_STORED },
	{ "fc", REPORT_PENDING }, /* mended before it was reported */
	{ "g", REPORT_PENDING },
	{ "gts", REPORT_STORED },
	{ "gtsr", REPORT_UNKNOWN },
	{ "ctsrgtsr", REPORT_UNKNOWN },
	{ "gtsrc", REPORT_PENDING }, /* made anew */
};

static void test_every_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		const struct report_owner *owner;
		enum report_state end;

		for (const char *at = walks[i].steps; *at; at++)
			step(*at);
		owner = publisher_report_state_get(&owners, STR("shop/web"));
		end = owner ? owner->state : REPORT_UNKNOWN;
		if (end != walks[i].end)
			fail_msg("%s ends at %d", walks[i].steps, end);
		if (owner && (owner->news == NULL) != (end == REPORT_REPORTED))
			fail_msg("%s has news: %d", walks[i].steps, owner->news != NULL);
		assert_int_equal(publisher_report_state_next(&owners) != NULL,
				 end == REPORT_STORED);
		publisher_report_state_clear(&owners);
	}
}

static const struct report_owner *owner(void)
{
	return publisher_report_state_get(&owners, STR("shop/web"));
}

/* That something changed is true until it was reported, whatever comes meanwhile. */
static void test_a_change_is_not_forgotten(void **state)
{
	(void)state;
	come("", false, true);
	come("it is broken", false, false);
	come("", false, false);
	assert_true(owner()->changed);
	step('t'), step('s'), step('r');
	assert_false(owner()->changed);
	come("", false, false);
	assert_false(owner()->changed);
}

/* What another process may have reported is so until it is reported here. */
static void test_only_what_waits_is_inherited(void **state)
{
	(void)state;
	come("", false, true);
	publisher_report_state_inherit(&owners);
	assert_true(owner()->inherited);
	assert_false(owner()->changed);
	come("", false, true);
	assert_true(owner()->inherited && owner()->changed);
	step('t'), step('s'), step('r');
	assert_false(owner()->inherited);
	publisher_report_state_inherit(&owners);
	assert_false(owner()->inherited);
}

static void test_in_the_order_of_coming(void **state)
{
	const struct event_news event = { .uid = STR("u") };

	(void)state;
	publisher_report_state_come(&owners, STR("b"), &event, true);
	publisher_report_state_come(&owners, STR("a"), &event, true);
	step('t'), step('s');
	assert_true(str_is(publisher_report_state_next(&owners)->key, "b"));
	step('r');
	assert_true(str_is(publisher_report_state_next(&owners)->key, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_change_is_not_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_what_waits_is_inherited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_the_order_of_coming, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
