/* conf: one table of settings a program; flags, environment and --help all come from it.
 *
 * --name VALUE and --name=VALUE; a bool may stand alone. The environment variable is the name in
 * SCREAMING_SNAKE (--pomerium-config: POMERIUM_CONFIG); a flag wins over it. */
#ifndef ACTOR_CONF_H
#define ACTOR_CONF_H

#include "base/buf.h"
#include "base/err.h"

enum conf_type {
	CONF_TEXT,     /* struct str */
	CONF_LIST,     /* struct str_list, comma separated; repeated flags add up */
	CONF_PATHS,    /* the same, but a flag is one path as it stands, commas and all */
	CONF_INT,      /* long, min..max */
	CONF_BOOL,     /* bool */
	CONF_DURATION, /* uint64_t milliseconds: "500ms", "2s", "5m"; min..max in milliseconds */
	CONF_REST      /* no flag: what stands behind the flags, for --help; only name and help */
};

struct conf_option { /* NOLINT(clang-analyzer-optin.performance.Padding): written by position */
	const char *name; /* NULL ends the table */
	enum conf_type type;
	void *var;            /* where it goes */
	const char *fallback; /* parsed like a flag's value */
	long min, max;
	const char *help; /* one line, no full stop; "" hides it from --help */
	char letter;      /* 'f' for -f; 0: none */
};

/* Reads fallback, then environment, then argv into the variables. What is left (not starting with
 * '-', or behind
 * "--") goes to rest. Returns 0, 1 after printing --help or --version to stdout, -1 with a
 * sentence. `tables` ends with NULL. Strings live as long as the process. */
int conf_read(const struct conf_option *const *tables, const char *program, const char *summary,
	      int argc, char **argv, struct str_list *rest, struct err *err);
/* The environment variable of an option, as a string. */
#define CONF_NAME_MAX 64
void conf_env_name(const char *name, char out[CONF_NAME_MAX]);
/* The help text: usage, then each option with its default, at most 80 columns wide. */
void conf_help(const struct conf_option *const *tables, const char *program, const char *summary,
	       struct buf *out);
/* The same for scripts/make-man and tests, as --help=table prints it: a line of program and
 * summary, then a line an option: letter, name, value, default, environment variable, help; with
 * tabs between them. */
void conf_help_table(const struct conf_option *const *tables, const char *program,
		     const char *summary, struct buf *out);
/* Of this build, such as "0.2.0-4-gd6599bb"; made by the Makefile from git. */
extern const char conf_version[];

#endif
