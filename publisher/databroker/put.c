/* put: the records that differ from what is wanted, written in batches.
 *
 *   in     the plan, what is wanted
 *   out    Put, a batch at a time; into the plan, what was answered
 *   owns   the changes that are under way
 *   never  sends a batch without asking for the lease at that moment; writes what is stored already
 *
 * Certificates go first, deletions last, so that no route is without its certificate. Of several
 * records of one owner the last goes first, so that no route is in none of them: Pomerium passes
 * over a route that it has. What failed is touched again: the outcome of a call that broke is
 * unknown, and Sync tells.
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/parts.h"
#include "publisher/publisher_metrics.h"

#define BATCH_BYTES (1u << 20)
#define DRAIN_MS 2000

/* What is there to do if nothing should be stored under an id. */
static enum plan_want want_none(const struct databroker *self, struct str id)
{
	return publisher_last_good_must_stay(self, id) ? PLAN_KEEP : PLAN_REMOVE;
}

/* ---- plan ---- */

static enum plan_want want(void *arg, struct str id, struct plan_entry *next)
{
	const struct databroker *self = arg;
	struct buf bytes;
	bool any;

	*next = (struct plan_entry){ 0 };
	buf_init(&bytes, BUF_MAX_MESSAGE);
	any = publisher_record_pack(&self->source, id, &bytes, &next->n_routes);
	if (any)
		next->digest = hash_of(buf_view(&bytes));
	buf_wipe(&bytes);
	return any ? PLAN_STORE : want_none(self, id);
}

static int in_order(const void *a, const void *b)
{
	const struct plan_change *x = a, *y = b;
	struct str owner = x->id, other = y->id;
	int part, other_part;

	if (x->gone != y->gone)
		return x->gone - y->gone;
	if (x->gone)
		return str_cmp(y->id, x->id);
	part = (int)publisher_parts_cut(&owner);
	other_part = (int)publisher_parts_cut(&other);
	return str_eq(owner, other) ? other_part - part : str_cmp(owner, other);
}

bool publisher_put_plan(struct databroker *self)
{
	struct put *put = &self->put;
	struct plan_changes changes;
	bool hold_back;

	pool_clear(&put->pool);
	put->next = put->n_items = put->n_written = put->n_deleted = 0;
	publisher_plan_make(&self->plan, &(struct plan_source){ self, want }, &put->pool, &changes);
	publisher_metrics.writes_saved += self->plan.touched.n - changes.n;
	publisher_parts_balance(&self->plan, &changes);
	hold_back = publisher_guard_holds(&self->guard, &changes);
	map_clear(&self->plan.touched);
	qsort(changes.items, changes.n, sizeof(*changes.items), in_order);
	put->items = pool_array(&put->pool, changes.n + 1, sizeof(*put->items));
	for (size_t i = 0; i < changes.n; i++) {
		/* a route that stays needs its certificate, and that is another record */
		if (hold_back && (changes.items[i].is_less || changes.items[i].gone))
			publisher_plan_touch(&self->plan, changes.items[i].id);
		else
			put->items[put->n_items++] = (struct put_item){
				.id = changes.items[i].id,
				.sent = changes.items[i].next,
				.gone = changes.items[i].gone,
				.added = !publisher_plan_get(&self->plan, changes.items[i].id)
			};
	}
	put->begun_ms = clock_ms();
	put->seen_ns = publisher_pace_begin(&self->pace);
	return put->n_items > 0;
}

/* ---- one batch ---- */

static Databroker__Record *new_record(struct str id, struct str bytes, struct pool *pool)
{
	Databroker__Record *record = PB_NEW(pool, databroker__record);

	PB_SET_TEXT(record, type, STR(RECORD_TYPE));
	PB_SET_TEXT(record, id, id);
	record->data = PB_NEW(pool, google__protobuf__any);
	PB_SET_TEXT(record->data, type_url, STR(RECORD_TYPE));
	if (bytes.ptr) {
		PB_SET_TEXT(record->data, value, bytes);
		return record;
	}
	record->deleted_at = PB_NEW(pool, google__protobuf__timestamp);
	PB_SET(record->deleted_at, seconds, clock_wall());
	return record;
}

/* What is wanted now, with its bytes in the pool. What nothing has touched is as it was planned. */
static enum plan_want want_bytes(const struct databroker *self, struct put_item *item,
				 struct pool *pool, struct str *bytes)
{
	size_t n_routes;

	*bytes = publisher_record_wanted(&self->source, item->id, pool, &n_routes);
	if (!bytes->ptr)
		item->sent = (struct plan_entry){ 0 };
	else if (item->gone || map_get(&self->plan.touched, item->id))
		item->sent = (struct plan_entry){ .n_routes = n_routes, .digest = hash_of(*bytes) };
	return bytes->ptr ? PLAN_STORE : want_none(self, item->id);
}

/* From the plan into the request, as long as it stays small; at least one. */
static size_t fill(struct databroker *self, Databroker__PutRequest *request, struct pool *pool)
{
	struct put *put = &self->put;
	size_t size = 0;

	put->first = put->next;
	for (; put->next < put->n_items; put->next++) {
		struct put_item *item = &put->items[put->next];
		struct str bytes;
		enum plan_want what;

		if (size >= BATCH_BYTES)
			break;
		what = want_bytes(self, item, pool, &bytes);
		item->answered = true; /* nothing to send, unless it turns out otherwise */
		if (!publisher_plan_differs(&self->plan, item->id, what, &item->sent))
			continue;
		if (bytes.len > PART_MAX) {
			log_error("record too large for the databroker, its last good one stays",
				  "record=%s bytes=%zu max=%u", log_value(item->id.ptr), bytes.len,
				  PART_MAX);
			continue;
		}
		if (size && size + bytes.len > BATCH_BYTES)
			break;
		size += bytes.len + item->id.len + 2 * sizeof(RECORD_TYPE);
		item->gone = !bytes.ptr;
		item->answered = false;
		PB_PUSH(pool, request, records, new_record(item->id, bytes, pool));
	}
	return request->n_records;
}

/* Never what is in it: that may be a secret. */
static void name_change(const struct databroker *self, const struct put_item *item)
{
	log_at(self->settings.name_changes ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "record written",
	       "record=%s change=%s routes=%zu", log_value(item->id.ptr),
	       item->gone    ? "removed"
	       : item->added ? "added"
			     : "changed",
	       item->sent.n_routes);
}

static void note(struct databroker *self, struct put_item *item, uint64_t version)
{
	name_change(self, item);
	item->answered = true;
	publisher_plan_written(&self->plan, item->id, item->gone ? NULL : &item->sent, version);
	if (item->gone)
		self->put.n_deleted++;
	else
		self->put.n_written++;
}

/* The answer names the records in the order of the request. */
static int on_answer(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct databroker *self = arg;
	const Databroker__PutResponse *answer = (const void *)m;
	struct put *put = &self->put;
	size_t i = put->first;

	(void)err;
	put->server_version = answer->server_version;
	if (put->server_version != self->follow.known_version)
		return 0; /* another databroker: all is read anew */
	for (size_t k = 0; k < answer->n_records; k++) {
		struct str id = pb_str(answer->records[k]->id);

		while (i < put->next && (put->items[i].answered || !str_eq(put->items[i].id, id)))
			i++;
		if (i < put->next)
			note(self, &put->items[i], answer->records[k]->version);
	}
	return 0;
}

const struct plan_entry *publisher_put_sent(const struct databroker *self, struct str id)
{
	const struct put *put = &self->put;

	for (size_t i = put->first; i < put->next; i++) {
		const struct put_item *item = &put->items[i];

		if (!item->answered && !item->gone && str_eq(item->id, id))
			return &item->sent;
	}
	return NULL;
}

/* Up to `end`: what was not answered, or not even sent, may differ still. */
static void touch_unanswered(struct databroker *self, size_t end)
{
	struct put *put = &self->put;
	bool any = false;

	for (size_t i = put->first; i < end; i++) {
		if (i < put->next && put->items[i].answered)
			continue;
		publisher_plan_touch(&self->plan, put->items[i].id);
		any = true;
	}
	if (any)
		publisher_pace_touch(&self->pace, 0);
}

static void finish(struct databroker *self)
{
	const struct put *put = &self->put;
	const uint64_t now_ns = clock_ns(), since_ns = put->seen_ns ? now_ns - put->seen_ns : 0;
	const uint64_t took_ms = clock_ms() - put->begun_ms;

	publisher_pace_end(&self->pace);
	publisher_metrics.records_written += put->n_written;
	publisher_metrics.records_deleted += put->n_deleted;
	publisher_metrics_stored(put->seen_ns, took_ms);
	log_info("published",
		 "routes=%zu written=%zu deleted=%zu rejected=%zu since_ms=%llu write_ms=%llu",
		 self->plan.n_routes, put->n_written, put->n_deleted,
		 publisher_wanted_n_rejected(self->wanted),
		 (unsigned long long)(since_ns / 1000000), (unsigned long long)took_ms);
}

static void give_up(struct databroker *self)
{
	struct put *put = &self->put;

	touch_unanswered(self, put->n_items);
	put->next = put->n_items;
	publisher_pace_end(&self->pace);
}

static void on_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;
	struct put *put = &self->put;

	put->request = NULL;
	put->pending = false;
	if (result->status) {
		give_up(self);
		publisher_metrics.write_failures++;
		if (result->status != GRPC_CANCELLED) /* that was us: the lease had run out */
			publisher_call_failure(&self->pace.retry,
					       "not published, what is there stays", result);
		return;
	}
	retry_success(&self->pace.retry);
	touch_unanswered(self, put->next);
	publisher_stream_check(&self->follow, put->server_version);
	publisher_foreign_follow_check(self, put->server_version);
	if (put->next == put->n_items)
		finish(self);
}

static bool may_send(void *arg)
{
	return publisher_lease_is_ours(arg);
}

static void send(struct databroker *self, const Databroker__PutRequest *request)
{
	self->put.pending = true;
	publisher_call_start(self, &self->put.request,
			     &(struct grpc_call){ .method = "/databroker.DataBrokerService/Put",
						  .request = &request->base,
						  .answer = &databroker__put_response__descriptor,
						  .timeout_ms = DATABROKER_CALL_MS,
						  .may_send = may_send,
						  .on_message = on_answer,
						  .on_done = on_done });
}

void publisher_put_next(struct databroker *self)
{
	struct put *put = &self->put;
	Databroker__PutRequest *request;
	struct pool pool;

	if (put->pending || put->next == put->n_items)
		return;
	if (!publisher_lease_is_ours(self)) {
		put->first = put->next;
		give_up(self);
		return;
	}
	pool_init(&pool);
	request = PB_NEW(&pool, databroker__put_request);
	if (fill(self, request, &pool))
		send(self, request);
	else if (put->n_written + put->n_deleted)
		finish(self);
	pool_wipe(&pool);
}

bool publisher_put_is_busy(const struct databroker *self)
{
	return self->put.pending;
}

bool publisher_put_is_done(const struct databroker *self)
{
	return !self->put.pending && self->put.next == self->put.n_items;
}

void publisher_put_open(struct databroker *self)
{
	pool_init(&self->put.pool);
}

void publisher_put_close(struct databroker *self)
{
	grpc_drain(self->grpc, &self->put.pending, DRAIN_MS);
	grpc_cancel(&self->put.request);
	pool_clear(&self->put.pool);
}
