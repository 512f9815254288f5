/* report: tells Kubernetes what became of each owner.
 *
 *   in     what became of owners, what the sink has stored
 *   out    Events and the status of the Pomerium object
 *   owns   what is so, what was told, what is still to be told
 *   never  tells of a configuration before it is stored, or twice of the same; waits
 */
#include "publisher/report_inside.h"

#include "base/mem.h"

/* What became of an owner and was not told yet. */
struct news {
	struct pool pool;
	struct event_news event;
	int64_t generation;
	bool changed;
	uint64_t seq;
};

/* A failure that comes again. */
struct repeat {
	uint64_t count; /* since it was last told */
	uint64_t due_ms, step_ms;
};

static void free_news(void *ptr)
{
	struct news *news = ptr;

	pool_clear(&news->pool);
	mem_free(news);
}

struct report *publisher_report_new(struct str kubeconfig, struct str context, struct err *err)
{
	struct kube_config config;
	struct report *self;
	struct kube *kube;
	int rc;

	rc = kubeconfig.len ? kube_config_load(&config, kubeconfig, context, err)
			    : kube_config_in_cluster(&config, err);
	kube = rc ? NULL : kube_new(&config, err);
	if (!kube) {
		err_wrap(err, "no cluster to report to");
		return NULL;
	}
	self = mem_alloc(sizeof(*self));
	self->kube = kube;
	map_init(&self->news, free_news);
	map_init(&self->now, mem_free);
	map_init(&self->repeats, mem_free);
	publisher_report_status_open(self);
	publisher_report_send_open(self);
	return self;
}

void publisher_report_destroy(struct report **self_p)
{
	struct report *self = *self_p;

	if (!self)
		return;
	publisher_report_status_close(self);
	publisher_report_send_close(self);
	map_clear(&self->news);
	map_clear(&self->now);
	map_clear(&self->repeats);
	kube_destroy(&self->kube);
	mem_free(self);
	*self_p = NULL;
}

int publisher_report_fd(const struct report *self)
{
	return self ? kube_fd(self->kube) : -1;
}

void publisher_report_on_fd(struct report *self)
{
	if (self)
		kube_on_fd(self->kube);
}

const uint64_t *publisher_report_calls(const struct report *self)
{
	return self ? kube_n_by_class(self->kube) : NULL;
}

size_t publisher_report_n_queued(const struct report *self)
{
	return self ? self->send.jobs.n : 0;
}

/* ---- what comes ---- */

/* "ns/name" of an Ingress, STATUS_SETTINGS of the Pomerium object. */
static struct str key_of(const struct msg_key *owner, struct pool *pool)
{
	if (owner->kind == MSG_KIND_POMERIUM)
		return STR(STATUS_SETTINGS);
	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(owner->namespace),
			   STR_ARG(owner->name));
}

/* The newest wins; that it changed meanwhile stays true. */
static struct news *put_news(struct report *self, const struct msg_key *owner, bool changed)
{
	struct news *news = mem_alloc(sizeof(*news)), *before;
	struct str key;

	pool_init(&news->pool);
	key = key_of(owner, &news->pool);
	before = map_get(&self->news, key);
	news->event.owner = msg_key_dup(owner, &news->pool);
	news->changed = changed || (before && before->changed);
	news->seq = ++self->seq;
	map_put(&self->news, key, news);
	self->look = true;
	return news;
}

static void take_settings(struct report *self, const struct msg_key *owner, struct str uid)
{
	if (owner->kind == MSG_KIND_POMERIUM)
		publisher_report_status_is(self, owner->name, uid);
}

void publisher_report_config(struct report *self, const struct msg_config *config, bool changed)
{
	struct news *news;

	if (!self)
		return;
	take_settings(self, &config->owner, config->uid);
	news = put_news(self, &config->owner, changed);
	news->event.uid = pool_str(&news->pool, config->uid);
	news->generation = config->generation;
	for (size_t i = 0; i < config->warnings.n && i < STATUS_WARNINGS_MAX; i++)
		*(struct str *)pool_push(&news->pool, &news->event.warnings.items,
					 &news->event.warnings.n, sizeof(struct str)) =
			pool_str(&news->pool, config->warnings.items[i]);
}

void publisher_report_reject(struct report *self, const struct msg_reject *reject)
{
	struct news *news;

	if (!self)
		return;
	take_settings(self, &reject->owner, reject->uid);
	news = put_news(self, &reject->owner, false);
	news->event.uid = pool_str(&news->pool, reject->uid);
	news->event.reason =
		reject->reason.len ? pool_str(&news->pool, reject->reason) : STR("rejected");
	news->generation = reject->generation;
}

void publisher_report_gone(struct report *self, const struct msg_key *owner)
{
	if (!self)
		return;
	take_settings(self, owner, STR_NONE);
	put_news(self, owner, false)->event.gone = true;
}

void publisher_report_open(struct report *self, bool complete)
{
	if (!self)
		return;
	self->open = self->look = self->status.dirty = true;
	self->complete = complete;
}

void publisher_report_mark(struct report *self)
{
	if (self)
		self->marked = self->seq;
}

void publisher_report_stored(struct report *self)
{
	if (!self || self->stored == self->marked)
		return;
	self->stored = self->marked;
	self->look = true;
}

/* ---- what is told ---- */

static void send_events(struct report *self, const struct news *news, uint64_t count, bool only_new)
{
	struct event_news about = news->event;
	struct event_list list;
	struct pool pool;

	pool_init(&pool);
	if (self->status.uid) {
		about.settings =
			(struct msg_key){ MSG_KIND_POMERIUM, STR(""), str_from(self->status.name) };
		about.settings_uid = str_from(self->status.uid);
	}
	publisher_event_follow(&about, &pool, &list);
	for (size_t i = 0; i < list.n; i++)
		publisher_report_send(self, &list.items[i], count, only_new);
	pool_clear(&pool);
}

/* The same failure again: counted, and told at its own pace. */
static void repeat(struct report *self, struct str key, const struct news *news, uint64_t now_ms)
{
	struct repeat *repeat = map_get(&self->repeats, key);

	if (!repeat)
		return;
	repeat->count++;
	if (now_ms < repeat->due_ms)
		return;
	send_events(self, news, repeat->count, false);
	repeat->count = 0;
	repeat->due_ms = now_ms + repeat->step_ms;
	if (repeat->step_ms < REPORT_REPEAT_LONGEST_MS)
		repeat->step_ms *= 2;
}

static void begin_repeat(struct report *self, struct str key, uint64_t now_ms)
{
	struct repeat *repeat = mem_alloc(sizeof(*repeat));

	repeat->due_ms = now_ms + REPORT_REPEAT_FIRST_MS;
	repeat->step_ms = 2 * REPORT_REPEAT_FIRST_MS;
	map_put(&self->repeats, key, repeat);
}

static void tell_gone(struct report *self, struct str key, const struct news *news)
{
	const bool known = map_get(&self->now, key) || map_get(&self->status.told, key);

	map_del(&self->repeats, key);
	map_del(&self->now, key);
	if (known)
		send_events(self, news, 1, false);
	self->status.dirty = true;
}

static void tell(struct report *self, struct str key, const struct news *news, uint64_t now_ms)
{
	const struct status_entry entry = { news->event.reason, news->generation,
					    news->event.warnings };
	const char *seen = map_get(&self->now, key), *before = seen;
	struct buf verdict;

	buf_init(&verdict, BUF_MAX_TEXT);
	publisher_status_print(&entry, &verdict);
	if (!before)
		before = map_get(&self->status.told, key);
	if (!before || strcmp(before, verdict.ptr) != 0 || news->changed) {
		send_events(self, news, 1, !before && !news->changed);
		map_del(&self->repeats, key);
	} else if (seen && news->event.reason.len) {
		repeat(self, key, news, now_ms);
	}
	if (news->event.reason.len && !map_get(&self->repeats, key))
		begin_repeat(self, key, now_ms);
	map_put(&self->now, key, mem_dup(verdict.ptr, verdict.len));
	self->status.dirty = true;
	buf_clear(&verdict);
}

/* A failure is told at once, all else when it is stored. */
static bool may_tell(const struct report *self, const struct news *news)
{
	return news->event.reason.len || news->seq <= self->stored;
}

static void look(struct report *self, uint64_t now_ms)
{
	struct str key;
	void *value;

	self->look = false;
	for (size_t i = 0; map_next(&self->news, &i, &key, &value);) {
		const struct news *news = value;
		const bool exists =
			news->event.owner.kind != MSG_KIND_POMERIUM || news->event.uid.len;

		if (!may_tell(self, news))
			continue;
		if (news->event.gone || !exists)
			tell_gone(self, key, news);
		else
			tell(self, key, news, now_ms);
		map_del(&self->news, key);
	}
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t publisher_report_tick(struct report *self, uint64_t now_ms)
{
	uint64_t next;

	if (!self)
		return UINT64_MAX;
	kube_tick(self->kube, now_ms);
	if (self->look && self->open && self->status.phase != STATUS_ASK)
		look(self, now_ms);
	next = sooner(publisher_report_status_tick(self, now_ms),
		      publisher_report_send_tick(self, now_ms));
	return sooner(next, kube_due(self->kube));
}
