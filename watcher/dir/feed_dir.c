/* feed_dir: manifests, as fast as the resolver takes them.
 *
 *   in     the dir source
 *   out    everything in order of kind on begin, then the changes
 *   owns   the source, and the place in a resync
 *   never  lets a queue grow: events wait in the kernel while the resolver is busy
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "watcher/feed.h"
#include "watcher/dir/resync.h"

struct feed_dir {
	struct feed feed;
	struct source_dir *source;
	struct resync resync;
	bool up; /* a resolver is there */
};

static struct feed_dir *of(struct feed *feed)
{
	return (struct feed_dir *)feed;
}

/* ---- from the source ---- */

static void send_message(struct feed_dir *self, enum msg_type type, const void *body,
			 uint64_t seen_ns)
{
	if (self->up)
		self->feed.sink.send(self->feed.sink.self, type, body, seen_ns);
}

static void on_put(void *arg, struct str object, uint64_t seen_ns)
{
	struct feed_dir *self = arg;

	if (self->up)
		self->feed.sink.put(self->feed.sink.self, object, seen_ns);
}

static void on_del(void *self, const struct msg_key *key, uint64_t seen_ns)
{
	send_message(self, MSG_OBJECT_DELETE, &(struct msg_object_delete){ *key }, seen_ns);
}

static void on_secret(void *self, const struct msg_secret_value *value, uint64_t seen_ns)
{
	send_message(self, MSG_SECRET_VALUE, value, seen_ns);
}

static void on_problem(void *self, const char *path, uint32_t line, const struct err *why)
{
	(void)self;
	log_warn("a manifest has a problem", "path=%s line=%u reason=%s", log_value(path), line,
		 log_value(why->text));
}

/* ---- resync: all kinds, one after the other ---- */

static void send_state(void *self, const struct msg_kind_state *state)
{
	send_message(self, MSG_KIND_STATE, state, 0);
}

static void send_object(void *self, struct str object)
{
	on_put(self, object, 0);
}

static bool has_credit(const struct feed_dir *self)
{
	return self->up && self->feed.sink.has_credit(self->feed.sink.self);
}

static void go_on(struct feed *feed)
{
	struct feed_dir *self = of(feed);
	const struct resync_out out = { self, send_state, send_object };

	while (self->resync.kind && has_credit(self)) {
		if (watcher_resync_step(&self->resync, &out))
			continue;
		watcher_source_dir_answer_wanted(self->source);
		log_info("all objects are sent", "objects=%zu complete=%d",
			 watcher_source_dir_count(self->source).n_objects, self->resync.complete);
	}
}

static void begin(struct feed *feed, bool stranger)
{
	struct feed_dir *self = of(feed);

	self->up = true;
	if (stranger)
		watcher_source_dir_forget_wanted(self->source);
	watcher_resync_begin(&self->resync, self->source);
	go_on(feed);
}

static void end(struct feed *feed)
{
	of(feed)->up = false;
	watcher_resync_abort(&of(feed)->resync);
}

/* A file that could not be read at start can be now: a whole resync shows what is gone since. */
static void after_source(struct feed_dir *self)
{
	if (!self->up || self->resync.complete || !watcher_source_dir_is_complete(self->source))
		return;
	watcher_resync_begin(&self->resync, self->source);
	go_on(&self->feed);
}

static void want(struct feed *feed, const struct msg_key *secret, bool wanted)
{
	watcher_source_dir_want(of(feed)->source, secret, wanted);
}

static bool can_follow(const struct feed_dir *self)
{
	return !self->resync.kind && (!self->up || has_credit(self));
}

static int fd(struct feed *feed)
{
	return can_follow(of(feed)) ? watcher_source_dir_fd(of(feed)->source) : -1;
}

static void on_fd(struct feed *feed)
{
	watcher_source_dir_on_fd(of(feed)->source);
	after_source(of(feed));
}

static uint64_t tick(struct feed *feed, uint64_t now_ms)
{
	uint64_t next;

	if (!can_follow(of(feed)))
		return UINT64_MAX; /* it is called again soon: after each batch of input */
	next = watcher_source_dir_tick(of(feed)->source, now_ms);
	after_source(of(feed));
	return next;
}

static bool ready(const struct feed *feed, struct err *why)
{
	const struct feed_dir *self = (const struct feed_dir *)feed;

	if (!self->resync.kind)
		return true;
	return !err_set(why, "the objects are still being sent");
}

static void count(const struct feed *feed, struct feed_counts *out)
{
	const struct feed_dir *self = (const struct feed_dir *)feed;
	const struct source_counts files = watcher_source_dir_count(self->source);
	const enum msg_kind_condition condition = self->resync.kind ? MSG_KIND_LISTING
						  : watcher_source_dir_is_complete(self->source)
							  ? MSG_KIND_SYNCED
							  : MSG_KIND_UNAVAILABLE;

	*out = (struct feed_counts){ .n_files = files.n_files, .n_broken = files.n_broken };
	for (size_t i = 0; watcher_source_dir_kinds[i] != MSG_KIND_NONE; i++)
		out->kinds[condition]++;
}

static void destroy(struct feed *feed)
{
	watcher_source_dir_destroy(&of(feed)->source);
	mem_free(of(feed));
}

struct feed *watcher_feed_dir_new(const struct str_list *paths, const struct feed_sink *sink)
{
	static const struct feed_ops ops = { begin, end,  go_on, want,  fd,
					     on_fd, tick, ready, count, destroy };
	struct feed_dir *self = mem_alloc(sizeof(*self));
	const struct source_sink from_source = { self, on_put, on_del, on_secret, on_problem };
	const uint64_t begun = clock_ms();
	struct source_counts counts;

	self->feed = (struct feed){ &ops, *sink };
	self->source = watcher_source_dir_new(paths, &from_source);
	watcher_source_dir_load(self->source);
	counts = watcher_source_dir_count(self->source);
	log_info("manifests read", "files=%zu broken=%zu objects=%zu ms=%llu", counts.n_files,
		 counts.n_broken, counts.n_objects, (unsigned long long)(clock_ms() - begun));
	return &self->feed;
}
