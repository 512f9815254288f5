/* report: tells Kubernetes what became of each owner.
 *
 *   in     what became of owners, what the sink has stored, whether we are the one who writes
 *   out    Events, the status of the Pomerium object and of Ingresses
 *   owns   what is so, what was told, what is still to be told
 *   never  tells of a configuration before it is stored, or twice of the same; waits; tells
 *          anything while another one writes
 */
#include "publisher/report/report_inside.h"

#include "base/mem.h"

/* What became of an owner and was not told yet; its texts stand behind it. */
struct news {
	struct event_news event;
	int64_t generation;
	uint64_t says; /* sum of what the status of the Ingress says */
	bool changed;
	bool inherited; /* somebody else may have told it */
	uint64_t seq;
};

/* A failure that comes again. */
struct repeat {
	uint64_t count; /* since it was last told */
	uint64_t due_ms, step_ms;
};

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
	map_init(&self->news, mem_free);
	map_init(&self->now, mem_free);
	map_init(&self->repeats, mem_free);
	publisher_status_patch_open(self);
	publisher_address_patch_open(self);
	publisher_event_queue_open(self);
	self->leads = true;
	return self;
}

void publisher_report_destroy(struct report **self_p)
{
	struct report *self = *self_p;

	if (!self)
		return;
	publisher_status_patch_close(self);
	publisher_address_patch_close(self);
	publisher_event_queue_close(self);
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

static struct str copy_text(char **at, struct str text)
{
	const struct str copy = { *at, text.len };

	if (text.len)
		memcpy(*at, text.ptr, text.len);
	(*at)[text.len] = '\0';
	*at += text.len + 1;
	return copy;
}

static size_t n_warnings(const struct event_news *event)
{
	return event->warnings.n < STATUS_WARNINGS_MAX ? event->warnings.n : STATUS_WARNINGS_MAX;
}

static size_t size_of_texts(const struct event_news *event)
{
	size_t size = event->owner.namespace.len + event->owner.name.len + event->uid.len +
		      event->reason.len + 4;

	for (size_t i = 0; i < n_warnings(event); i++)
		size += sizeof(struct str) + event->warnings.items[i].len + 1;
	return size;
}

/* One block of memory: there may be one for each of ten thousand owners. */
static struct news *new_news(const struct event_news *event)
{
	struct news *news = mem_alloc(sizeof(*news) + size_of_texts(event));
	struct str *warnings = (struct str *)(news + 1);
	const size_t n = n_warnings(event);
	char *at = (char *)(warnings + n);

	news->event = *event;
	news->event.owner.namespace = copy_text(&at, event->owner.namespace);
	news->event.owner.name = copy_text(&at, event->owner.name);
	news->event.uid = copy_text(&at, event->uid);
	news->event.reason = copy_text(&at, event->reason);
	for (size_t i = 0; i < n; i++)
		warnings[i] = copy_text(&at, event->warnings.items[i]);
	news->event.warnings = (struct str_list){ warnings, n };
	return news;
}

/* The newest wins; that it changed meanwhile stays true. */
static struct news *put_news(struct report *self, const struct event_news *event, bool changed)
{
	struct news *news = new_news(event), *before;
	struct pool pool;
	struct str key;

	pool_init(&pool);
	key = key_of(&event->owner, &pool);
	before = map_get(&self->news, key);
	news->changed = changed || (before && before->changed);
	news->inherited = before && before->inherited;
	news->seq = ++self->seq;
	map_put(&self->news, key, news);
	publisher_address_patch_pause(self, key);
	if (event->owner.kind == MSG_KIND_POMERIUM)
		publisher_status_patch_is(self, event->owner.name, event->uid);
	self->look = true;
	pool_clear(&pool);
	return news;
}

static uint64_t sum_of(const struct msg_load_balancer *status)
{
	struct buf json;
	uint64_t sum;

	buf_init(&json, BUF_MAX_MESSAGE);
	publisher_address_print(status, &json);
	sum = publisher_address_sum(buf_view(&json));
	buf_clear(&json);
	return sum;
}

void publisher_report_config(struct report *self, const struct msg_config *config, bool changed)
{
	const struct event_news event = { .owner = config->owner,
					  .uid = config->uid,
					  .warnings = config->warnings };
	struct news *news;

	if (!self)
		return;
	news = put_news(self, &event, changed);
	news->generation = config->generation;
	news->says = sum_of(&config->status);
}

void publisher_report_reject(struct report *self, const struct msg_reject *reject)
{
	const struct event_news event = { .owner = reject->owner,
					  .uid = reject->uid,
					  .reason = reject->reason.len ? reject->reason
								       : STR("rejected") };

	if (self)
		put_news(self, &event, false)->generation = reject->generation;
}

/* What was read from the databroker has owners of its own until everybody has arrived: settings
 * without a name, and the Secrets of certificates. */
static bool is_object(const struct msg_key *owner)
{
	return owner->kind == MSG_KIND_INGRESS ||
	       (owner->kind == MSG_KIND_POMERIUM && owner->name.len);
}

void publisher_report_gone(struct report *self, const struct msg_key *owner, struct str reason)
{
	const struct event_news event = { .owner = *owner, .reason = reason, .gone = true };

	if (self && is_object(owner))
		put_news(self, &event, false);
}

/* What came while another one wrote is told only as far as nobody has: the Pomerium object, read
 * anew, says that. */
static void begin_lead(struct report *self)
{
	void *value;

	for (size_t i = 0; map_next(&self->news, &i, NULL, &value);) {
		struct news *news = value;

		news->inherited = true;
		news->changed = false;
	}
	publisher_status_patch_stop(self);
	self->look = true;
}

static void end_lead(struct report *self)
{
	publisher_status_patch_stop(self);
	publisher_address_patch_stop(self);
	publisher_event_queue_stop(self);
}

void publisher_report_lead(struct report *self, bool leads)
{
	if (!self || self->leads == leads)
		return;
	self->leads = leads;
	if (leads)
		begin_lead(self);
	else
		end_lead(self);
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
		publisher_event_queue_add(self, &list.items[i], count, only_new);
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
	const bool seen = !news->inherited && map_get(&self->now, key);
	const bool known = seen || map_get(&self->status.told, key);

	publisher_address_del(&self->address.table, key);
	map_del(&self->repeats, key);
	map_del(&self->now, key);
	if (known)
		send_events(self, news, 1, news->inherited);
	self->status.dirty = true;
}

/* Who is rejected keeps the address that it has. */
static void tell_address(struct report *self, struct str key, const struct news *news,
			 uint64_t now_ms)
{
	if (news->event.owner.kind != MSG_KIND_INGRESS)
		return;
	if (news->event.reason.len)
		publisher_address_del(&self->address.table, key);
	else
		publisher_address_put(&self->address.table, key, news->event.uid, news->says,
				      now_ms);
}

static void tell(struct report *self, struct str key, const struct news *news, uint64_t now_ms)
{
	const struct status_entry entry = { news->event.reason, news->generation,
					    news->event.warnings };
	const char *seen = news->inherited ? NULL : map_get(&self->now, key), *before = seen;
	struct buf verdict;

	buf_init(&verdict, BUF_MAX_TEXT);
	publisher_status_print(&entry, &verdict);
	if (!before)
		before = map_get(&self->status.told, key);
	if (!before || strcmp(before, verdict.ptr) != 0 || news->changed) {
		send_events(self, news, 1, news->inherited || (!before && !news->changed));
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
	return (news->event.reason.len && !news->event.gone) || news->seq <= self->stored;
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
		if (exists && !news->event.gone)
			tell_address(self, key, news, now_ms);
		map_del(&self->news, key);
	}
}

uint64_t publisher_report_tick(struct report *self, uint64_t now_ms)
{
	uint64_t next;

	if (!self)
		return UINT64_MAX;
	kube_tick(self->kube, now_ms);
	if (!self->leads)
		return kube_due(self->kube);
	if (self->look && self->open && self->status.phase != STATUS_ASK)
		look(self, now_ms);
	next = clock_earlier(publisher_status_patch_tick(self, now_ms),
			     publisher_event_queue_tick(self, now_ms));
	next = clock_earlier(next, publisher_address_patch_tick(self, now_ms));
	return clock_earlier(next, kube_due(self->kube));
}
