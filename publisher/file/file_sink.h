/* file_sink: the published file: when to write it, and writing it with its state file, in a
 * thread. */
#ifndef PUBLISHER_FILE_SINK_H
#define PUBLISHER_FILE_SINK_H

#include <pthread.h>
#include "base/clock.h"
#include "publisher/file/file.h"
#include "publisher/file/folder.h"
#include "publisher/sink/plan.h"
#include "publisher/wanted/snapshot.h"
#include "publisher/file/state_file.h"

struct file_sink_settings {
	const char *path;
	enum wanted_format format;
	uint64_t interval_ms; /* the longest that a change waits for others */
};

/* One publishing. While it runs only its thread touches it, and the two files. */
struct file_sink_job {
	bool running;
	pthread_t thread;
	struct pool pool; /* of the changes */
	struct plan_changes changes;
	struct snapshot snapshot;
	size_t n_routes, n_changes, n_rejected;
	uint64_t since_ns; /* when the oldest change was seen; 0: unknown */
	uint64_t plan_us;  /* from the oldest change to the plan; 0: unknown */
	int rc;            /* 1: the file was replaced, 0: it said so already, -1: err */
	uint64_t write_ms;
	struct err err;
};

struct file_sink {
	struct file_sink_settings settings;
	struct wanted *wanted;
	struct file file;
	struct state_file state;
	struct folder files;
	struct plan plan;
	struct file_sink_job job;
	int done_fd;                /* readable when a job has ended */
	bool forced;                /* nothing was published yet by this process */
	uint64_t first_ms, last_ms; /* of the changes that are not on their way; 0: none */
	uint64_t done_ms;           /* end of the last publishing */
	uint64_t write_ms;          /* what it took */
	uint64_t planned_ns;        /* when the plan of these changes was ready; 0: not yet */
	uint64_t retry_ms;          /* after a failure: not before; 0: none */
	struct backoff backoff;
};

/* Opens the file and its state, which becomes what is wanted as last good. */
int publisher_file_sink_open(struct file_sink *sink, const struct file_sink_settings *settings,
			     struct wanted *wanted, struct err *err);
void publisher_file_sink_close(struct file_sink *sink); /* waits for a job that runs */
/* An owner may differ from what is published. */
void publisher_file_sink_touch(struct file_sink *sink, const struct msg_key *owner,
			       uint64_t seen_ns);
/* Finds out what differs; call it after each batch of changes. */
void publisher_file_sink_plan(struct file_sink *sink);
/* When to publish (clock_ms), UINT64_MAX: nothing to do, or it is being done. */
uint64_t publisher_file_sink_due(const struct file_sink *sink);
/* Everything that was touched is in the file. */
bool publisher_file_sink_is_even(const struct file_sink *sink);
/* Starts to publish what is wanted now. */
void publisher_file_sink_publish(struct file_sink *sink);
/* done_fd is readable: 0: the file says what was wanted. -1: it was logged, and is tried again
 * later. */
int publisher_file_sink_on_done(struct file_sink *sink);

#endif
