/* object_reports: the status of the Gateway API's objects, written into the cluster.
 *
 *   in     reports of the translator, what is stored, ADDRESSES, answers of the API server
 *   out    a GET and a merge patch of the status of an object that should say something else
 *   owns   what each of them should say, how many routes a listener has, the requests under way
 *   never  writes what changes nothing, before it is stored, or over what somebody else wrote
 *          meanwhile
 */
#include "publisher/gateway/object_reports.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/value_build.h"
#include "publisher/gateway/object_table.h"
#include "publisher/report/api_retry.h"

#define PARALLEL 4
#define STEP_MS 1000
#define LEVELS 9 /* the longest wait is 256 s */
#define GATEWAY_API "/apis/gateway.networking.k8s.io/v1"
#define POLICY_API "/apis/gateway.pomerium.io/v1alpha1"

/* In the path of a request; NULL: such objects are not told. */
static const char *const plurals[MSG_N_KINDS] = {
	[MSG_KIND_GATEWAY_CLASS] = "gatewayclasses",
	[MSG_KIND_GATEWAY] = "gateways",
	[MSG_KIND_LISTENER_SET] = "listenersets",
	[MSG_KIND_HTTP_ROUTE] = "httproutes",
	[MSG_KIND_BACKEND_TLS_POLICY] = "backendtlspolicies",
	[MSG_KIND_POLICY_FILTER] = "policyfilters",
};

/* One object that is being told. */
struct object_flight {
	struct object_reports *reports;
	struct kube_request *request;
	char *text; /* NULL: free */
	uint64_t sum;
};

struct object_reports {
	struct kube *kube;
	struct pool pool; /* of the settings */
	struct str controller;
	struct object_table table;
	struct attached attached;
	struct pool address_pool;
	struct msg_addresses addresses;
	struct object_flight flights[PARALLEL];
	struct api_retry retry;
	uint64_t hold_ms; /* not before */
};

struct object_reports *publisher_object_reports_new(struct kube *kube, struct str controller)
{
	struct object_reports *self = mem_alloc(sizeof(*self));

	self->kube = kube;
	pool_init(&self->pool);
	pool_init(&self->address_pool);
	self->controller = pool_str(&self->pool, controller);
	publisher_object_table_init(&self->table);
	publisher_attached_init(&self->attached);
	publisher_api_retry_init(&self->retry);
	for (size_t i = 0; i < PARALLEL; i++)
		self->flights[i].reports = self;
	return self;
}

static void land(struct object_flight *flight)
{
	kube_cancel(&flight->request);
	mem_free(flight->text);
	flight->text = NULL;
}

void publisher_object_reports_destroy(struct object_reports **self_p)
{
	struct object_reports *self = *self_p;

	*self_p = NULL;
	for (size_t i = 0; i < PARALLEL; i++)
		land(&self->flights[i]);
	publisher_object_table_clear(&self->table);
	publisher_attached_clear(&self->attached);
	pool_clear(&self->address_pool);
	pool_clear(&self->pool);
	mem_free(self);
}

bool publisher_object_reports_has(const struct msg_key *owner)
{
	return owner->kind < MSG_N_KINDS && plurals[owner->kind];
}

/* ---- what comes ---- */

/* What is under way was meant for what the object was before. */
static void recall(struct object_reports *self, const struct object_entry *entry)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (str_eq(str_from(self->flights[i].text), entry->text))
			land(&self->flights[i]);
}

static void put(struct object_reports *self, const struct object_status *news, struct str uid)
{
	struct object_entry *entry = publisher_object_table_get(&self->table, news->owner);

	if (entry)
		recall(self, entry);
	publisher_object_table_put(&self->table, news, uid);
}

/* Numbers alone are written at a pace. */
static void on_count(void *arg, const struct msg_key *parent)
{
	struct object_reports *self = arg;
	struct object_entry *entry = publisher_object_table_get(&self->table, parent);

	if (entry && entry->state != OBJECT_FLIES) /* else it is looked at again when it lands */
		publisher_object_table_wait(&self->table, entry, 0);
}

void publisher_object_reports_config(struct object_reports *self, const struct arrival *arrival)
{
	const struct msg_ticket *ticket = &arrival->ticket;
	const struct object_status news = { .owner = &ticket->owner,
					    .report = arrival->config.report,
					    .present = ticket->object_status };

	put(self, &news, ticket->uid);
	if (ticket->owner.kind == MSG_KIND_HTTP_ROUTE)
		publisher_attached_set(&self->attached, &ticket->owner,
				       &arrival->config.attachments, on_count, self);
}

void publisher_object_reports_reject(struct object_reports *self, const struct msg_ticket *ticket,
				     struct str reason, const struct value *report)
{
	const struct object_entry *known = publisher_object_table_get(&self->table, &ticket->owner);
	struct err why;
	const struct object_status news = {
		.owner = &ticket->owner,
		.report = report  ? report
			  : known ? known->report
				  : NULL,
		.present = ticket->object_status,
		.rejected = why.text,
		.stored = true,
	};

	err_set(&why, STR_FMT, STR_ARG(reason.len ? reason : STR("rejected")));
	put(self, &news, ticket->uid);
}

void publisher_object_reports_judge(struct object_reports *self, const struct msg_key *owner,
				    struct str reason)
{
	const struct object_entry *known = publisher_object_table_get(&self->table, owner);
	struct object_status news = { .owner = owner, .stored = reason.len > 0 };
	struct err why;

	if (!known)
		return;
	err_set(&why, STR_FMT, STR_ARG(reason));
	news.rejected = reason.len ? why.text : NULL;
	news.report = known->report;
	news.present = known->present;
	put(self, &news, known->uid);
}

void publisher_object_reports_gone(struct object_reports *self, const struct msg_key *owner)
{
	struct object_entry *entry = publisher_object_table_get(&self->table, owner);

	if (owner->kind == MSG_KIND_HTTP_ROUTE)
		publisher_attached_set(&self->attached, owner, NULL, on_count, self);
	if (!entry)
		return;
	recall(self, entry);
	publisher_object_table_del(&self->table, entry);
}

void publisher_object_reports_addresses(struct object_reports *self,
					const struct msg_addresses *addresses)
{
	const struct msg_load_balancer_ingress_list *list = &addresses->status.ingress;
	struct msg_addresses *own = &self->addresses;
	void *value;

	pool_clear(&self->address_pool);
	*own = (struct msg_addresses){ .known = addresses->known };
	own->status.ingress.items = pool_array(&self->address_pool, list->n, sizeof(*list->items));
	for (size_t i = 0; i < list->n; i++) {
		struct msg_load_balancer_ingress *to =
			&own->status.ingress.items[own->status.ingress.n++];

		to->ip = pool_str(&self->address_pool, list->items[i].ip);
		to->hostname = pool_str(&self->address_pool, list->items[i].hostname);
	}
	for (size_t i = 0; map_next(&self->table.entries, &i, NULL, &value);) {
		struct object_entry *entry = value;

		if (entry->owner.kind == MSG_KIND_GATEWAY && entry->state != OBJECT_FLIES)
			publisher_object_table_wait(&self->table, entry, 0);
	}
}

void publisher_object_reports_take(struct object_reports *self)
{
	publisher_object_table_move(&self->table, OBJECT_PENDING, OBJECT_TAKEN);
}

void publisher_object_reports_stored(struct object_reports *self)
{
	publisher_object_table_move(&self->table, OBJECT_TAKEN, OBJECT_WAITS);
}

void publisher_object_reports_stop(struct object_reports *self)
{
	for (size_t i = 0; i < PARALLEL; i++)
		land(&self->flights[i]);
	publisher_object_table_move(&self->table, OBJECT_FLIES, OBJECT_WAITS);
}

/* ---- what it should say ---- */

static uint64_t sum_of(const struct value *v)
{
	struct buf text;
	uint64_t sum;

	buf_init(&text, BUF_MAX_MESSAGE);
	if (v)
		(void)value_to_json(v, false, &text, NULL);
	sum = hash_fast(text.len ? buf_view(&text) : STR("")) | 1;
	buf_clear(&text);
	return sum;
}

/* Without times it is the same whenever it is made. */
static struct value *status_of(const struct object_reports *self, const struct object_entry *entry,
			       const struct value *present, bool with_times, struct pool *pool)
{
	struct object_status of = {
		.owner = &entry->owner,
		.report = entry->report,
		.present = present,
		.rejected = entry->rejected,
		.stored = true,
		.controller = self->controller,
		.attached = &self->attached,
		.addresses = &self->addresses,
	};
	char now[CLOCK_TEXT_MAX];

	clock_text(clock_wall(), -1, now);
	if (with_times)
		of.now = pool_str(pool, str_from(now));
	return publisher_object_status_make(&of, pool);
}

struct value *publisher_object_reports_status(const struct object_reports *self,
					      const struct msg_key *owner, struct pool *pool)
{
	const struct object_entry *entry = publisher_object_table_get(&self->table, owner);

	return entry ? status_of(self, entry, entry->present, false, pool) : NULL;
}

static uint64_t sum_wanted(const struct object_reports *self, const struct object_entry *entry,
			   const struct value *present, struct pool *pool)
{
	return sum_of(status_of(self, entry, present, false, pool));
}

/* Whether all that it should say stands there: others may have written more. */
static bool says_all(const struct value *present, const struct value *wanted)
{
	for (size_t i = 0; i < wanted->map.n; i++) {
		const struct value_entry *e = &wanted->map.entries[i];
		const struct value *there = value_get(present, e->key.string.ptr);

		if (there ? !value_equal(there, &e->value)
			  : e->value.type != VALUE_LIST || e->value.list.n)
			return false;
	}
	return true;
}

/* The API server may have kept something else than was written: an older CRD knows less. */
static bool is_told(const struct object_reports *self, const struct object_entry *entry,
		    const struct value *present, struct pool *pool)
{
	if (says_all(present, status_of(self, entry, present, true, pool)))
		return true;
	return entry->sent && entry->got == sum_of(present) &&
	       entry->sent == sum_wanted(self, entry, present, pool);
}

/* ---- requests ---- */

static void print_url(const struct msg_key *owner, struct buf *url)
{
	buf_init(url, BUF_MAX_TEXT);
	buf_puts(url, owner->kind == MSG_KIND_POLICY_FILTER ? POLICY_API : GATEWAY_API);
	if (owner->namespace.len) {
		buf_puts(url, "/namespaces/");
		kube_add_escaped(url, owner->namespace);
	}
	buf_printf(url, "/%s/", plurals[owner->kind]);
	kube_add_escaped(url, owner->name);
	buf_puts(url, "/status");
}

static struct object_entry *entry_of(const struct object_flight *flight)
{
	return map_get(&flight->reports->table.entries, str_from(flight->text));
}

static void ask(struct object_flight *flight, const struct msg_key *owner, const char *method,
		struct str body, void (*on_done)(void *self, const struct kube_result *result))
{
	struct kube_call call = { .method = method,
				  .body = body,
				  .content_type = body.ptr ? "application/merge-patch+json" : NULL,
				  .timeout_ms = KUBE_TIMEOUT_MS,
				  .on_done = on_done,
				  .self = flight };
	struct buf url;

	print_url(owner, &url);
	call.path = buf_view(&url);
	flight->request = kube_start(flight->reports->kube, &call);
	buf_clear(&url);
}

/* It waits again: at once if somebody else was faster, later if nobody may or can be told. */
static void try_again(struct object_flight *flight, struct object_entry *entry,
		      const struct kube_result *result)
{
	struct object_reports *self = flight->reports;
	uint64_t now_ms = clock_ms(), wait = 0;

	if (result->status == 404) { /* that it is gone will be heard */
		publisher_object_table_set(&self->table, entry, OBJECT_IDLE);
		return;
	}
	if (result->status != 409)
		wait = publisher_api_retry_failure(&self->retry, "gateway api status", result);
	if (publisher_api_retry_may_pass(result->status) && result->status != 403 &&
	    now_ms + wait > self->hold_ms)
		self->hold_ms = now_ms + wait;
	publisher_object_table_wait(&self->table, entry, now_ms + wait);
}

/* What is written again though nothing is new is written ever more seldom. */
static void note_written(struct object_entry *entry, uint64_t sent, const struct value *kept)
{
	if (sent != entry->sent)
		entry->level = 0;
	else if (entry->level < LEVELS)
		entry->level++;
	entry->sent = sent;
	entry->got = sum_of(kept);
	entry->written_ms = clock_ms();
	entry->is_new = false;
}

static void on_patched(void *arg, const struct kube_result *result)
{
	struct object_flight *flight = arg;
	struct object_reports *self = flight->reports;
	struct object_entry *entry = entry_of(flight);
	struct value object = { 0 };
	struct pool pool;

	flight->request = NULL;
	pool_init(&pool);
	if (entry && result->status / 100 == 2) {
		publisher_api_retry_success(&self->retry);
		(void)json_parse(result->body, &pool, &object, NULL);
		note_written(entry, flight->sum, value_get(&object, "status"));
		publisher_object_table_says(&self->table, entry, value_get(&object, "status"));
	} else if (entry) {
		try_again(flight, entry, result);
	}
	pool_clear(&pool);
	land(flight);
}

static void patch(struct object_flight *flight, struct object_entry *entry,
		  const struct value *object, struct pool *pool)
{
	const struct value *present = value_get(object, "status");
	struct value body = { 0 }, *meta;
	struct buf text;

	meta = value_put(&body, "metadata", pool);
	value_put_text(meta, "uid", entry->uid, pool);
	value_put_text(meta, "resourceVersion",
		       value_text(value_get(object, "metadata"), "resourceVersion"), pool);
	*value_put(&body, "status", pool) = *status_of(flight->reports, entry, present, true, pool);
	buf_init(&text, BUF_MAX_MESSAGE);
	if (value_to_json(&body, false, &text, NULL) == 0) {
		flight->sum = sum_wanted(flight->reports, entry, present, pool);
		ask(flight, &entry->owner, "PATCH", buf_view(&text), on_patched);
	}
	buf_clear(&text);
}

static void on_read(void *arg, const struct kube_result *result)
{
	struct object_flight *flight = arg;
	struct object_reports *self = flight->reports;
	struct object_entry *entry = entry_of(flight);
	struct value object = { 0 };
	struct pool pool;

	flight->request = NULL;
	pool_init(&pool);
	if (entry && result->status / 100 == 2 &&
	    json_parse(result->body, &pool, &object, NULL) == 0) {
		if (str_eq(value_text(value_get(&object, "metadata"), "uid"), entry->uid) &&
		    !is_told(self, entry, value_get(&object, "status"), &pool))
			patch(flight, entry, &object, &pool);
	} else if (entry) {
		try_again(flight, entry, result);
	}
	if (!flight->request) {
		if (entry && entry->state == OBJECT_FLIES)
			publisher_object_table_set(&self->table, entry, OBJECT_IDLE);
		land(flight);
	}
	pool_clear(&pool);
}

/* ---- turns ---- */

static struct object_flight *find_free(struct object_reports *self)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (!self->flights[i].text)
			return &self->flights[i];
	return NULL;
}

/* When an object that should be told something else may be. What was written before and is not
 * there any more waits: somebody else writes there, too. Of a Gateway or a ListenerSet that is as
 * it was only the numbers of routes are new. */
static uint64_t due_of(const struct object_entry *entry, uint64_t wanted)
{
	uint64_t due = 0;

	if (!entry->written_ms)
		return 0;
	if (entry->sent == wanted && entry->level)
		due = entry->written_ms + ((uint64_t)STEP_MS << (entry->level - 1));
	if ((entry->owner.kind == MSG_KIND_GATEWAY || entry->owner.kind == MSG_KIND_LISTENER_SET) &&
	    !entry->is_new && due < entry->written_ms + OBJECT_COUNT_MS)
		due = entry->written_ms + OBJECT_COUNT_MS;
	return due;
}

/* False: there is nothing to say, or not yet. */
static bool begin(struct object_reports *self, struct object_entry *entry, uint64_t now_ms)
{
	struct pool pool;
	uint64_t due_ms = 0;
	bool told;

	pool_init(&pool);
	told = is_told(self, entry, entry->present, &pool);
	if (!told)
		due_ms = due_of(entry, sum_wanted(self, entry, entry->present, &pool));
	pool_clear(&pool);
	if (told)
		publisher_object_table_set(&self->table, entry, OBJECT_IDLE);
	entry->due_ms = due_ms;
	return !told && due_ms <= now_ms;
}

uint64_t publisher_object_reports_tick(struct object_reports *self, uint64_t now_ms)
{
	struct object_flight *flight;
	struct object_entry *entry;
	uint64_t due_ms = UINT64_MAX;

	if (now_ms < self->hold_ms)
		return self->hold_ms;
	while ((flight = find_free(self)) &&
	       (entry = publisher_object_table_next(&self->table, now_ms, &due_ms))) {
		if (!begin(self, entry, now_ms))
			continue;
		publisher_object_table_set(&self->table, entry, OBJECT_FLIES);
		flight->text = mem_dup(entry->text.ptr, entry->text.len);
		ask(flight, &entry->owner, "GET", STR_NONE, on_read);
	}
	return flight ? due_ms : UINT64_MAX; /* an answer wakes us */
}
