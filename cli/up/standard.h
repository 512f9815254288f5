/* standard: standard input and pipes as manifests, and standard output as the file that is written,
 * by way of the run folder. */
#ifndef CLI_STANDARD_H
#define CLI_STANDARD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pool.h"

struct standard {
	struct pool pool; /* of the paths */
	struct str_list inputs;
	struct str out; /* empty: a file was named */
};

/* Reads `-` and pipes among the files to their ends: files of the run folder take their places, and
 * the place of `-` as *out. The list of files is one of the heap, and is replaced. */
int cli_standard_open(struct standard *self, struct str run_dir, struct str_list *files,
		      struct str *out, struct err *err);
/* Removes what it made. */
void cli_standard_close(struct standard *self);

#endif
