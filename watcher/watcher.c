/* watcher: tells the resolver what there is: Kubernetes objects, from manifests.
 *
 *   in    SECRET_WANTED                            from resolver
 *         files and folders, followed
 *   out   OBJECT_PUT OBJECT_DELETE KIND_STATE      to resolver
 *         SECRET_VALUE                             to resolver, only of what it asked for
 *   owns  the source: the last good objects of each file
 *   never decides what an object means
 */
#include "actor/actor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "watcher/resync.h"
#include "watcher/source_dir.h"

struct watcher {
	struct str_list paths;
	struct actor_loop *loop;
	struct source_dir *source;
	struct actor_peer *resolver; /* NULL: not up */
	uint64_t epoch;              /* of the last resolver */
	struct resync resync;
	bool following; /* events of the source are taken */
};

static struct watcher watcher;

/* ---- from the source ---- */

static void send_to_resolver(void *arg, enum msg_type type, const void *body)
{
	struct watcher *self = arg;

	if (self->resolver)
		actor_send(self->resolver, type, body);
}

static void on_put(void *self, const struct msg_object *object)
{
	send_to_resolver(self, MSG_OBJECT_PUT, object);
}

static void on_del(void *self, const struct msg_object_delete *gone)
{
	send_to_resolver(self, MSG_OBJECT_DELETE, gone);
}

static void on_secret(void *self, const struct msg_secret_value *value)
{
	send_to_resolver(self, MSG_SECRET_VALUE, value);
}

static void on_complain(void *self, const char *path, uint32_t line, const char *sentence)
{
	(void)self;
	log_warn("manifest", "path=%s line=%u reason=%s", log_value(path), line,
		 log_value(sentence));
}

/* ---- resync: all kinds, one after the other, as fast as the resolver takes them ---- */

static void on_source(void *arg, int fd);

/* Events wait in the kernel while a resync is going on or the resolver cannot take more: so they
 * stay in order, and no queue grows. */
static void follow(struct watcher *self)
{
	bool can = !self->resync.kind && (!self->resolver || actor_room(self->resolver) > 0);
	int fd = watcher_source_dir_fd(self->source);

	if (can == self->following)
		return;
	self->following = can;
	if (can && fd >= 0)
		actor_watch_fd(self->loop, fd, on_source);
	else
		actor_unwatch_fd(self->loop, fd);
}

static void go_on(struct watcher *self)
{
	const struct resync_out out = { self, send_to_resolver };

	while (self->resync.kind && actor_room(self->resolver) > 0) {
		if (watcher_resync_step(&self->resync, &out))
			continue;
		watcher_source_dir_answer_wanted(self->source);
		log_info("all sent", "objects=%zu complete=%d",
			 watcher_source_dir_count(self->source).n_objects, self->resync.complete);
	}
	follow(self);
}

/* A file that could not be read at start can be now: only a whole resync tells what is gone since.
 */
static void after_source(struct watcher *self)
{
	if (self->resolver && !self->resync.complete &&
	    watcher_source_dir_is_complete(self->source)) {
		watcher_resync_begin(&self->resync, self->source);
		go_on(self);
	}
	follow(self);
}

static void on_source(void *arg, int fd)
{
	struct watcher *self = arg;

	(void)fd;
	watcher_source_dir_on_fd(self->source);
	after_source(self);
}

/* ---- from the resolver ---- */

static int on_secret_wanted(void *arg, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct watcher *self = arg;
	const struct msg_secret_wanted *wanted = &m->body.secret_wanted;

	(void)from;
	if (wanted->key.kind != MSG_KIND_SECRET)
		return err_set(err, "SECRET_WANTED of a %s: only a Secret has values",
			       msg_kind_name((enum msg_kind)wanted->key.kind));
	watcher_source_dir_want(self->source, &wanted->key, wanted->wanted);
	return 0;
}

static void on_peer_up(void *arg, struct actor_peer *peer, bool again)
{
	struct watcher *self = arg;

	(void)again;
	if (self->epoch != actor_peer_epoch(peer))
		watcher_source_dir_forget_wanted(self->source);
	self->epoch = actor_peer_epoch(peer);
	self->resolver = peer;
	watcher_resync_begin(&self->resync, self->source);
	go_on(self);
}

static void on_peer_down(void *arg, struct actor_peer *peer)
{
	struct watcher *self = arg;

	if (self->resolver != peer)
		return;
	self->resolver = NULL;
	watcher_resync_abort(&self->resync);
	follow(self);
}

static void on_writable(void *arg, struct actor_peer *peer)
{
	struct watcher *self = arg;

	if (self->resolver == peer)
		go_on(self);
}

static uint64_t tick(void *arg, uint64_t now_ms)
{
	struct watcher *self = arg;
	uint64_t next;

	if (!self->following)
		return UINT64_MAX; /* and soon again: this is called after each batch of input */
	next = watcher_source_dir_tick(self->source, now_ms);
	after_source(self);
	return next;
}

/* ---- the process ---- */

static int start(void *arg, struct actor_loop *loop, struct err *err)
{
	static const struct source_sink sink = { &watcher, on_put, on_del, on_secret, on_complain };
	struct watcher *self = arg;
	uint64_t begun = clock_ms();
	struct source_counts counts;

	if (!self->paths.n)
		return err_set(
			err,
			"nothing to watch: --file must name a manifest or a folder of manifests");
	mem_protect_process();
	self->loop = loop;
	self->source = watcher_source_dir_new(&self->paths, &sink);
	watcher_source_dir_load(self->source);
	counts = watcher_source_dir_count(self->source);
	log_info("manifests read", "files=%zu broken=%zu objects=%zu ms=%llu", counts.n_files,
		 counts.n_broken, counts.n_objects, (unsigned long long)(clock_ms() - begun));
	follow(self);
	actor_ready(loop);
	return 0;
}

static void stop(void *arg)
{
	struct watcher *self = arg;

	watcher_source_dir_destroy(&self->source);
}

static const struct actor_input inputs[] = {
	{ MSG_SECRET_WANTED, on_secret_wanted },
	{ MSG_NONE, NULL },
};

static const struct conf_option options[] = {
	{ "file", CONF_LIST, &watcher.paths, "", 0, 0,
	  "manifests and folders of manifests to read and follow", 'f' },
	{ 0 },
};

int main(int argc, char **argv)
{
	return actor_main(
		&(struct actor){
			.room = ROOM_WATCHER,
			.summary = "tells the resolver what is in manifests, and follows them",
			.self = &watcher,
			.inputs = inputs,
			.options = options,
			.start = start,
			.stop = stop,
			.on_peer_up = on_peer_up,
			.on_peer_down = on_peer_down,
			.on_writable = on_writable,
			.tick = tick },
		argc, argv);
}
