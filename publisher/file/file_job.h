/* file_job: one writing of the file and of its state file, in a thread. */
#ifndef PUBLISHER_FILE_JOB_H
#define PUBLISHER_FILE_JOB_H

#include <pthread.h>
#include "publisher/file/file.h"
#include "publisher/file/folder.h"
#include "publisher/file/state_file.h"
#include "publisher/sink/plan.h"

/* What a job writes. While one runs, only its thread touches these. */
struct file_outputs {
	enum wanted_format format;
	struct file file;
	struct state_file state;
	struct folder files;
};

struct file_job {
	bool running;
	pthread_t thread;
	int done_fd; /* of an eventfd, readable when it has ended; not the job's own */
	struct file_outputs *outputs;
	struct pool pool; /* of the changes */
	struct plan_changes changes;
	struct state_changes saved; /* the same, for the state file */
	struct map held;            /* owners (msg_key_text) of whom what was published stays */
	struct snapshot snapshot;
	size_t n_routes, n_rejected;
	uint64_t seen_ns; /* when the oldest change was seen; 0: unknown */
	uint64_t plan_us; /* from the oldest change to the plan; 0: unknown */
	int rc;           /* 1: the file was replaced, 0: it said so already, -1: err */
	uint64_t write_ms;
	struct err err;
};

int publisher_file_job_open(struct file_outputs *outputs, const char *path,
			    enum wanted_format format, struct err *err);
void publisher_file_job_close(struct file_outputs *outputs);
/* Starts a job whose changes were filled in: it writes what is wanted now, and what `published` has
 * of those who are held. -1: no thread, and the job is over. */
int publisher_file_job_start(struct file_job *job, struct wanted *wanted,
			     const struct snapshot *published);
/* Waits until it is over. If it went well, its snapshot is what is published. */
void publisher_file_job_join(struct file_job *job, struct wanted *wanted,
			     struct snapshot *published);

#endif
