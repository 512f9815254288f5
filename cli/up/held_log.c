/* held_log: what the processes log, below the first table.
 *
 *   in     a pipe that is the stderr of each process
 *   out    the same bytes on our stderr
 *   owns   what came before the first table
 *   never  holds it for long: without a table, the log says why
 */
#include "cli/up/held_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

#define HOLD_MS 5000

void cli_held_log_init(struct held_log *held)
{
	*held = (struct held_log){ .ends = { -1, -1 }, .until_ms = UINT64_MAX };
	buf_init(&held->text, BUF_MAX_TEXT);
}

void cli_held_log_open(struct held_log *held)
{
	if (pipe2(held->ends, O_CLOEXEC) < 0) {
		held->ends[0] = held->ends[1] = -1;
		return;
	}
	/* only we must not wait: a process whose log is not read would lose lines */
	(void)fcntl(held->ends[0], F_SETFL, O_NONBLOCK);
	held->until_ms = clock_ms() + HOLD_MS;
}

void cli_held_log_inherit(const struct held_log *held)
{
	if (held->ends[1] >= 0)
		(void)dup2(held->ends[1], STDERR_FILENO);
}

int cli_held_log_fd(const struct held_log *held)
{
	return held->ends[0];
}

static void pass(const char *text, size_t len)
{
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n)
		if ((n = write(STDERR_FILENO, text + done, len - done)) <= 0)
			return; /* nobody reads it */
}

void cli_held_log_release(struct held_log *held)
{
	pass(held->text.ptr, held->text.len);
	buf_clear(&held->text);
	held->until_ms = UINT64_MAX;
}

void cli_held_log_on_fd(struct held_log *held)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(held->ends[0], chunk, sizeof(chunk))) > 0) {
		if (held->until_ms != UINT64_MAX && held->text.len + (size_t)n > BUF_MAX_TEXT)
			cli_held_log_release(held);
		if (held->until_ms == UINT64_MAX)
			pass(chunk, (size_t)n);
		else
			buf_add(&held->text, chunk, (size_t)n);
	}
}

uint64_t cli_held_log_tick(struct held_log *held)
{
	if (held->until_ms <= clock_ms())
		cli_held_log_release(held);
	return held->until_ms;
}

void cli_held_log_close(struct held_log *held)
{
	if (held->ends[0] >= 0) {
		cli_held_log_on_fd(held);
		close(held->ends[0]);
		close(held->ends[1]);
	}
	cli_held_log_release(held);
	cli_held_log_init(held);
}
