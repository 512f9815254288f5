/* file_sink: a sink that keeps Pomerium's configuration in one file.
 *
 *   in     owners that something happened to
 *   out    FILE.state, then FILE
 *   owns   both files, what is in them, and a job that writes while new changes come
 *   never  writes when nothing differs
 *
 * Writing takes longer with more routes, and then the interval is twice of what it took.
 */
#include "publisher/file/file_sink.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "publisher/file/file_job.h"
#include "publisher/publisher_metrics.h"
#include "publisher/sink/guard.h"
#include "publisher/sink/pace.h"

#define QUIET_MS 50

struct file_sink {
	struct sink sink;
	struct file_sink_settings settings;
	struct sink_listener listener;
	struct wanted *wanted;
	struct file_outputs outputs;
	struct plan plan; /* by msg_key_text */
	struct pace pace;
	struct file_job job;
	struct snapshot published; /* what is in the file */
	struct guard guard;
	int done_fd;         /* readable when a job has ended */
	bool forced;         /* nothing was published yet by this process */
	uint64_t n_jobs;     /* the versions of what is in the file */
	uint64_t planned_ns; /* when the plan of these changes was ready; 0: not yet */
};

/* ---- plan ---- */

static enum plan_want want(void *self, struct str id, struct plan_entry *next)
{
	const struct file_sink *sink = self;
	const struct owner *owner = publisher_wanted_find(sink->wanted, id);

	if (!owner || !owner->good)
		return PLAN_REMOVE;
	next->digest = owner->good->digest;
	next->n_routes = owner->good->n_routes;
	return PLAN_STORE;
}

static void make_plan(struct file_sink *self, struct pool *pool, struct plan_changes *out)
{
	publisher_plan_make(&self->plan, &(struct plan_source){ self, want }, pool, out);
}

/* Finds out early what differs: how long that takes after a change is worth knowing. */
static void measure_plan(struct file_sink *self)
{
	struct plan_changes changes;
	struct pool pool;

	if (!publisher_pace_is_touched(&self->pace) || self->planned_ns)
		return;
	pool_init(&pool);
	make_plan(self, &pool, &changes);
	self->planned_ns = clock_ns();
	log_debug("planned", "changes=%zu at_ns=%llu", changes.n,
		  (unsigned long long)self->planned_ns);
	pool_clear(&pool);
}

static void note_written(struct file_sink *self, const struct plan_changes *changes)
{
	self->n_jobs++;
	for (size_t i = 0; i < changes->n; i++) {
		const struct plan_change *change = &changes->items[i];

		publisher_plan_written(&self->plan, change->id, change->gone ? NULL : &change->next,
				       self->n_jobs);
	}
}

/* Nothing is lost: the changes are touched again. */
static void note_failed(struct file_sink *self, const struct plan_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		publisher_plan_touch(&self->plan, changes->items[i].id);
	if (!publisher_pace_is_touched(&self->pace))
		publisher_pace_touch(&self->pace, 0);
}

/* While the thread runs, the job is its own. */
static uint64_t due(const struct file_sink *self)
{
	struct pace_limits limits = { .quiet_ms = QUIET_MS };

	if (self->job.running)
		return UINT64_MAX;
	limits.rest_ms = self->job.write_ms;
	limits.interval_ms = self->settings.interval_ms;
	if (limits.interval_ms < 2 * self->job.write_ms)
		limits.interval_ms = 2 * self->job.write_ms;
	limits.calm_ms = limits.interval_ms;
	return publisher_pace_due(&self->pace, &limits, self->forced);
}

/* What would take away too much stays touched, and out of the plan. */
static void hold_back(struct file_sink *self, struct plan_changes *changes, struct map *held)
{
	size_t n = 0;

	if (!publisher_guard_holds(&self->guard, changes))
		return;
	for (size_t i = 0; i < changes->n; i++) {
		if (!changes->items[i].n_fewer) {
			changes->items[n++] = changes->items[i];
			continue;
		}
		publisher_plan_touch(&self->plan, changes->items[i].id);
		map_put(held, changes->items[i].id, self);
	}
	changes->n = n;
}

/* ---- one publishing ---- */

/* The same changes for the state file: the owner of each, and what is good of it. */
static void list_saved(struct file_sink *self)
{
	struct file_job *job = &self->job;
	struct state_changes *saved = &job->saved;

	saved->items = pool_array(&job->pool, job->changes.n + 1, sizeof(*saved->items));
	for (; saved->n < job->changes.n; saved->n++) {
		const struct plan_change *change = &job->changes.items[saved->n];
		struct state_change *out = &saved->items[saved->n];

		*out = (struct state_change){ .good = NULL };
		msg_key_from_text(change->id, &out->owner);
		if (!change->gone)
			out->good = publisher_wanted_find(self->wanted, change->id)->good;
	}
}

static void end_job(struct file_sink *self)
{
	struct file_job *job = &self->job;

	publisher_pace_end(&self->pace);
	if (job->rc < 0)
		note_failed(self, &job->changes);
	else
		note_written(self, &job->changes);
	pool_clear(&job->pool);
	if (job->rc >= 0) {
		retry_success(&self->pace.retry);
		self->forced = false;
		return;
	}
	publisher_metrics.write_failures++;
	if (retry_failure(&self->pace.retry, str_from(job->err.text), 0))
		log_error("not published, what is there stays", "reason=%s retry_ms=%llu",
			  log_value(job->err.text),
			  (unsigned long long)retry_wait_ms(&self->pace.retry));
}

static void publish(struct file_sink *self)
{
	struct file_job *job = &self->job;
	const uint64_t planned_ns = self->planned_ns;

	*job = (struct file_job){ .outputs = &self->outputs,
				  .done_fd = self->done_fd,
				  .write_ms = job->write_ms,
				  .seen_ns = publisher_pace_begin(&self->pace) };
	if (job->seen_ns && planned_ns > job->seen_ns)
		job->plan_us = (planned_ns - job->seen_ns) / 1000;
	self->planned_ns = 0;
	make_plan(self, &job->pool, &job->changes);
	map_init(&job->held, NULL);
	map_clear(&self->plan.touched);
	hold_back(self, &job->changes, &job->held);
	if (!job->changes.n && !self->forced) {
		publisher_metrics.writes_saved++;
		map_clear(&job->held);
		pool_clear(&job->pool); /* it was changed and changed back */
		return;
	}
	list_saved(self);
	if (publisher_file_job_start(job, self->wanted, &self->published) < 0)
		end_job(self);
}

static void count(const struct file_job *job)
{
	const bool replaced = job->rc > 0;

	if (replaced)
		publisher_metrics_stored(job->seen_ns, job->write_ms);
	else
		publisher_metrics.writes_saved++;
	log_at(replaced ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       replaced ? "published" : "nothing to publish",
	       "routes=%zu changed=%zu rejected=%zu plan_us=%llu write_ms=%llu", job->n_routes,
	       job->changes.n, job->n_rejected, (unsigned long long)job->plan_us,
	       (unsigned long long)job->write_ms);
}

/* ---- what the publisher asks and tells ---- */

static void touch(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns)
{
	struct file_sink *self = (struct file_sink *)sink;
	struct pool pool;

	pool_init(&pool);
	publisher_plan_touch(&self->plan, msg_key_text(owner, &pool));
	publisher_pace_touch(&self->pace, seen_ns);
	pool_clear(&pool);
}

static int fd(const struct sink *sink)
{
	return ((const struct file_sink *)sink)->done_fd;
}

static void on_fd(struct sink *sink)
{
	struct file_sink *self = (struct file_sink *)sink;

	if (!self->job.running)
		return;
	publisher_file_job_join(&self->job, self->wanted, &self->published);
	end_job(self);
	if (self->job.rc < 0)
		return;
	count(&self->job);
	self->listener.stored(self->listener.self);
}

static uint64_t tick(struct sink *sink, uint64_t now_ms, uint64_t may_ms)
{
	struct file_sink *self = (struct file_sink *)sink;
	uint64_t next;

	measure_plan(self);
	next = due(self);
	if (next == UINT64_MAX && !self->job.running) {
		self->listener.taken(self->listener.self);
		self->listener.stored(self->listener.self);
	}
	if (next < may_ms)
		next = may_ms;
	if (next > now_ms)
		return next;
	publish(self);
	self->listener.taken(self->listener.self);
	return due(self);
}

static void explain(const struct sink *sink, const struct owner *owner, cJSON *out)
{
	const struct file_sink *self = (const struct file_sink *)sink;
	const struct plan_entry *stored = publisher_plan_get(&self->plan, owner->text);
	const struct good *good = owner->good;
	const char *state = good ? "not yet" : "nothing";

	if (stored)
		state = good && hash_equal(&stored->digest, &good->digest) ? "equal" : "older";
	cjson_put_text(out, "file", str_from(self->settings.path));
	cjson_put_text(out, "state", str_from(state));
}

static void destroy(struct sink *sink)
{
	struct file_sink *self = (struct file_sink *)sink;

	if (self->job.running) {
		publisher_file_job_join(&self->job, self->wanted, &self->published);
		pool_clear(&self->job.pool);
	}
	publisher_snapshot_let_go(&self->published, self->wanted);
	publisher_file_job_close(&self->outputs);
	publisher_plan_clear(&self->plan);
	if (self->done_fd >= 0)
		close(self->done_fd);
	mem_free(self);
}

static const struct sink_ops ops = { .touch = touch,
				     .fd = fd,
				     .on_fd = on_fd,
				     .tick = tick,
				     .explain = explain,
				     .destroy = destroy };

/* ---- start ---- */

/* What was saved is what the state file has of each owner. */
static void load_state(struct file_sink *self)
{
	struct state_file *state = &self->outputs.state;
	struct plan_changes changes;
	const struct owner *owner;
	struct pool pool;
	struct err why;

	if (publisher_state_file_load(state, self->wanted, &why) < 0)
		log_warn("state file damaged, the rest of it is ignored", "path=%s reason=%s",
			 log_value(state->file.path.ptr), log_value(why.text));
	pool_init(&pool);
	for (size_t i = 0; (owner = publisher_wanted_next(self->wanted, &i));)
		publisher_plan_touch(&self->plan, owner->text);
	make_plan(self, &pool, &changes);
	map_clear(&self->plan.touched);
	note_written(self, &changes);
	publisher_snapshot_take(&self->published, self->wanted);
	pool_clear(&pool);
}

struct sink *publisher_file_sink_new(const struct file_sink_settings *settings,
				     struct wanted *wanted, const struct sink_listener *listener,
				     struct err *err)
{
	struct file_sink *self = mem_alloc(sizeof(*self));

	self->sink = (struct sink){ .ops = &ops, .guard = &self->guard };
	self->settings = *settings;
	self->listener = *listener;
	self->wanted = wanted;
	self->guard = (struct guard){ .plan = &self->plan,
				      .pace = &self->pace,
				      .terms.share = settings->max_delete_share };
	self->forced = true;
	publisher_plan_init(&self->plan);
	publisher_pace_init(&self->pace);
	self->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (publisher_file_job_open(&self->outputs, settings->path, settings->format, err) < 0)
		goto fail;
	if (self->done_fd < 0) {
		err_set(err, "the end of a thread cannot be waited for: eventfd failed");
		goto fail;
	}
	load_state(self);
	return &self->sink;
fail:
	destroy(&self->sink);
	return NULL;
}
