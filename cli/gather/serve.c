/* serve: the loop of a process that answers with what it asks the rooms.
 *
 *   in     requests, answers of the rooms, the time, SIGTERM and SIGINT
 *   out    calls of those who wait for them
 *   owns   the descriptor of signals
 *   never  waits for anything but all of these
 */
#include "cli/gather/serve.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/process.h"

/* Does what can be done at once; how long to wait for more, as poll has it. */
static int tick(const struct serve *serve)
{
	uint64_t next, now;

	(void)http_loop_tick(&serve->gather->http, clock_ms());
	if (serve->start_due)
		serve->start_due(clock_ms());
	actor_web_tick(serve->web, clock_ms()); /* what was answered now goes out; it may ask */
	next = clock_earlier(serve->gather->http.deadline_ms, serve->web->next_ms);
	if (serve->next_due)
		next = clock_earlier(next, serve->next_due());
	now = clock_ms();
	return next == UINT64_MAX ? -1 : next > now ? (int)(next - now) : 0;
}

void cli_serve_run(const struct serve *serve)
{
	const int signals = cli_process_open_signals();

	for (;;) {
		struct pollfd fds[] = { { signals, POLLIN, 0 },
					{ serve->web->epoll, POLLIN, 0 },
					{ http_loop_fd(&serve->gather->http), POLLIN, 0 } };

		if (poll(fds, 3, tick(serve)) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			actor_web_on_fd(serve->web);
		if (fds[2].revents)
			http_loop_on_fd(&serve->gather->http);
	}
	close(signals);
}
