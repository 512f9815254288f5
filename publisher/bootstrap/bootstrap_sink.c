/* bootstrap_sink: a config.yaml for the Pomerium beside us.
 *
 *   in     the last good configuration of the Pomerium object
 *   out    FILE, and in FILE.files what it names; all of mode 0600
 *   owns   both; a hold on that configuration
 *   never  writes what is there already; removes the file: Pomerium cannot do without
 *
 * The file is small and seldom changes, so the disk is waited for.
 */
#include "publisher/bootstrap/bootstrap_sink.h"

#include "base/log.h"
#include "base/mem.h"
#include "publisher/file/file.h"
#include "publisher/file/folder.h"
#include "publisher/sink/pace.h"
#include "publisher/wanted/bootstrap.h"
#include "publisher/wanted/render.h"

struct bootstrap_sink {
	struct sink sink;
	struct wanted *wanted;
	struct file file;
	struct folder files;
	struct good *good; /* what the file has to say, held; NULL: nothing has come */
	struct pace pace;
};

static int render(struct bootstrap_sink *self, const struct snapshot *one, struct buf *out,
		  struct err *err)
{
	Pomerium__Config__Settings *settings;
	struct pool pool;
	int rc = -1;

	pool_init(&pool);
	settings = publisher_bootstrap_settings(one, self->files.path.ptr, &pool, err);
	if (settings)
		rc = publisher_render_settings(settings, out, err);
	pool_wipe(&pool);
	return rc;
}

/* 1: replaced, 0: the same as before, -1: failed. */
static int write_file(struct bootstrap_sink *self, struct err *err)
{
	const struct snapshot one = { .goods = &self->good, .n_goods = 1 };
	struct buf text;
	int rc;

	buf_init(&text, BUF_MAX_FILE);
	rc = render(self, &one, &text, err);
	if (!rc)
		rc = publisher_folder_fill(&self->files, &one, err);
	if (!rc)
		rc = publisher_file_begin(&self->file, err);
	if (!rc)
		rc = publisher_file_write(&self->file, buf_view(&text), err);
	if (!rc)
		rc = publisher_file_commit(&self->file, err);
	if (rc < 0)
		publisher_file_cancel(&self->file);
	else
		publisher_folder_tidy(&self->files, &one);
	buf_wipe(&text);
	return rc;
}

static int start_with(struct sink *sink, struct good *good, struct err *err)
{
	struct bootstrap_sink *self = (struct bootstrap_sink *)sink;

	(void)err;
	publisher_good_hold(good);
	publisher_wanted_let_go(self->wanted, &self->good);
	self->good = good;
	publisher_pace_touch(&self->pace, 0);
	return 0;
}

static uint64_t tick(struct sink *sink, uint64_t now_ms, uint64_t may_ms)
{
	static const struct pace_limits no_limits;
	struct bootstrap_sink *self = (struct bootstrap_sink *)sink;
	const uint64_t due = publisher_pace_due(&self->pace, &no_limits, false);
	struct err err = { "" };
	int rc;

	(void)may_ms; /* Pomerium has to start before anything else is published */
	if (due > now_ms)
		return due;
	rc = write_file(self, &err);
	if (rc < 0) {
		if (retry_failure(&self->pace.retry, str_from(err.text), 0))
			log_error("bootstrap configuration not written, what is there stays",
				  "reason=%s retry_ms=%llu", log_value(err.text),
				  (unsigned long long)retry_wait_ms(&self->pace.retry));
		return self->pace.retry.due_ms;
	}
	log_at(rc ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       rc ? "bootstrap configuration written" : "bootstrap configuration is the same",
	       "path=%s", log_value(self->file.path.ptr));
	retry_success(&self->pace.retry);
	publisher_pace_begin(&self->pace);
	return UINT64_MAX;
}

static void destroy(struct sink *sink)
{
	struct bootstrap_sink *self = (struct bootstrap_sink *)sink;

	publisher_wanted_let_go(self->wanted, &self->good);
	publisher_folder_clear(&self->files);
	publisher_file_close(&self->file);
	mem_free(self);
}

static const struct sink_ops ops = { .start_with = start_with, .tick = tick, .destroy = destroy };

struct sink *publisher_bootstrap_sink_new(const char *path, struct wanted *wanted, struct err *err)
{
	struct bootstrap_sink *self = mem_alloc(sizeof(*self));

	self->sink = (struct sink){ .ops = &ops, .waits_for_start = true };
	self->wanted = wanted;
	publisher_pace_init(&self->pace);
	publisher_folder_init(&self->files, path);
	if (publisher_file_open_named(&self->file, path, err) == 0)
		return &self->sink;
	destroy(&self->sink);
	return NULL;
}
