/* feed_kube: a cluster, the same messages as from a folder of manifests.
 *
 *   in     what the reflectors find: one a kind, or a kind and namespace; which Secrets are wanted
 *   out    OBJECT_PUT OBJECT_DELETE KIND_STATE SECRET_VALUE
 *   owns   the reflectors, the fetching of Secrets, the connection (one for all where the server
 * speaks HTTP/2) never  decides what an object means
 */
#include "watcher/feed.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "watcher/reflector.h"
#include "watcher/secret_fetch.h"

struct feed_kube {
	struct feed feed;
	struct kube *kube;
	struct secret_fetch *secrets;
	struct reflector **reflectors;
	size_t n;
	int told[MSG_N_KINDS]; /* condition in the last KIND_STATE of each kind; -1: none */
	bool up;               /* a resolver is there */
};

static struct feed_kube *of(struct feed *feed)
{
	return (struct feed_kube *)feed;
}

static void say(struct feed_kube *self, enum msg_type type, const void *body)
{
	if (self->up)
		self->feed.sink.send(self->feed.sink.self, type, body);
}

/* ---- from the reflectors ---- */

static void on_put(void *arg, const struct msg_object *object)
{
	struct feed_kube *self = arg;

	say(self, MSG_OBJECT_PUT, object);
	if (object->key.kind == MSG_KIND_SECRET)
		watcher_secret_fetch_touched(self->secrets, &object->key);
}

static void on_del(void *arg, const struct msg_object_delete *gone)
{
	struct feed_kube *self = arg;

	say(self, MSG_OBJECT_DELETE, gone);
	if (gone->key.kind == MSG_KIND_SECRET)
		watcher_secret_fetch_gone(self->secrets, &gone->key);
}

static void on_touched(void *arg, const struct msg_key *key)
{
	struct feed_kube *self = arg;

	watcher_secret_fetch_touched(self->secrets, key);
}

static bool on_has_room(void *arg)
{
	struct feed_kube *self = arg;

	return self->up && self->feed.sink.has_room(self->feed.sink.self);
}

static void on_secret(void *arg, const struct msg_secret_value *value)
{
	struct feed_kube *self = arg;

	say(self, MSG_SECRET_VALUE, value);
}

/* Of several namespaces: listing while one still lists, else unavailable if one is. */
static enum msg_kind_condition worst(const struct feed_kube *self, enum msg_kind kind)
{
	enum msg_kind_condition all = MSG_KIND_SYNCED;

	for (size_t i = 0; i < self->n; i++) {
		const enum msg_kind_condition one =
			watcher_reflector_condition(self->reflectors[i]);

		if (watcher_reflector_row(self->reflectors[i])->kind != kind)
			continue;
		if (one == MSG_KIND_LISTING)
			return MSG_KIND_LISTING;
		if (one > all)
			all = one;
	}
	return all;
}

static void on_state(void *arg, struct reflector *from, enum msg_kind_condition condition,
		     const char *reason)
{
	struct feed_kube *self = arg;
	const struct kind_row *row = watcher_reflector_row(from);
	const struct msg_kind_state state = { .kind = row->kind,
					      .condition = worst(self, row->kind),
					      .reason = str_from(reason) };

	(void)condition;
	if (self->told[row->kind] == (int)state.condition)
		return;
	self->told[row->kind] = (int)state.condition;
	if (state.condition == MSG_KIND_UNAVAILABLE)
		log_error("a kind cannot be read; the rest goes on, nothing is deleted on its "
			  "account",
			  "kind=%s reason=%s", row->plural, log_value(reason));
	else if (state.condition != MSG_KIND_LISTING)
		log_info(state.condition == MSG_KIND_SYNCED ? "synced" : "not installed", "kind=%s",
			 row->plural);
	say(self, MSG_KIND_STATE, &state);
}

/* ---- outside ---- */

static void add_reflector(struct feed_kube *self, const struct kind_row *row, struct str namespace)
{
	const struct reflector_sink sink = {
		self, on_put, on_del, on_state, on_touched, on_has_room
	};

	self->reflectors = mem_realloc(self->reflectors, (self->n + 1) * sizeof(*self->reflectors));
	self->reflectors[self->n++] = watcher_reflector_new(self->kube, row, namespace, &sink);
}

static void begin(struct feed *feed, bool stranger)
{
	/* manifests may have Endpoints without slices; a cluster has slices */
	static const struct msg_kind_state no_endpoints = { .kind = MSG_KIND_ENDPOINTS,
							    .condition = MSG_KIND_SYNCED,
							    .reason = STR("") };
	struct feed_kube *self = of(feed);

	self->up = true;
	if (stranger)
		watcher_secret_fetch_forget_all(self->secrets);
	for (size_t k = 0; k < MSG_N_KINDS; k++)
		self->told[k] = -1;
	for (size_t i = 0; i < self->n; i++)
		watcher_reflector_restart(self->reflectors[i]);
	watcher_secret_fetch_again(self->secrets);
	say(self, MSG_KIND_STATE, &no_endpoints);
}

static void end(struct feed *feed)
{
	of(feed)->up = false; /* the watches go on; what they say is lost, and begin tells it all */
}

static void go_on(struct feed *feed)
{
	(void)feed; /* the next tick asks for pages, and the descriptor is waited on again */
}

static bool is_known_absent(const struct feed_kube *self, const struct msg_key *key)
{
	bool absent = self->told[MSG_KIND_SECRET] == MSG_KIND_SYNCED;
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < self->n && absent; i++)
		if (watcher_reflector_row(self->reflectors[i])->kind == MSG_KIND_SECRET &&
		    watcher_reflector_has(self->reflectors[i], msg_key_for_people(key, &pool)))
			absent = false;
	pool_clear(&pool);
	return absent;
}

static void want(struct feed *feed, const struct msg_key *secret, bool wanted)
{
	struct feed_kube *self = of(feed);

	if (wanted)
		watcher_secret_fetch_want(self->secrets, secret, is_known_absent(self, secret));
	else
		watcher_secret_fetch_forget(self->secrets, secret);
}

static int fd(struct feed *feed)
{
	struct feed_kube *self = of(feed);

	return !self->up || self->feed.sink.has_room(self->feed.sink.self) ? kube_fd(self->kube)
									   : -1;
}

static void on_fd(struct feed *feed)
{
	kube_on_fd(of(feed)->kube);
}

static uint64_t tick(struct feed *feed, uint64_t now_ms)
{
	struct feed_kube *self = of(feed);
	uint64_t next = watcher_secret_fetch_tick(self->secrets, now_ms), due;

	for (size_t i = 0; i < self->n; i++) {
		due = watcher_reflector_tick(self->reflectors[i], now_ms);
		next = due < next ? due : next;
	}
	due = kube_tick(self->kube, now_ms); /* last: the others may have started requests */
	return due < next ? due : next;
}

static void destroy(struct feed *feed)
{
	struct feed_kube *self = of(feed);

	for (size_t i = 0; i < self->n; i++)
		watcher_reflector_destroy(&self->reflectors[i]);
	watcher_secret_fetch_destroy(&self->secrets);
	kube_destroy(&self->kube);
	mem_free(self->reflectors);
	mem_free(self);
}

struct feed *watcher_feed_kube_new(struct kube *kube, const struct str_list *namespaces,
				   const struct feed_sink *sink)
{
	static const struct feed_ops ops = { begin, end, go_on, want, fd, on_fd, tick, destroy };
	struct feed_kube *self = mem_alloc(sizeof(*self));

	self->feed = (struct feed){ &ops, *sink };
	self->kube = kube;
	self->secrets = watcher_secret_fetch_new(kube, on_secret, self);
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++) {
		if (!namespaces->n || !msg_kind_is_namespaced(row->kind))
			add_reflector(self, row, STR(""));
		else
			for (size_t i = 0; i < namespaces->n; i++)
				add_reflector(self, row, namespaces->items[i]);
	}
	return &self->feed;
}
