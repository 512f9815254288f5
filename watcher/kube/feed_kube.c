/* feed_kube: a cluster, the same messages as from a folder of manifests.
 *
 *   in     what the reflectors find: one a kind, or a kind and namespace; which Secrets are wanted
 *   out    OBJECT_PUT OBJECT_DELETE KIND_STATE SECRET_VALUE
 *   owns   the reflectors, the fetching of Secrets, the connection: one for all where the server
 *          speaks HTTP/2
 *   never  decides what an object means
 */
#include "watcher/feed.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "watcher/kube/reflector.h"
#include "watcher/kube/secret_fetch.h"

#define POLL_MS 60000 /* how often values of Secrets are fetched that cannot be watched */

struct feed_kube {
	struct feed feed;
	struct kube *kube;
	struct reflector_sink sink;
	struct secret_fetch *secrets;
	struct reflector **reflectors;
	size_t n;
	struct reflector *lone; /* of them, for one Service outside of the namespaces; or NULL */
	struct kind_row lone_row;
	char *lone_selector;
	bool gateway_api;        /* its kinds are watched */
	bool up;                 /* a resolver is there */
	int sent[MSG_N_KINDS];   /* condition in the last KIND_STATE of each kind; -1: none */
	int logged[MSG_N_KINDS]; /* the same, in the last log line */
	uint64_t poll_ms;
};

static struct feed_kube *of(struct feed *feed)
{
	return (struct feed_kube *)feed;
}

static void send_message(struct feed_kube *self, enum msg_type type, const void *body,
			 uint64_t seen_ns)
{
	if (self->up)
		self->feed.sink.send(self->feed.sink.self, type, body, seen_ns);
}

/* ---- from the reflectors ---- */

static void on_put(void *arg, const struct msg_key *key, struct str object, uint64_t seen_ns)
{
	struct feed_kube *self = arg;

	if (self->up)
		self->feed.sink.put(self->feed.sink.self, object, seen_ns);
	if (key->kind == MSG_KIND_SECRET)
		watcher_secret_fetch_touched(self->secrets, key);
}

static void on_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct feed_kube *self = arg;

	send_message(self, MSG_OBJECT_DELETE, &(struct msg_object_delete){ *key }, seen_ns);
	if (key->kind == MSG_KIND_SECRET)
		watcher_secret_fetch_gone(self->secrets, key);
}

static void on_touched(void *arg, const struct msg_key *key)
{
	struct feed_kube *self = arg;

	watcher_secret_fetch_touched(self->secrets, key);
}

static bool on_has_credit(void *arg)
{
	struct feed_kube *self = arg;

	return self->up && self->feed.sink.has_credit(self->feed.sink.self);
}

static void on_secret(void *arg, const struct msg_secret_value *value)
{
	struct feed_kube *self = arg;

	send_message(self, MSG_SECRET_VALUE, value, clock_ns());
}

/* Of several namespaces: unavailable if one is, else listing while one still lists. Whether the
 * lone Service may be read does not matter to the others. */
static enum msg_kind_condition join(const struct feed_kube *self, enum msg_kind kind)
{
	enum msg_kind_condition all = MSG_KIND_NOT_INSTALLED;

	for (size_t i = 0; i < self->n; i++) {
		const enum msg_kind_condition one =
			watcher_reflector_condition(self->reflectors[i]);

		if (watcher_reflector_row(self->reflectors[i])->kind != kind)
			continue;
		if (one == MSG_KIND_UNAVAILABLE && self->reflectors[i] == self->lone)
			continue;
		if (one == MSG_KIND_UNAVAILABLE)
			return one;
		if (one < all)
			all = one;
	}
	return all;
}

static void log_state(struct feed_kube *self, const struct kind_row *row,
		      const struct msg_kind_state *state)
{
	const int condition = (int)state->condition;

	if (condition == MSG_KIND_LISTING || condition == self->logged[row->kind])
		return;
	self->logged[row->kind] = condition;
	if (condition == MSG_KIND_UNAVAILABLE)
		log_error("a kind cannot be read; the rest goes on, nothing is deleted on its "
			  "account",
			  "kind=%s reason=%s", row->plural, log_value(state->reason.ptr));
	else
		log_info(condition == MSG_KIND_SYNCED ? "synced" : "not installed", "kind=%s",
			 row->plural);
}

/* A kind is listing once, from begin on: until it is synced nothing counts as gone. */
static void on_state(void *arg, struct reflector *from, const char *reason)
{
	struct feed_kube *self = arg;
	const struct kind_row *row = watcher_reflector_row(from);
	const struct msg_kind_state state = { .kind = row->kind,
					      .condition = join(self, row->kind),
					      .reason = str_from(reason) };
	int *sent = &self->sent[row->kind];

	if (*sent == (int)state.condition || state.condition == MSG_KIND_LISTING)
		return;
	*sent = (int)state.condition;
	log_state(self, row, &state);
	send_message(self, MSG_KIND_STATE, &state, 0);
}

/* ---- the operations of a feed ---- */

static bool is_row_watched(const struct feed_kube *self, const struct kind_row *row)
{
	return self->gateway_api || !row->of_gateway_api;
}

static bool is_watched(const struct feed_kube *self, enum msg_kind kind)
{
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++)
		if (row->kind == kind)
			return is_row_watched(self, row);
	return false;
}

static void begin(struct feed *feed, bool stranger)
{
	struct feed_kube *self = of(feed);
	struct msg_kind_state state = { .condition = MSG_KIND_LISTING, .reason = STR("") };

	self->up = true;
	if (stranger)
		watcher_secret_fetch_forget_all(self->secrets);
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++) {
		if (!is_row_watched(self, row))
			continue;
		state.kind = row->kind;
		self->sent[row->kind] = MSG_KIND_LISTING;
		send_message(self, MSG_KIND_STATE, &state, 0);
	}
	for (size_t i = 0; i < self->n; i++)
		watcher_reflector_restart(self->reflectors[i]);
	watcher_secret_fetch_again(self->secrets);
	/* What is not watched is only in manifests: a cluster has slices for all Endpoints. */
	state.condition = MSG_KIND_SYNCED;
	for (state.kind = MSG_KIND_NONE + 1; state.kind < MSG_N_KINDS; state.kind++)
		if (!is_watched(self, (enum msg_kind)state.kind))
			send_message(self, MSG_KIND_STATE, &state, 0);
}

static void end(struct feed *feed)
{
	of(feed)->up =
		false; /* the watches go on; what they bring is lost, and begin sends it all */
}

static void go_on(struct feed *feed)
{
	(void)feed; /* the next tick asks for pages, and the descriptor is waited on again */
}

static bool is_known_absent(const struct feed_kube *self, const struct msg_key *key)
{
	if (key->kind != MSG_KIND_SECRET || self->sent[MSG_KIND_SECRET] != MSG_KIND_SYNCED)
		return false;
	for (size_t i = 0; i < self->n; i++)
		if (watcher_reflector_row(self->reflectors[i])->kind == MSG_KIND_SECRET &&
		    watcher_reflector_has(self->reflectors[i], key))
			return false;
	return true;
}

static void want(struct feed *feed, const struct msg_key *secret, bool wanted)
{
	struct feed_kube *self = of(feed);

	if (wanted)
		watcher_secret_fetch_want(self->secrets, secret, is_known_absent(self, secret));
	else
		watcher_secret_fetch_forget(self->secrets, secret);
}

/* While the resolver is busy the events wait in the connection. */
static bool can_read(const struct feed_kube *self)
{
	return !self->up || self->feed.sink.has_credit(self->feed.sink.self);
}

static int fd(struct feed *feed)
{
	return can_read(of(feed)) ? kube_fd(of(feed)->kube) : -1;
}

static void on_fd(struct feed *feed)
{
	kube_on_fd(of(feed)->kube);
}

/* Without the right to watch Secrets, a right to get some of them may be there. */
static uint64_t poll_secrets(struct feed_kube *self, uint64_t now_ms)
{
	if (self->sent[MSG_KIND_SECRET] != MSG_KIND_UNAVAILABLE) {
		self->poll_ms = now_ms + POLL_MS;
		return UINT64_MAX;
	}
	if (now_ms >= self->poll_ms) {
		self->poll_ms = now_ms + POLL_MS;
		watcher_secret_fetch_again(self->secrets);
	}
	return self->poll_ms;
}

static uint64_t tick(struct feed *feed, uint64_t now_ms)
{
	struct feed_kube *self = of(feed);
	uint64_t next;

	if (!can_read(self))
		kube_rest(self->kube);
	kube_tick(self->kube, now_ms);
	next = poll_secrets(self, now_ms);
	next = clock_earlier(next, watcher_secret_fetch_tick(self->secrets, now_ms));
	for (size_t i = 0; i < self->n; i++)
		next = clock_earlier(next, watcher_reflector_tick(self->reflectors[i], now_ms));
	return clock_earlier(next, kube_due(self->kube)); /* they may have started requests */
}

static bool ready(const struct feed *feed, struct err *why)
{
	const struct feed_kube *self = (const struct feed_kube *)feed;

	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++)
		if (join(self, row->kind) == MSG_KIND_LISTING)
			return !err_set(why, "%s are still being listed", row->plural);
	return true;
}

static void count(const struct feed *feed, struct feed_counts *out)
{
	const struct feed_kube *self = (const struct feed_kube *)feed;

	*out = (struct feed_counts){ .n_files = 0 };
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++)
		out->kinds[join(self, row->kind)]++;
	memcpy(out->requests, kube_n_by_class(self->kube), sizeof(out->requests));
}

/* ---- life ---- */

static void destroy(struct feed *feed)
{
	struct feed_kube *self = of(feed);
	uint64_t n_lists = 0;

	for (size_t i = 0; i < self->n; i++) {
		n_lists += watcher_reflector_n_lists(self->reflectors[i]);
		watcher_reflector_destroy(&self->reflectors[i]);
	}
	log_info("asked the API server", "requests=%llu lists=%llu",
		 (unsigned long long)kube_n_requests(self->kube), (unsigned long long)n_lists);
	watcher_secret_fetch_destroy(&self->secrets);
	kube_destroy(&self->kube);
	mem_free(self->reflectors);
	mem_free(self->lone_selector);
	mem_free(self);
}

static void add_reflector(struct feed_kube *self, const struct kind_row *row, struct str namespace)
{
	self->reflectors = mem_realloc(self->reflectors, (self->n + 1) * sizeof(*self->reflectors));
	self->reflectors[self->n++] =
		watcher_reflector_new(self->kube, row, namespace, &self->sink);
}

/* The Service as a kind of its own: a list of the Services with its name. */
static void add_lone_service(struct feed_kube *self, struct str namespace, struct str name)
{
	const struct kind_row *row = watcher_kinds_table;
	struct buf selector;

	while (row->kind != MSG_KIND_SERVICE)
		row++;
	buf_init(&selector, BUF_MAX_TEXT);
	buf_puts(&selector, "fieldSelector=metadata.name%3D");
	kube_add_escaped(&selector, name);
	buf_puts(&selector, "&");
	self->lone_selector = mem_dup(selector.ptr, selector.len);
	buf_clear(&selector);
	self->lone_row = *row;
	self->lone_row.selector = self->lone_selector;
	add_reflector(self, &self->lone_row, namespace);
	self->lone = self->reflectors[self->n - 1];
}

static bool is_among(const struct str_list *list, struct str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i], text))
			return true;
	return false;
}

struct feed *watcher_feed_kube_new(struct kube *kube, const struct feed_scope *scope,
				   const struct feed_sink *sink)
{
	const struct str_list *namespaces = &scope->namespaces;
	static const struct feed_ops ops = { begin, end,  go_on, want,  fd,
					     on_fd, tick, ready, count, destroy };
	struct feed_kube *self = mem_alloc(sizeof(*self));
	struct str namespace, name;

	self->feed = (struct feed){ &ops, *sink };
	self->kube = kube;
	self->gateway_api = scope->gateway_api && !namespaces->n;
	self->sink = (struct reflector_sink){ { self, on_put, on_del, on_touched },
					      on_state,
					      on_has_credit };
	self->secrets = watcher_secret_fetch_new(
		kube, &(struct secret_fetch_sink){ self, on_secret, on_has_credit });
	for (const struct kind_row *row = watcher_kinds_table; row->kind != MSG_KIND_NONE; row++) {
		self->sent[row->kind] = self->logged[row->kind] = -1;
		if (!is_row_watched(self, row))
			continue;
		if (!namespaces->n || !msg_kind_is_namespaced(row->kind))
			add_reflector(self, row, STR(""));
		else
			for (size_t i = 0; i < namespaces->n; i++)
				add_reflector(self, row, namespaces->items[i]);
	}
	if (namespaces->n && str_cut(scope->service, '/', &namespace, &name) && name.len &&
	    !is_among(namespaces, namespace))
		add_lone_service(self, namespace, name);
	return &self->feed;
}
