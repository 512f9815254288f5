/* redact: replaces the names, hosts, addresses and sentences in JSON text.
 *
 * Every text value becomes a token such as "~3f2a90c1d4e7". The token is the same for the same text
 * in one process and different in the next, so references can still be followed. Keys and numbers
 * stay, and so do the values of keys that hold a word of ours or of Kubernetes (kind, state,
 * pathType, ...).
 *
 * It works on text, without cJSON: a dump may be larger than what should be in memory at once, and
 * its 64-bit numbers stay exactly as they are. */
#ifndef CLI_REDACT_H
#define CLI_REDACT_H

#include "base/buf.h"

#define REDACT_DEPTH_MAX 200

struct redact {
	bool in_text, escaped; /* inside a text; after a backslash */
	bool keep;             /* the present key's value may be shown */
	bool opens;            /* its value is a map whose keys a user chose, */
	bool inside;           /* or this is inside of one: nothing of it is shown */
	bool is_key;           /* the present text is a key */
	size_t depth;
	char stack[REDACT_DEPTH_MAX];      /* '{', or '[' */
	bool keep_stack[REDACT_DEPTH_MAX]; /* of the key that the bracket belongs to */
	bool inside_stack[REDACT_DEPTH_MAX];
	struct buf text; /* as it is written, without its quotes */
};

void cli_redact_open(struct redact *redact);
void cli_redact_close(struct redact *redact);
/* The next bytes in, what can be said of them out. -1: nested too deeply. */
int cli_redact_feed(struct redact *redact, struct str bytes, struct buf *out);

#endif
