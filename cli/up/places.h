/* places: checks and locks the folders that `sluice up` works in, before anything starts. */
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct places {
	char *run_dir;
	bool made;    /* ours to remove */
	int lock;     /* on the run folder: one pipeline each */
	int out_lock; /* on OUT.lock, the same for the file */
	char *out_lock_path;
};

/* -1 if the file that a flag names cannot be written; "": the flag names none. */
int cli_places_check_out(const char *flag, struct str file, struct err *err);
/* A symbolic link is written through: the flag names the file itself then. */
int cli_places_follow_link(const char *flag, struct str *file, struct err *err);
/* The same for --out, and locks it for us. */
int cli_places_lock_out(struct places *places, struct str out_file, struct err *err);
/* Makes the run folder (empty: a fresh one, named in *run_dir) and locks it for us. */
int cli_places_open(struct places *places, struct str *run_dir, struct err *err);
/* Does nothing to places that are all zero: they were never opened. */
void cli_places_close(struct places *places);

#endif
