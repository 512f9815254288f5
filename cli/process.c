/* process: what many verbs begin with.
 *
 *   in     argv, signals of this process
 *   out    their flags, a descriptor for signals
 *   owns   nothing
 *   never  prints an error
 */
#include "cli/process.h"

#include <signal.h>
#include <sys/signalfd.h>

int cli_process_read_flags(const struct conf_option *const *tables, const char *program,
			   const char *summary, int argc, char **argv, struct err *err)
{
	struct str_list rest = { 0 };
	const int rc = conf_read(tables, program, summary, argc, argv, &rest, err);

	if (!rc && rest.n)
		return err_set(err, "unexpected argument %s", err_quote(rest.items[0]));
	return rc;
}

int cli_process_open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
