/* record_line: a line of a recording: a message of the watcher to the resolver, as JSON.
 *
 *   {"ms":120,"put":"Ingress","object":{...}}
 *   {"ms":120,"delete":"Ingress","namespace":"shop","name":"web"}
 *   {"ms":120,"state":"Ingress","condition":"synced","reason":""}
 *   {"ms":120,"secret":"found","value":{"kind":"Secret",...}}
 *   {"ms":120,"secret":"absent","namespace":"shop","name":"web"}
 *
 * `ms` counts from the first message. The first line is {"sluice":"recording","version":1}; it
 * stands there again wherever a recorder began anew, and then `ms` begins anew, too. */
#ifndef WATCHER_RECORD_LINE_H
#define WATCHER_RECORD_LINE_H

#include "msg/msg.h"

#define RECORD_LINE_MAX BUF_MAX_FILE /* bytes */

struct record_line {
	bool is_head;
	uint64_t at_ms;
	enum msg_type type; /* OBJECT_PUT, OBJECT_DELETE, KIND_STATE or SECRET_VALUE */
	union msg_body body;
};

void watcher_record_line_print_head(struct buf *out);
/* With its newline. Values of Secrets are printed: hand in what may be seen. */
void watcher_record_line_print(enum msg_type type, const void *body, uint64_t at_ms,
			       struct buf *out);
/* Everything lives in the pool. */
int watcher_record_line_read(struct str line, struct pool *pool, struct record_line *out,
			     struct err *err);

#endif
