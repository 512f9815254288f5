/* sink: the published file.
 *
 *   in    owners that something happened to
 *   out   FILE.state, then FILE, each replaced as a whole
 *   owns  both files, the plan, the pace
 *   never writes when nothing differs
 *
 * Pace: the first change at once; what follows waits until nothing came for a while, but no longer
 * than the interval. Writing takes longer with more routes, and then the interval is twice of what
 * it took.
 */
#include "publisher/sink.h"

#include "base/log.h"
#include "base/mem.h"
#include "publisher/render.h"

#define QUIET_MS 50
#define RETRY_FIRST_MS 200
#define RETRY_LONGEST_MS 10000

/* What was saved is what the state file has of each owner. */
static void seed_plan(struct sink *sink)
{
	void *value;

	for (size_t i = 0; map_next(&sink->wanted->owners, &i, NULL, &value);)
		publisher_plan_touch(&sink->plan, &((const struct owner *)value)->key, 0);
	publisher_plan_done(&sink->plan, sink->wanted);
}

static int open_state(struct sink *sink, struct err *err)
{
	struct pool pool;
	struct str path;
	struct err why;
	int rc;

	pool_init(&pool);
	path = pool_printf(&pool, "%s.state", sink->settings.path);
	rc = publisher_state_open(&sink->state, path.ptr, err);
	if (rc == 0 && publisher_state_load(&sink->state, sink->wanted, &why) < 0)
		log_warn("state file damaged, the rest of it is ignored", "path=%s reason=%s",
			 log_value(path.ptr), log_value(why.text));
	pool_clear(&pool);
	return rc;
}

int publisher_sink_open(struct sink *sink, const struct sink_settings *settings,
			struct wanted *wanted, struct err *err)
{
	*sink = (struct sink){ .settings = *settings, .wanted = wanted, .forced = true };
	backoff_init(&sink->backoff, RETRY_FIRST_MS, RETRY_LONGEST_MS);
	publisher_plan_init(&sink->plan);
	sink->state.fd = sink->state.file.fd = sink->state.file.dir_fd = -1;
	if (publisher_file_open(&sink->file, settings->path, err) < 0 || open_state(sink, err) < 0)
		return -1;
	seed_plan(sink);
	return 0;
}

void publisher_sink_close(struct sink *sink)
{
	publisher_state_close(&sink->state);
	publisher_file_close(&sink->file);
	publisher_plan_clear(&sink->plan);
}

void publisher_sink_touch(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns)
{
	publisher_plan_touch(&sink->plan, owner, seen_ns);
	sink->last_ms = clock_ms();
	if (!sink->first_ms)
		sink->first_ms = sink->last_ms;
}

void publisher_sink_plan(struct sink *sink)
{
	struct plan_changes changes;
	struct pool pool;

	if (!sink->first_ms || sink->planned_ns)
		return;
	pool_init(&pool);
	publisher_plan_make(&sink->plan, sink->wanted, &pool, &changes);
	sink->planned_ns = clock_ns();
	pool_clear(&pool);
}

uint64_t publisher_sink_due(const struct sink *sink)
{
	uint64_t interval = sink->settings.interval_ms, due;

	if (interval < 2 * sink->write_ms)
		interval = 2 * sink->write_ms;
	if (sink->forced)
		due = 0;
	else if (!sink->first_ms)
		return UINT64_MAX;
	else if (sink->first_ms >= sink->done_ms + interval)
		due = sink->first_ms;
	else {
		due = sink->last_ms + QUIET_MS;
		if (due > sink->first_ms + interval)
			due = sink->first_ms + interval;
		if (due < sink->done_ms + sink->write_ms)
			due = sink->done_ms + sink->write_ms; /* leave time for reading messages */
	}
	return due < sink->retry_ms ? sink->retry_ms : due;
}

static int to_file(void *self, struct str text, struct err *err)
{
	return publisher_file_write(self, text, err);
}

/* 1: replaced, 0: the same as before, -1: failed. */
static int write_file(struct sink *sink, struct err *err)
{
	struct render_out out = { &sink->file, to_file };
	int rc = publisher_file_begin(&sink->file, err);

	if (!rc)
		rc = publisher_render(sink->wanted, sink->settings.format, NULL, &out, err);
	if (!rc)
		rc = publisher_file_commit(&sink->file, err);
	if (rc < 0)
		publisher_file_cancel(&sink->file);
	return rc;
}

static void report(const struct sink *sink, size_t n_changes, int replaced)
{
	uint64_t since = sink->plan.since_ns, ready = sink->planned_ns;
	unsigned long long plan_us = since && ready > since ? (ready - since) / 1000 : 0;

	log_at(replaced ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       replaced ? "published" : "nothing to publish",
	       "routes=%zu changed=%zu rejected=%zu plan_us=%llu write_ms=%llu",
	       publisher_wanted_n_routes(sink->wanted), n_changes,
	       publisher_wanted_n_rejected(sink->wanted), plan_us,
	       (unsigned long long)sink->write_ms);
}

static int write_both(struct sink *sink, struct err *err)
{
	uint64_t begun_ms = clock_ms();
	struct plan_changes changes;
	struct pool pool;
	int rc = 0;

	pool_init(&pool);
	publisher_plan_make(&sink->plan, sink->wanted, &pool, &changes);
	if (changes.n || sink->state.fd < 0)
		rc = publisher_state_save(&sink->state, sink->wanted, &changes, err);
	if (!rc && (changes.n || sink->forced))
		rc = write_file(sink, err);
	sink->done_ms = clock_ms();
	sink->write_ms = sink->done_ms - begun_ms;
	if (rc >= 0)
		report(sink, changes.n, rc);
	pool_clear(&pool);
	return rc < 0 ? -1 : 0;
}

int publisher_sink_publish(struct sink *sink)
{
	struct err err;

	if (write_both(sink, &err) < 0) {
		uint32_t wait = backoff_next(&sink->backoff);

		log_error("not published, what is there stays", "reason=%s retry_ms=%u",
			  log_value(err.text), wait);
		sink->retry_ms = clock_ms() + wait;
		return -1;
	}
	publisher_plan_done(&sink->plan, sink->wanted);
	backoff_reset(&sink->backoff);
	sink->forced = false;
	sink->first_ms = sink->last_ms = sink->planned_ns = sink->retry_ms = 0;
	return 0;
}
