/* file_sink: the published file.
 *
 *   in     owners that something happened to
 *   out    FILE.state, then FILE
 *   owns   both files, the plan, the pace, and a thread that writes a snapshot while new changes
 *          come
 *   never  writes when nothing differs
 *
 * Pace: the first change at once; what follows waits until nothing came for a while, but no longer
 * than the interval. Writing takes longer with more routes, and then the interval is twice of what
 * it took.
 */
#include "publisher/file/file_sink.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "publisher/publisher_metrics.h"
#include "publisher/wanted/render.h"

#define QUIET_MS 50
#define RETRY_FIRST_MS 200
#define RETRY_LONGEST_MS 10000

/* ---- start ---- */

/* What was saved is what the state file has of each owner. */
static void seed_plan(struct file_sink *sink)
{
	struct plan_changes changes;
	const struct owner *owner;
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; (owner = publisher_wanted_next(sink->wanted, &i));)
		publisher_plan_touch(&sink->plan, &owner->key, 0);
	publisher_plan_take(&sink->plan, sink->wanted, &pool, &changes);
	publisher_plan_done(&sink->plan, &changes);
	pool_clear(&pool);
}

static int open_state(struct file_sink *sink, struct err *err)
{
	struct pool pool;
	struct str path;
	struct err why;
	int rc;

	pool_init(&pool);
	path = pool_printf(&pool, "%s.state", sink->settings.path);
	rc = publisher_state_file_open(&sink->state, path.ptr, err);
	if (rc == 0 && publisher_state_file_load(&sink->state, sink->wanted, &why) < 0)
		log_warn("state file damaged, the rest of it is ignored", "path=%s reason=%s",
			 log_value(path.ptr), log_value(why.text));
	pool_clear(&pool);
	return rc;
}

int publisher_file_sink_open(struct file_sink *sink, const struct file_sink_settings *settings,
			     struct wanted *wanted, struct err *err)
{
	*sink = (struct file_sink){
		.settings = *settings, .wanted = wanted, .forced = true, .done_fd = -1
	};
	backoff_init(&sink->backoff, RETRY_FIRST_MS, RETRY_LONGEST_MS);
	publisher_plan_init(&sink->plan);
	sink->state.fd = sink->state.file.fd = sink->state.file.dir_fd = -1;
	if (publisher_file_open(&sink->file, settings->path, err) < 0 || open_state(sink, err) < 0)
		return -1;
	publisher_folder_init(&sink->files, settings->path);
	sink->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sink->done_fd < 0)
		return err_set(err, "the end of a thread cannot be waited for: eventfd failed");
	seed_plan(sink);
	return 0;
}

/* ---- pace ---- */

void publisher_file_sink_touch(struct file_sink *sink, const struct msg_key *owner,
			       uint64_t seen_ns)
{
	publisher_plan_touch(&sink->plan, owner, seen_ns);
	sink->last_ms = clock_ms();
	if (!sink->first_ms)
		sink->first_ms = sink->last_ms;
}

void publisher_file_sink_plan(struct file_sink *sink)
{
	struct plan_changes changes;
	struct pool pool;

	if (!sink->first_ms || sink->planned_ns)
		return;
	pool_init(&pool);
	publisher_plan_make(&sink->plan, sink->wanted, &pool, &changes);
	sink->planned_ns = clock_ns();
	log_debug("planned", "changes=%zu at_ns=%llu", changes.n,
		  (unsigned long long)sink->planned_ns);
	pool_clear(&pool);
}

static uint64_t pace(const struct file_sink *sink)
{
	uint64_t interval = sink->settings.interval_ms, due = sink->last_ms + QUIET_MS;

	if (interval < 2 * sink->write_ms)
		interval = 2 * sink->write_ms;
	if (sink->first_ms >= sink->done_ms + interval)
		return sink->first_ms;
	if (due < sink->done_ms + sink->write_ms)
		due = sink->done_ms + sink->write_ms;
	return due < sink->first_ms + interval ? due : sink->first_ms + interval;
}

uint64_t publisher_file_sink_due(const struct file_sink *sink)
{
	uint64_t due = 0;

	if (sink->job.running)
		return UINT64_MAX;
	if (!sink->forced)
		due = sink->first_ms ? pace(sink) : UINT64_MAX;
	return due < sink->retry_ms ? sink->retry_ms : due;
}

bool publisher_file_sink_is_even(const struct file_sink *sink)
{
	return !sink->job.running && !sink->forced && !sink->first_ms;
}

/* Nothing is lost: the changes are touched again. */
static void back_off(struct file_sink *sink)
{
	uint32_t wait = backoff_next(&sink->backoff);
	uint64_t now = clock_ms();

	publisher_metrics.write_failures++;
	log_error("not published, what is there stays", "reason=%s retry_ms=%u",
		  log_value(sink->job.err.text), wait);
	sink->retry_ms = now + wait;
	if (!sink->first_ms)
		sink->first_ms = sink->last_ms = now;
}

/* ---- one publishing ---- */

static int to_file(void *self, struct str text, struct err *err)
{
	return publisher_file_write(self, text, err);
}

/* 1: replaced, 0: the same as before, -1: failed. */
static int write_file(struct file_sink *sink, struct err *err)
{
	struct render_out out = { &sink->file, to_file };
	struct render_as as = { sink->settings.format, sink->files.path.ptr };
	int rc = 0;

	if (as.format == WANTED_YAML)
		rc = publisher_folder_fill(&sink->files, &sink->job.snapshot, err);
	if (!rc)
		rc = publisher_file_begin(&sink->file, err);
	if (!rc)
		rc = publisher_render_pieces(&sink->job.snapshot, &as, &out, err);
	if (!rc)
		rc = publisher_file_commit(&sink->file, err);
	if (rc < 0)
		publisher_file_cancel(&sink->file);
	else if (as.format == WANTED_YAML)
		publisher_folder_tidy(&sink->files, &sink->job.snapshot);
	return rc;
}

/* The thread: it reads the snapshot and the changes, and writes the files and the result. */
static void *run_job(void *arg)
{
	struct file_sink *sink = arg;
	struct file_sink_job *job = &sink->job;
	uint64_t begun_ms = clock_ms(), one = 1;

	if (job->changes.n || sink->state.fd < 0)
		job->rc = publisher_state_file_save(&sink->state, &job->changes, &job->snapshot,
						    &job->err);
	if (!job->rc)
		job->rc = write_file(sink, &job->err);
	job->write_ms = clock_ms() - begun_ms;
	if (write(sink->done_fd, &one, sizeof(one)) < 0)
		log_error("the end of a publishing could not be told", NULL);
	return NULL;
}

static void end_job(struct file_sink *sink)
{
	struct file_sink_job *job = &sink->job;

	if (job->rc < 0)
		publisher_plan_again(&sink->plan, &job->changes);
	else
		publisher_plan_done(&sink->plan, &job->changes);
	publisher_snapshot_let_go(&job->snapshot, sink->wanted);
	pool_clear(&job->pool);
	job->running = false;
}

static void join_job(struct file_sink *sink)
{
	uint64_t count;

	pthread_join(sink->job.thread, NULL);
	if (read(sink->done_fd, &count, sizeof(count)) < 0)
		log_debug("a publishing ended unannounced", NULL);
	sink->done_ms = clock_ms();
	sink->write_ms = sink->job.write_ms;
	end_job(sink);
}

void publisher_file_sink_publish(struct file_sink *sink)
{
	struct file_sink_job *job = &sink->job;
	uint64_t since = sink->plan.since_ns;

	*job = (struct file_sink_job){ .since_ns = since,
				       .n_rejected = publisher_wanted_n_rejected(sink->wanted) };
	if (since && sink->planned_ns > since)
		job->plan_us = (sink->planned_ns - since) / 1000;
	publisher_plan_take(&sink->plan, sink->wanted, &job->pool, &job->changes);
	sink->first_ms = sink->last_ms = sink->planned_ns = 0;
	if (!job->changes.n && !sink->forced) {
		publisher_metrics.writes_saved++;
		pool_clear(&job->pool); /* it was changed and changed back */
		return;
	}
	job->n_changes = job->changes.n;
	job->n_routes = publisher_wanted_n_routes(sink->wanted);
	publisher_snapshot_take(&job->snapshot, sink->wanted);
	job->running = pthread_create(&job->thread, NULL, run_job, sink) == 0;
	if (job->running)
		return;
	job->rc = err_set(&job->err, "no thread can be started");
	end_job(sink);
	back_off(sink);
}

int publisher_file_sink_on_done(struct file_sink *sink)
{
	struct file_sink_job *job = &sink->job;
	bool replaced;

	if (!job->running)
		return -1;
	join_job(sink);
	if (job->rc < 0) {
		back_off(sink);
		return -1;
	}
	replaced = job->rc > 0;
	if (replaced)
		publisher_metrics_stored(job->since_ns, job->write_ms);
	else
		publisher_metrics.writes_saved++;
	log_at(replaced ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       replaced ? "published" : "nothing to publish",
	       "routes=%zu changed=%zu rejected=%zu plan_us=%llu write_ms=%llu", job->n_routes,
	       job->n_changes, job->n_rejected, (unsigned long long)job->plan_us,
	       (unsigned long long)job->write_ms);
	backoff_reset(&sink->backoff);
	sink->forced = false;
	sink->retry_ms = 0;
	return 0;
}

void publisher_file_sink_close(struct file_sink *sink)
{
	if (sink->job.running)
		join_job(sink);
	publisher_state_file_close(&sink->state);
	publisher_file_close(&sink->file);
	publisher_plan_clear(&sink->plan);
	publisher_folder_clear(&sink->files);
	if (sink->done_fd >= 0)
		close(sink->done_fd);
}
