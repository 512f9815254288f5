/* bootstrap_sink: a config.yaml for the Pomerium beside us.
 *
 *   in     the last good configuration of the Pomerium object
 *   out    FILE, and in FILE.files what it names; all of mode 0600
 *   owns   both; a hold on that configuration
 *   never  writes what is there already; removes the file: Pomerium cannot do without
 */
#include "publisher/bootstrap/bootstrap_sink.h"

#include "base/log.h"
#include "publisher/wanted/bootstrap.h"
#include "publisher/wanted/render.h"

#define RETRY_FIRST_MS 200
#define RETRY_LONGEST_MS 10000

int publisher_bootstrap_sink_open(struct bootstrap_sink *sink, const char *path,
				  struct wanted *wanted, struct err *err)
{
	*sink = (struct bootstrap_sink){ .wanted = wanted };
	backoff_init(&sink->backoff, RETRY_FIRST_MS, RETRY_LONGEST_MS);
	publisher_folder_init(&sink->files, path);
	return publisher_file_open(&sink->file, path, err);
}

void publisher_bootstrap_sink_close(struct bootstrap_sink *sink)
{
	publisher_wanted_let_go(sink->wanted, &sink->good);
	publisher_folder_clear(&sink->files);
	publisher_file_close(&sink->file);
}

void publisher_bootstrap_sink_take(struct bootstrap_sink *sink, struct good *good)
{
	publisher_good_hold(good);
	publisher_wanted_let_go(sink->wanted, &sink->good);
	sink->good = good;
	sink->dirty = true;
}

static int render(struct bootstrap_sink *sink, const struct snapshot *one, struct buf *out,
		  struct err *err)
{
	Pomerium__Config__Settings *settings;
	struct pool pool;
	int rc = -1;

	pool_init(&pool);
	settings = publisher_bootstrap_settings(one, sink->files.path.ptr, &pool, err);
	if (settings)
		rc = publisher_render_settings(settings, out, err);
	pool_wipe(&pool);
	return rc;
}

/* 1: replaced, 0: the same as before, -1: failed. */
static int write_file(struct bootstrap_sink *sink, struct err *err)
{
	const struct snapshot one = { .goods = &sink->good, .n_goods = 1 };
	struct buf text;
	int rc;

	buf_init(&text, BUF_MAX_FILE);
	rc = render(sink, &one, &text, err);
	if (!rc)
		rc = publisher_folder_fill(&sink->files, &one, err);
	if (!rc)
		rc = publisher_file_begin(&sink->file, err);
	if (!rc)
		rc = publisher_file_write(&sink->file, buf_view(&text), err);
	if (!rc)
		rc = publisher_file_commit(&sink->file, err);
	if (rc < 0)
		publisher_file_cancel(&sink->file);
	else
		publisher_folder_tidy(&sink->files, &one);
	buf_wipe(&text);
	return rc;
}

uint64_t publisher_bootstrap_sink_tick(struct bootstrap_sink *sink, uint64_t now_ms)
{
	struct err err = { "" };
	uint32_t wait;
	int rc;

	if (!sink->dirty)
		return UINT64_MAX;
	if (now_ms < sink->retry_ms)
		return sink->retry_ms;
	rc = write_file(sink, &err);
	if (rc < 0) {
		wait = backoff_next(&sink->backoff);
		sink->retry_ms = now_ms + wait;
		log_error("bootstrap configuration not written, what is there stays",
			  "reason=%s retry_ms=%u", log_value(err.text), wait);
		return sink->retry_ms;
	}
	log_at(rc ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	       rc ? "bootstrap configuration written" : "bootstrap configuration is the same",
	       "path=%s", log_value(sink->file.path.ptr));
	backoff_reset(&sink->backoff);
	sink->retry_ms = 0;
	sink->dirty = false;
	return UINT64_MAX;
}
