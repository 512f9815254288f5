/* file_job: one writing of the file and of its state file, in a thread.
 *
 *   in     a snapshot of what is wanted, and what changed in it
 *   out    FILE.state, then FILE.files, then FILE
 *   owns   the thread, and a hold on everything that it reads
 *   never  touches what is wanted while the thread runs
 */
#include "publisher/file/file_job.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "publisher/wanted/render.h"

int publisher_file_job_open(struct file_outputs *outputs, const char *path,
			    enum wanted_format format, struct err *err)
{
	struct pool pool;
	int rc;

	*outputs = (struct file_outputs){ .format = format, .state = PUBLISHER_STATE_FILE_CLOSED };
	publisher_folder_init(&outputs->files, path);
	rc = publisher_file_open_named(&outputs->file, path, err);
	if (rc < 0)
		return rc;
	pool_init(&pool);
	rc = publisher_state_file_open(&outputs->state, pool_printf(&pool, "%s.state", path).ptr,
				       err);
	pool_clear(&pool);
	return rc;
}

void publisher_file_job_close(struct file_outputs *outputs)
{
	publisher_state_file_close(&outputs->state);
	publisher_file_close(&outputs->file);
	publisher_folder_clear(&outputs->files);
}

static int to_file(void *self, struct str text, struct err *err)
{
	return publisher_file_write(self, text, err);
}

/* 1: replaced, 0: the same as before, -1: failed. */
static int write_file(struct file_job *job, struct err *err)
{
	struct file_outputs *to = job->outputs;
	struct render_out out = { &to->file, to_file };
	struct render_as as = { to->format, to->files.path.ptr, false };
	int rc = 0;

	if (as.format == WANTED_YAML)
		rc = publisher_folder_fill(&to->files, &job->snapshot, err);
	if (!rc)
		rc = publisher_file_begin(&to->file, err);
	if (!rc)
		rc = publisher_render_pieces(&job->snapshot, &as, &out, err);
	if (!rc)
		rc = publisher_file_commit(&to->file, err);
	if (rc < 0)
		publisher_file_cancel(&to->file);
	else if (as.format == WANTED_YAML)
		publisher_folder_tidy(&to->files, &job->snapshot);
	return rc;
}

/* The thread. */
static void *run(void *arg)
{
	struct file_job *job = arg;
	struct state_file *state = &job->outputs->state;
	uint64_t begun_ms = clock_ms(), one = 1;

	if (job->saved.n || state->fd < 0)
		job->rc = publisher_state_file_save(state, &job->saved, &job->snapshot, &job->err);
	if (!job->rc)
		job->rc = write_file(job, &job->err);
	job->write_ms = clock_ms() - begun_ms;
	if (write(job->done_fd, &one, sizeof(one)) < 0)
		log_error("the end of a publishing could not be told", NULL);
	return NULL;
}

int publisher_file_job_start(struct file_job *job, struct wanted *wanted,
			     const struct snapshot *published)
{
	job->n_rejected = publisher_wanted_n_rejected(wanted);
	publisher_snapshot_take(&job->snapshot, wanted);
	if (job->held.n)
		publisher_snapshot_keep(&job->snapshot, published, &job->held, wanted);
	job->n_routes = job->snapshot.n_routes;
	map_clear(&job->held);
	job->running = pthread_create(&job->thread, NULL, run, job) == 0;
	if (job->running)
		return 0;
	publisher_snapshot_let_go(&job->snapshot, wanted);
	job->rc = err_set(&job->err, "no thread can be started");
	return -1;
}

void publisher_file_job_join(struct file_job *job, struct wanted *wanted,
			     struct snapshot *published)
{
	uint64_t count;

	pthread_join(job->thread, NULL);
	if (read(job->done_fd, &count, sizeof(count)) < 0)
		log_debug("a publishing ended unannounced", NULL);
	if (job->rc >= 0) {
		publisher_snapshot_let_go(published, wanted);
		*published = job->snapshot;
		job->snapshot = (struct snapshot){ 0 };
	} else {
		publisher_snapshot_let_go(&job->snapshot, wanted);
	}
	job->running = false;
}
