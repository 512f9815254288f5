/* watcher: sends the resolver the Kubernetes objects of a cluster or of manifests.
 *
 *   in     SECRET_WANTED                            from resolver
 *          files and folders, or an API server      followed
 *          a recording                              played
 *   out    OBJECT_PUT OBJECT_DELETE KIND_STATE      to resolver
 *          SECRET_VALUE                             to resolver, only of what it asked for
 *          a recording of all that                  values of Secrets replaced
 *   owns   the feed: what there is, and what was sent of it
 *   never  decides what an object means
 */
#include "actor/actor.h"
#include "base/log.h"
#include "confine/confine.h"
#include "watcher/source_flags.h"
#include "watcher/record/recorder.h"
#include "watcher/watcher_metrics.h"

struct watcher {
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct actor_loop *loop;
	struct feed *feed;
	struct actor_peer *resolver; /* NULL: not up */
	uint64_t epoch;              /* of the last resolver */
	int fd;                      /* that is waited on; -1: none */
};

static struct watcher watcher = { .fd = -1 };

/* ---- from the feed ---- */

static void on_send(void *arg, enum msg_type type, const void *body, uint64_t seen_ns)
{
	struct watcher *self = arg;

	if (!self->resolver)
		return;
	actor_send_seen(self->resolver, type, body, seen_ns);
	watcher_recorder_add(self->recorder, type, body);
}

static void on_put(void *arg, struct str object, uint64_t seen_ns)
{
	struct watcher *self = arg;

	if (!self->resolver)
		return;
	actor_send_packed(self->resolver, MSG_OBJECT_PUT, object, seen_ns);
	watcher_recorder_add_packed(self->recorder, object);
}

static bool on_has_credit(void *arg)
{
	struct watcher *self = arg;

	return self->resolver && actor_credit(self->resolver) > 0;
}

static void on_fd(void *arg, int fd);

/* Waits on the feed's descriptor only while its events can be handled. */
static void follow(struct watcher *self)
{
	const int fd = self->feed->ops->fd(self->feed);

	if (fd == self->fd)
		return;
	if (self->fd >= 0)
		actor_unwatch_fd(self->loop, self->fd);
	if (fd >= 0)
		actor_watch_fd(self->loop, fd, on_fd);
	self->fd = fd;
}

static void on_fd(void *arg, int fd)
{
	struct watcher *self = arg;

	(void)fd;
	self->feed->ops->on_fd(self->feed);
	follow(self);
}

/* ---- from the resolver ---- */

static int on_secret_wanted(void *arg, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct watcher *self = arg;
	const struct msg_secret_wanted *wanted = &m->body.secret_wanted;

	(void)from;
	if (wanted->key.kind != MSG_KIND_SECRET && wanted->key.kind != MSG_KIND_CONFIG_MAP)
		return err_set(err,
			       "SECRET_WANTED of a %s: only a Secret or a ConfigMap has values",
			       msg_kind_name((enum msg_kind)wanted->key.kind));
	self->feed->ops->want(self->feed, &wanted->key, wanted->wanted);
	return 0;
}

static void on_peer_up(void *arg, struct actor_peer *peer, bool again)
{
	struct watcher *self = arg;
	const bool stranger = self->epoch != actor_peer_epoch(peer);

	(void)again;
	self->epoch = actor_peer_epoch(peer);
	self->resolver = peer;
	self->feed->ops->begin(self->feed, stranger);
	follow(self);
}

static void on_peer_down(void *arg, struct actor_peer *peer)
{
	struct watcher *self = arg;

	if (self->resolver != peer)
		return;
	self->resolver = NULL;
	self->feed->ops->end(self->feed);
	follow(self);
}

static void on_writable(void *arg, struct actor_peer *peer)
{
	struct watcher *self = arg;

	if (self->resolver != peer)
		return;
	self->feed->ops->go_on(self->feed);
	follow(self);
}

static uint64_t tick(void *arg, uint64_t now_ms)
{
	struct watcher *self = arg;
	const uint64_t next = self->feed->ops->tick(self->feed, now_ms);

	follow(self);
	return next;
}

static bool ready(void *arg, struct err *why)
{
	struct watcher *self = arg;

	if (!self->resolver)
		return !err_set(why, "the resolver is not connected");
	return self->feed->ops->ready(self->feed, why);
}

static void measure(void *arg)
{
	struct watcher *self = arg;

	self->feed->ops->count(self->feed, &watcher_metrics.feed);
}

/* ---- the process ---- */

static int prepare(void *arg, struct confine *needs, struct err *err)
{
	struct watcher *self = arg;

	return watcher_source_flags_open(&self->recorder, needs, err);
}

static int start(void *arg, struct actor_loop *loop, struct err *err)
{
	struct watcher *self = arg;

	(void)err;
	self->loop = loop;
	self->feed = watcher_source_flags_feed(
		&(struct feed_sink){ self, on_send, on_put, on_has_credit });
	follow(self);
	actor_ready(loop);
	return 0;
}

static void stop(void *arg)
{
	struct watcher *self = arg;

	self->feed->ops->destroy(self->feed);
	watcher_recorder_destroy(&self->recorder);
}

static const struct actor_input inputs[] = {
	{ MSG_SECRET_WANTED, on_secret_wanted },
	{ MSG_NONE, NULL },
};

int main(int argc, char **argv)
{
	return actor_main(
		&(struct actor){
			.room = ROOM_WATCHER,
			.summary = "sends the resolver the objects of a cluster or of manifests",
			.self = &watcher,
			.inputs = inputs,
			.options = watcher_source_flags_options,
			.prepare = prepare,
			.start = start,
			.stop = stop,
			.on_peer_up = on_peer_up,
			.on_peer_down = on_peer_down,
			.on_writable = on_writable,
			.tick = tick,
			.metrics = watcher_metrics_table,
			.measure = measure,
			.ready = ready },
		argc, argv);
}
