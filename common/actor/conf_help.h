/* conf_help: a program's table of settings as text. */
#ifndef ACTOR_CONF_HELP_H
#define ACTOR_CONF_HELP_H

#include "actor/conf_option.h"
#include "base/buf.h"

/* The help text: usage, then each option with its default, at most 80 columns wide. */
void conf_help(const struct conf_option *const *tables, const char *program, const char *summary,
	       struct buf *out);
/* The same for scripts/make-man and tests, as --help=table prints it: a line of program and
 * summary, then a line an option: letter, name, value, default, environment variable, help; with
 * tabs between them. */
void conf_help_table(const struct conf_option *const *tables, const char *program,
		     const char *summary, struct buf *out);

#endif
