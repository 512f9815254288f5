/* state_file: the last good configuration of each owner in a file beside the published one, so that
 * a publisher that starts again has it even of an owner that is broken now.
 *
 * A journal: a record for each owner that changed, appended and synced before the published file is
 * replaced; written anew when it has grown to more than twice what is in it. Every record has a
 * checksum. */
#ifndef PUBLISHER_STATE_FILE_H
#define PUBLISHER_STATE_FILE_H

#include "publisher/file/file.h"
#include "publisher/wanted/snapshot.h"

struct state_file {
	struct file file; /* for writing it anew */
	int fd;           /* for appending; -1: it has to be written anew */
	off_t size;       /* of what is good in it */
	off_t compact;    /* what it had when it was last written anew or read */
};

#define PUBLISHER_STATE_FILE_CLOSED \
	((struct state_file){ .file = { .dir_fd = -1, .fd = -1 }, .fd = -1 })

/* An owner of which something else is good now; NULL: it is gone. */
struct state_change {
	struct msg_key owner;
	const struct good *good;
};
struct state_changes {
	struct state_change *items;
	size_t n;
};

int publisher_state_file_open(struct state_file *state, const char *path, struct err *err);
void publisher_state_file_close(struct state_file *state);
/* Makes what was saved the last good configurations. What is damaged, or was not written by this
 * program, is left out: `err` says what and why, and -1 is returned though what came before it was
 * taken. Returns 0 if all was well or there is none. */
int publisher_state_file_load(struct state_file *state, struct wanted *wanted, struct err *err);
/* Saves changes, on disk when it returns; `all` is what there is with them. After an error it is
 * written anew the next time. May run in another thread. */
int publisher_state_file_save(struct state_file *state, const struct state_changes *changes,
			      const struct snapshot *all, struct err *err);

#endif
