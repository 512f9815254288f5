/* reflector_watch: the watch, and the list that comes as one.
 *
 *   in     lines of a watch
 *   out    what is sent; what to do when it ends
 *   owns   nothing of its own
 *   never  lists anew because a watch ended
 */
#include "base/hash.h"
#include "base/log.h"
#include "watcher/kube/reflector_inside.h"
#include "watcher/watcher_metrics.h"

#define WATCH_MIN_S 300       /* a watch is asked to end after 5 to 10 minutes, as client-go's */
#define WATCH_GRACE_MS 30000  /* and is ended then, whatever the server does */
#define WATCH_EARLY_MS 2000   /* a watch that ends by so much before its time ends early */
#define WATCH_SHORT_MS 1000   /* one that ends sooner waits before the next */
#define WATCH_STEADY_MS 10000 /* after that long the next wait is the shortest again */
#define STREAM_QUIET_MS 60000 /* a streaming list that brings no object for so long is given up */

/* ---- what comes ---- */

static void set_version(struct reflector *self, struct str version)
{
	if (version.len)
		snprintf(self->version, sizeof(self->version), STR_FMT, STR_ARG(version));
}

/* `usable`: its object is what Kubernetes has for that kind. */
static void apply_event(struct reflector *self, struct watch_event *event, bool usable)
{
	if (event->type == WATCH_ERROR) {
		self->error_sentence = event->error;
		self->error = (struct ending){ event->code, self->error_sentence.text,
					       event->retry_after_ms };
		return;
	}
	self->went_back = self->phase == PHASE_WATCH &&
			  watcher_watch_event_is_older(event->version, str_from(self->version));
	if (self->went_back)
		return;
	if (event->type == WATCH_DELETE)
		watcher_sent_del(&self->sent, &event->object.key);
	else if (event->type == WATCH_PUT && usable)
		watcher_sent_put(&self->sent, &event->object, event->version);
	else if (event->type == WATCH_PUT)
		watcher_sent_keep(&self->sent, &event->object.key);
	if (self->phase == PHASE_WATCH) {
		set_version(self, event->version);
	} else if (event->list_ends && !event->version.len) {
		err_set(&self->broken, "the end of a streaming list has no resourceVersion");
	} else if (event->list_ends) {
		self->phase = PHASE_WATCH;
		self->sent.live = true;
		watcher_reflector_list_done(self, event->version);
	}
}

int watcher_reflector_watch_on_line(void *arg, struct str line)
{
	struct reflector *self = arg;
	struct watch_event event;
	struct err err = { "" };
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = watcher_watch_event_read(line, self->row, &pool, &event, &err);
	watcher_metrics.unusable += rc > 0;
	if (rc > 0)
		log_warn("an object cannot be used", "kind=%s reason=%s", self->row->plural,
			 log_value(err.text));
	if (rc < 0)
		err_set(&self->broken, "an event cannot be understood: %s", err.text);
	else
		apply_event(self, &event, rc == 0);
	pool_clear(&pool);
	if (self->phase == PHASE_STREAM)
		self->due_ms = clock_ms() + STREAM_QUIET_MS;
	return self->broken.text[0] || self->error.code || self->went_back ? -1 : 0;
}

static int on_data(void *arg, struct str piece)
{
	struct reflector *self = arg;

	return watcher_watch_stream_add(&self->stream, piece);
}

/* ---- how it ends ---- */

/* The server does not know this form of a list, or its store cannot do it. */
static bool refuses_streams(const struct reflector *self, const struct ending *end)
{
	if (self->error.code)
		return end->code != 410 && end->code != 429 && end->code != 503 && end->code != 504;
	return end->code == 400 || end->code == 405 || end->code == 406 || end->code == 422;
}

static void on_stream_end(struct reflector *self, struct ending end)
{
	if (refuses_streams(self, &end)) {
		log_info("the server has no streaming lists, going on with pages",
			 "kind=%s reason=%s", self->row->plural, log_value(end.sentence));
		self->no_streams = true;
		watcher_reflector_list(self);
		return;
	}
	if (end.code == 200)
		end = (struct ending){ 0, "a streaming list stopped in the middle", 0 };
	/* another way than the one that failed, unless the request was refused at once */
	self->pages_next = end.code == 0 || end.code == 410;
	watcher_reflector_fail(self, end, watcher_reflector_list);
}

static bool is_from_the_future(const struct ending *end)
{
	return strcasestr(end->sentence, "too large resource version") != NULL;
}

static void on_watch_end(struct reflector *self, struct ending end)
{
	const uint64_t lasted = clock_ms() - self->began_ms;

	if (lasted >= WATCH_STEADY_MS)
		backoff_reset(&self->retry.backoff);
	if (self->went_back)
		watcher_reflector_list_anew(self, "the watch went back");
	else if (end.code == 410 || is_from_the_future(&end))
		watcher_reflector_list_anew(self, end.sentence);
	else if (end.code != 200)
		watcher_reflector_fail(self, end, watcher_reflector_pages_check);
	else if (lasted < WATCH_SHORT_MS)
		watcher_reflector_wait(self, watcher_reflector_pages_check);
	else if (lasted + WATCH_EARLY_MS < self->asked_ms)
		watcher_reflector_pages_check(self);
	else
		watcher_reflector_watch(self);
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct reflector *self = arg;
	const struct ending end = watcher_reflector_ending(self, result);

	self->request = NULL;
	watcher_watch_stream_clear(&self->stream);
	self->sent.live = false;
	if (self->phase == PHASE_STREAM)
		on_stream_end(self, end);
	else
		on_watch_end(self, end);
}

/* ---- how it begins ---- */

static void begin(struct reflector *self, enum phase phase)
{
	const uint64_t seconds = WATCH_MIN_S + hash_random64() % WATCH_MIN_S;
	struct kube_call call = { .timeout_ms = seconds * 1000 + WATCH_GRACE_MS,
				  .on_data = on_data,
				  .on_done = on_done };
	struct buf url;

	if (self->row->metadata_only)
		call.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
	self->phase = phase;
	self->sent.live = phase == PHASE_WATCH;
	self->began_ms = clock_ms();
	self->asked_ms = seconds * 1000;
	self->due_ms = self->began_ms + STREAM_QUIET_MS;
	watcher_reflector_url(self, &url);
	buf_printf(&url, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%llu",
		   (unsigned long long)seconds);
	if (phase == PHASE_STREAM) {
		buf_puts(&url, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	} else {
		buf_puts(&url, "&resourceVersion=");
		kube_add_escaped(&url, str_from(self->version));
	}
	watcher_reflector_get(self, &call, &url);
}

void watcher_reflector_watch_list(struct reflector *self)
{
	begin(self, PHASE_STREAM);
}

void watcher_reflector_watch(struct reflector *self)
{
	watcher_metrics.watches++;
	begin(self, PHASE_WATCH);
}
