/* report: what became of each owner, for Kubernetes.
 *
 *   in     what became of owners, what the sink has stored, whether this process writes
 *   out    Events, the status of the Pomerium object, of Ingresses and of the Gateway API's objects
 *   owns   what is so, what was reported, what is still to be reported
 *   never  reports a configuration before it is stored, or the same one twice; waits; reports
 *          anything while another process writes
 */
#include "publisher/report/report_inside.h"

#include "base/mem.h"
#include "publisher/wanted/diagnostics.h"

struct report *publisher_report_new(struct str kubeconfig, struct str context,
				    struct str gateway_controller, struct err *err)
{
	struct kube *kube = kube_open(kubeconfig, context, err);
	struct report *self;

	if (!kube) {
		err_wrap(err, "no cluster to report to");
		return NULL;
	}
	self = mem_alloc(sizeof(*self));
	self->kube = kube;
	publisher_report_state_init(&self->owners);
	map_init(&self->now, mem_free);
	publisher_status_patch_open(self);
	publisher_address_patch_open(self);
	publisher_event_queue_open(self);
	self->objects = publisher_object_reports_new(kube, gateway_controller);
	self->leads = true;
	return self;
}

void publisher_report_confine(const struct report *self, struct confine *needs)
{
	kube_confine(self->kube, needs);
}

void publisher_report_destroy(struct report **self_p)
{
	struct report *self = *self_p;

	if (!self)
		return;
	publisher_status_patch_close(self);
	publisher_address_patch_close(self);
	publisher_event_queue_close(self);
	publisher_object_reports_destroy(&self->objects);
	publisher_report_state_clear(&self->owners);
	map_clear(&self->now);
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

struct kube *publisher_report_kube(const struct report *self)
{
	return self->kube;
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

static struct report_owner *put_news(struct report *self, const struct event_news *event,
				     bool changed)
{
	struct report_owner *owner;
	struct pool pool;
	struct str key;

	pool_init(&pool);
	key = key_of(&event->owner, &pool);
	owner = publisher_report_state_come(&self->owners, key, event, changed);
	publisher_address_patch_pause(self, key);
	if (event->owner.kind == MSG_KIND_POMERIUM)
		publisher_status_patch_is(self, event->owner.name, event->uid);
	pool_clear(&pool);
	return owner;
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

/* What was read from the databroker has owners of its own until everybody has arrived: settings
 * without a name, and the Secrets of certificates. Those of the Gateway API are told by their own
 * status. */
static bool is_object(const struct msg_key *owner)
{
	return owner->kind == MSG_KIND_INGRESS ||
	       (owner->kind == MSG_KIND_POMERIUM && owner->name.len);
}

static void put_ticket(struct report *self, const struct event_news *event,
		       const struct msg_ticket *ticket, bool changed)
{
	struct report_owner *owner = put_news(self, event, changed);

	owner->generation = ticket->generation;
	owner->says = sum_of(&ticket->status);
}

void publisher_report_config(struct report *self, const struct arrival *arrival, bool changed)
{
	const struct msg_ticket *ticket = &arrival->ticket;
	struct event_news event = { .owner = ticket->owner, .uid = ticket->uid };
	struct pool pool;

	if (self && publisher_object_reports_has(&ticket->owner))
		publisher_object_reports_config(self->objects, arrival);
	if (!self || !is_object(&ticket->owner))
		return;
	pool_init(&pool);
	event.warnings = publisher_diagnostics_warnings(&arrival->config.diagnostics, &pool);
	put_ticket(self, &event, ticket, changed);
	pool_clear(&pool);
}

void publisher_report_reject(struct report *self, const struct msg_ticket *ticket,
			     const struct report_failure *failure)
{
	const struct str reason = failure->reason.len ? failure->reason : STR("rejected");
	struct event_news event = { .owner = ticket->owner, .uid = ticket->uid, .reason = reason };
	struct pool pool;

	if (self && publisher_object_reports_has(&ticket->owner))
		publisher_object_reports_reject(self->objects, ticket, reason, failure->wanted);
	if (!self || !is_object(&ticket->owner))
		return;
	pool_init(&pool);
	event.warnings = publisher_diagnostics_warnings(failure->said, &pool);
	put_ticket(self, &event, ticket, false);
	pool_clear(&pool);
}

/* NULL: nothing was heard of it. */
static const struct report_owner *known_of(const struct report *self, const struct msg_key *owner)
{
	const struct report_owner *known;
	struct pool pool;

	pool_init(&pool);
	known = publisher_report_state_get(&self->owners, key_of(owner, &pool));
	pool_clear(&pool);
	return known;
}

void publisher_report_judge(struct report *self, const struct msg_key *owner,
			    const struct report_failure *failure)
{
	struct event_news event = { .owner = *owner, .reason = failure->reason };
	const struct report_owner *known;
	struct pool pool;

	if (self && publisher_object_reports_has(owner))
		publisher_object_reports_judge(self->objects, owner, failure->reason);
	if (!self || !is_object(owner) || !(known = known_of(self, owner)))
		return;
	pool_init(&pool);
	event.uid = pool_str(&pool, str_from(known->uid));
	event.warnings = publisher_diagnostics_warnings(failure->said, &pool);
	put_news(self, &event, false);
	pool_clear(&pool);
}

struct value *publisher_report_status(const struct report *self, const struct msg_key *owner,
				      struct pool *pool)
{
	return self ? publisher_object_reports_status(self->objects, owner, pool) : NULL;
}

void publisher_report_gone(struct report *self, const struct msg_key *owner, struct str reason)
{
	const struct event_news event = { .owner = *owner, .reason = reason, .gone = true };

	if (self && publisher_object_reports_has(owner))
		publisher_object_reports_gone(self->objects, owner);
	if (self && is_object(owner))
		put_news(self, &event, false);
}

/* What came while another process wrote is reported as far as that one has not: the Pomerium
 * object, read anew, says what it has. */
static void begin_lead(struct report *self)
{
	publisher_report_state_inherit(&self->owners);
	publisher_status_patch_stop(self);
}

static void end_lead(struct report *self)
{
	publisher_status_patch_stop(self);
	publisher_address_patch_stop(self);
	publisher_object_reports_stop(self->objects);
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
	self->open = self->status.dirty = true;
	self->complete = complete;
}

void publisher_report_take(struct report *self)
{
	if (!self)
		return;
	publisher_report_state_take(&self->owners);
	publisher_object_reports_take(self->objects);
}

void publisher_report_stored(struct report *self)
{
	if (!self)
		return;
	publisher_report_state_store(&self->owners);
	publisher_object_reports_stored(self->objects);
}

void publisher_report_addresses(struct report *self, const struct msg_addresses *addresses)
{
	if (!self)
		return;
	publisher_address_patch_want(self, addresses);
	publisher_object_reports_addresses(self->objects, addresses);
}

/* ---- what is reported ---- */

static void send_events(struct report *self, const struct event_news *news, uint64_t count,
			bool only_new)
{
	struct event_news about = *news;
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

/* The same failure again: counted, and reported at its own pace. */
static void repeat(struct report *self, struct report_owner *owner, uint64_t now_ms)
{
	struct repeat *repeat = owner->repeat;

	if (!repeat)
		return;
	repeat->count++;
	if (now_ms < repeat->due_ms)
		return;
	send_events(self, owner->news, repeat->count, false);
	repeat->count = 0;
	repeat->due_ms = now_ms + repeat->step_ms;
	if (repeat->step_ms < REPORT_REPEAT_LONGEST_MS)
		repeat->step_ms *= 2;
}

static void begin_repeat(struct report_owner *owner, uint64_t now_ms)
{
	owner->repeat = mem_alloc(sizeof(*owner->repeat));
	owner->repeat->due_ms = now_ms + REPORT_REPEAT_FIRST_MS;
	owner->repeat->step_ms = 2 * REPORT_REPEAT_FIRST_MS;
}

static void report_gone(struct report *self, const struct report_owner *owner)
{
	const bool seen = !owner->inherited && map_get(&self->now, owner->key);
	const bool known = seen || map_get(&self->status.reported, owner->key);

	publisher_address_del(&self->address.table, owner->key);
	map_del(&self->now, owner->key);
	if (known)
		send_events(self, owner->news, 1, owner->inherited);
	self->status.dirty = true;
}

/* Who is rejected keeps the address that it has. */
static void follow_address(struct report *self, const struct report_owner *owner, uint64_t now_ms)
{
	const struct event_news *news = owner->news;

	if (news->owner.kind != MSG_KIND_INGRESS)
		return;
	if (news->reason.len)
		publisher_address_del(&self->address.table, owner->key);
	else
		publisher_address_put(&self->address.table, owner->key, news->uid, owner->says,
				      now_ms);
}

static void report_state_of(struct report *self, struct report_owner *owner, uint64_t now_ms)
{
	const struct event_news *news = owner->news;
	const bool failed = news->reason.len > 0;
	const bool changed = owner->changed && !failed; /* what failed before is no news again */
	const struct status_entry entry = { news->reason, owner->generation, news->warnings };
	const char *seen = owner->inherited ? NULL : map_get(&self->now, owner->key);
	const char *before = seen ? seen : map_get(&self->status.reported, owner->key);
	struct buf verdict;

	buf_init(&verdict, BUF_MAX_TEXT);
	publisher_status_print(&entry, &verdict);
	if (!before || strcmp(before, verdict.ptr) != 0 || changed) {
		send_events(self, news, 1, owner->inherited || (!before && !changed));
		mem_free(owner->repeat);
		owner->repeat = NULL;
	} else if (seen && failed) {
		repeat(self, owner, now_ms);
	}
	if (failed && !owner->repeat)
		begin_repeat(owner, now_ms);
	map_put(&self->now, owner->key, mem_dup(verdict.ptr, verdict.len));
	self->status.dirty = true;
	buf_clear(&verdict);
}

static void report_next(struct report *self, struct report_owner *owner, uint64_t now_ms)
{
	const struct event_news *event = owner->news;

	if (event->gone || (event->owner.kind == MSG_KIND_POMERIUM && !event->uid.len)) {
		report_gone(self, owner);
		publisher_report_state_forget(&self->owners, owner);
		return;
	}
	report_state_of(self, owner, now_ms);
	follow_address(self, owner, now_ms);
	publisher_report_state_sent(&self->owners, owner);
}

uint64_t publisher_report_tick(struct report *self, uint64_t now_ms)
{
	struct report_owner *owner;
	uint64_t next;

	if (!self)
		return UINT64_MAX;
	kube_tick(self->kube, now_ms);
	if (!self->leads)
		return kube_due(self->kube);
	while (self->open && self->status.phase != STATUS_ASK &&
	       (owner = publisher_report_state_next(&self->owners)))
		report_next(self, owner, now_ms);
	next = clock_earlier(publisher_status_patch_tick(self, now_ms),
			     publisher_event_queue_tick(self, now_ms));
	next = clock_earlier(next, publisher_address_patch_tick(self, now_ms));
	if (self->open)
		next = clock_earlier(next, publisher_object_reports_tick(self->objects, now_ms));
	return clock_earlier(next, kube_due(self->kube));
}
