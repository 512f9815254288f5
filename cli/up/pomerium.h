/* pomerium: the Pomerium that `sluice up --pomerium` starts itself: its program, the configuration
 * that it starts with, and where it and the rest of us meet. */
#ifndef CLI_POMERIUM_H
#define CLI_POMERIUM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/up/child.h"

struct pomerium {
	char *program; /* its path; NULL: we start none */
	char *config;  /* what it starts with, written by the publisher */
	int watch;     /* inotify on the folder of that file, until it is there; -1: not needed */
};

/* Finds the program in PATH, unless its name has a slash. -1: there is none of that name. */
int cli_pomerium_find(struct pomerium *self, struct str name, struct err *err);
/* Fills in those flags that the two need to find each other and that nobody gave: the databroker's
 * URL ... */
void cli_pomerium_set_databroker(void);
/* ... the file in the run folder, and addresses on the loopback for those who gather. */
int cli_pomerium_set_flags(struct pomerium *self, bool gathers, struct err *err);
/* scheme://HOST:PORT of an address that it listens on, as it is reached from here. */
void cli_pomerium_url(const char *scheme, struct str address, struct buf *out);

/* True from when the file is there. */
bool cli_pomerium_can_start(struct pomerium *self);
int cli_pomerium_fd(const struct pomerium *self); /* to poll until then; -1: none */
void cli_pomerium_on_fd(struct pomerium *self);
/* Ends what a Pomerium left behind that died: its Envoy, which became our child. `known`: those
 * that are not. */
void cli_pomerium_end_orphans(const struct child *known, size_t n_known);
void cli_pomerium_close(struct pomerium *self);

#endif
