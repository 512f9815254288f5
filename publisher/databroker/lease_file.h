/* lease_file: the id of our lease, kept in the run folder over the death of a publisher. */
#ifndef PUBLISHER_LEASE_FILE_H
#define PUBLISHER_LEASE_FILE_H

#include "base/buf.h"

struct lease_file {
	int fd; /* of the file, locked; -1: nothing is kept */
};

/* Takes the file for this process alone and appends to `id` what the one before left there. A
 * folder that cannot be written, or another process that has the file: nothing is kept. */
void publisher_lease_file_open(struct lease_file *file, struct str run_dir, struct buf *id);
void publisher_lease_file_close(struct lease_file *file); /* what is in it stays */
void publisher_lease_file_put(struct lease_file *file, struct str id);

#endif
