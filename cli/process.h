/* process: what many verbs begin with. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "actor/conf.h"

/* Reads the flags of a verb that takes no other arguments; `tables` ends with NULL. 0: go on. 1:
 * what was asked for is printed. -1 and a sentence. */
int cli_process_read_flags(const struct conf_option *const *tables, const char *program,
			   const char *summary, int argc, char **argv, struct err *err);
/* A descriptor that SIGTERM and SIGINT come to from now on; -1: there is none. */
int cli_process_open_signals(void);

#endif
