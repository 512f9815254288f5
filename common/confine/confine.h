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

#define CONFINE_MOST 32

struct confine_texts {
	struct str items[CONFINE_MOST];
	size_t n;
};

struct confine_ports {
	uint16_t items[CONFINE_MOST];
	size_t n;
	bool any; /* which ones cannot be said */
};

struct confine {
	enum msg_room room;
	bool tcp;       /* one of its links goes over TCP: it resolves names, and follows keys */
	bool client;    /* it asks an API server or a databroker */
	bool reads_all; /* it follows files that may be links to anywhere */
	struct str run_dir; /* where its sockets are */
	struct confine_texts reads, writes, sockets;
	bool abstract; /* a socket of its has no file */
	struct confine_ports binds, connects;
};

/* ---- what it needs ---- */

/* The file, and what will take its place; or a folder with all that is in it. Empty: nothing. */
void confine_read(struct confine *self, struct str path);
void confine_write(struct confine *self, struct str path);
/* Where a socket is bound, or connected to: an endpoint of ZeroMQ. */
void confine_bind_at(struct confine *self, struct str endpoint);
void confine_connect_to(struct confine *self, struct str endpoint);
/* A port of TCP; that of a URL. Port 0 and an empty URL: none. */
void confine_bind(struct confine *self, unsigned port);
void confine_connect(struct confine *self, struct str url);

/* ---- giving up the rest ---- */

/* Makes libraries read now what they would read at their first use. */
void confine_prepare(void);
/* All for good. First, before any thread starts: its files and ports. Then, once it has started:
 * how much it may have, and what it may do, for all threads. What this kernel lacks is said, once;
 * -1: what it has cannot be set. */
void confine_places(const struct confine *self);
void confine_limit(const struct confine *self);
int confine_start(const struct confine *self, struct err *err);
const char *confine_text(void); /* what holds this process: "off", or parts of "landlock,seccomp" */

#endif
