/* watchdog: ends the process when one bundle takes too much of its CPU.
 *
 *   in     when a bundle begins and ends
 *   out    one line on stderr and exit status 111
 *   owns   the interval timer of the process' CPU
 *   never  counts time in which the process did not run
 *
 * The resolver cannot tell a translator that hangs from one that waits for its turn on the machine;
 * whoever has spent so much CPU on one bundle hangs. It is started again, and the resolver sees by
 * the connection that ended whose job it was.
 */
#include "translator/watchdog.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define EXIT_SYSTEM 111

static void on_time(int sig)
{
	static const char line[] =
		"level=error room=translator msg=\"one bundle has taken too much CPU, this "
		"process ends\"\n";
	const ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)sig, (void)written; /* nobody is left to hear of it */
	_exit(EXIT_SYSTEM);
}

static void set(time_t seconds)
{
	const struct itimerval timer = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_PROF, &timer, NULL);
}

void translator_watchdog_open(void)
{
	const struct sigaction action = { .sa_handler = on_time };

	sigaction(SIGPROF, &action, NULL);
}

void translator_watchdog_begin(void)
{
	set(WATCHDOG_CPU_S);
}

void translator_watchdog_end(void)
{
	set(0);
}
