/* test_held_log: what processes log waits for the first table, and for no longer than it may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/up/held_log.h"

static struct held_log held;
static int shown[2], ours; /* what stands in for our stderr, and our stderr */

static int set_up(void **state)
{
	(void)state;
	if (pipe2(shown, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	ours = dup(STDERR_FILENO);
	dup2(shown[1], STDERR_FILENO);
	cli_held_log_init(&held);
	cli_held_log_open(&held);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cli_held_log_close(&held);
	dup2(ours, STDERR_FILENO);
	close(ours);
	close(shown[0]);
	close(shown[1]);
	return 0;
}

/* A process writes it, and the supervisor reads. */
static void say(const char *line)
{
	assert_int_equal(write(held.ends[1], line, strlen(line)), strlen(line));
	cli_held_log_on_fd(&held);
}

static void assert_shown(const char *want)
{
	char text[256];
	const ssize_t n = read(shown[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, want);
}

static void test_it_waits_for_the_table(void **state)
{
	(void)state;
	say("one\n");
	say("two\n");
	assert_true(cli_held_log_tick(&held) < UINT64_MAX);
	assert_shown("");
	cli_held_log_release(&held);
	assert_shown("one\ntwo\n");
	say("three\n");
	assert_shown("three\n");
	assert_true(cli_held_log_tick(&held) == UINT64_MAX);
}

static void test_without_a_table_it_comes_all_the_same(void **state)
{
	(void)state;
	say("why there is none\n");
	held.until_ms = 1; /* long ago */
	assert_true(cli_held_log_tick(&held) == UINT64_MAX);
	assert_shown("why there is none\n");
}

static void test_nothing_is_lost_at_the_end(void **state)
{
	(void)state;
	say("last words\n");
	assert_int_equal(write(held.ends[1], "!\n", 2), 2);
	cli_held_log_close(&held);
	assert_shown("last words\n!\n");
	assert_int_equal(cli_held_log_fd(&held), -1);
}

static void test_much_is_not_held(void **state)
{
	char line[4096];

	(void)state;
	memset(line, 'x', sizeof(line));
	for (size_t i = 0; i <= BUF_MAX_TEXT / sizeof(line); i++) {
		assert_int_equal(write(held.ends[1], line, sizeof(line)), sizeof(line));
		cli_held_log_on_fd(&held);
	}
	assert_true(held.until_ms == UINT64_MAX);
	assert_int_equal(read(shown[0], line, sizeof(line)), sizeof(line));
}

#define HELD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HELD(test_it_waits_for_the_table),
		HELD(test_without_a_table_it_comes_all_the_same),
		HELD(test_nothing_is_lost_at_the_end),
		HELD(test_much_is_not_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
