/* bootstrap_sink: a config.yaml for the Pomerium beside us, with what it needs to start.
 *
 * It follows the Pomerium object alone: it is written before everybody has arrived, by every
 * replica, and whatever else is published. The files that it names are in FILE.files. */
#ifndef PUBLISHER_BOOTSTRAP_SINK_H
#define PUBLISHER_BOOTSTRAP_SINK_H

#include "base/clock.h"
#include "publisher/file/file.h"
#include "publisher/file/folder.h"

struct bootstrap_sink {
	struct wanted *wanted;
	struct file file;
	struct folder files;
	struct good *good; /* what the file has to say, held; NULL: nothing has come */
	bool dirty;        /* the file may say something else */
	uint64_t retry_ms; /* after a failure: not before; 0: none */
	struct backoff backoff;
};

/* The folder of the file must be there. */
int publisher_bootstrap_sink_open(struct bootstrap_sink *sink, const char *path,
				  struct wanted *wanted, struct err *err);
void publisher_bootstrap_sink_close(struct bootstrap_sink *sink);
/* What the file has to say from now on; it has a bootstrap part. */
void publisher_bootstrap_sink_take(struct bootstrap_sink *sink, struct good *good);
/* Writes if the file says something else, and waits for the disk: it is small and seldom changes.
 * Returns when to try again, UINT64_MAX: it is as it should be. */
uint64_t publisher_bootstrap_sink_tick(struct bootstrap_sink *sink, uint64_t now_ms);

#endif
