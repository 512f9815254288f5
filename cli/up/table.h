/* table: prints the routes of a written configuration file, for a person, and again whenever the
 * file is replaced. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/str.h"

struct table {
	char *path;        /* NULL: no table is wanted */
	struct str hint;   /* below the first table */
	bool whole;        /* the file itself is printed */
	unsigned n_shown;  /* so often */
	int fd;            /* inotify on the folder */
	struct hash shown; /* digest of the file shown last */
};

/* `path` may be NULL; `hint` lives longer. */
void cli_table_open(struct table *table, const char *path, bool whole, struct str hint);
void cli_table_close(struct table *table);
int cli_table_fd(const struct table *table); /* to poll for reading; -1: none */
void cli_table_on_fd(struct table *table);
void cli_table_show(
	struct table *table); /* prints the table to stdout if the file is another than last time */

#endif
