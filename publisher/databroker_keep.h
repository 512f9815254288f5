/* databroker_keep: the id of our lease, kept in the run folder over the death of a publisher. */
#ifndef PUBLISHER_DATABROKER_KEEP_H
#define PUBLISHER_DATABROKER_KEEP_H

#include "base/buf.h"

struct keep {
	int fd; /* of the file, locked; -1: nothing is kept */
};

/* Takes the file for this process alone and appends to `id` what the one before left there. A
 * folder that cannot be written, or another process that has the file: nothing is kept. */
void publisher_keep_open(struct keep *keep, struct str run_dir, struct buf *id);
void publisher_keep_close(struct keep *keep); /* what is in it stays */
void publisher_keep_put(struct keep *keep, struct str id);

#endif
