/* conf_option: one setting of a program, a row of its table. */
#ifndef ACTOR_CONF_OPTION_H
#define ACTOR_CONF_OPTION_H

enum conf_type {
	CONF_TEXT,     /* struct str */
	CONF_LIST,     /* struct str_list, comma separated; repeated flags add up */
	CONF_PATHS,    /* the same, but a flag is one path as it stands, commas and all */
	CONF_INT,      /* long, min..max */
	CONF_BOOL,     /* bool */
	CONF_DURATION, /* uint64_t milliseconds: "500ms", "2s", "5m"; min..max in milliseconds */
	CONF_REST      /* no flag: what follows the flags, for --help; only name and help */
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

/* The environment variable of an option, as a string. */
#define CONF_NAME_MAX 64
void conf_env_name(const char *name, char out[CONF_NAME_MAX]);

#endif
