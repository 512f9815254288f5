/* confine: what a room may still ask of the kernel once it has started.
 *
 * Whoever takes a room over finds a process that can do no more than the room itself does: no
 * program, no other process, no file and no socket that the table (calls.c) does not name. What the
 * table does not know ends the process; what a library may try without harm fails with an errno. */
#ifndef CONFINE_CONFINE_H
#define CONFINE_CONFINE_H

#include <stdbool.h>

#include "base/err.h"
#include "msg/msg.h"

struct confine {
	enum msg_room room;
	bool tcp;    /* one of its links goes over TCP: it resolves names, and follows keys */
	bool client; /* it asks an API server or a databroker */
};

/* Makes libraries read now what they would read at their first use. */
void confine_prepare(void);
/* Both for good, for all threads; first how much it may have, then what it may do. What this kernel
 * lacks is said, once; -1: the filter that there is cannot be set. */
void confine_limit(enum msg_room room);
int confine_start(const struct confine *self, struct err *err);
const char *confine_text(void); /* what holds this process: "off", "none", "seccomp" */

#endif
