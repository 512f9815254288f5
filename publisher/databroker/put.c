/* put: one plan: the records that differ from what is wanted, written in batches.
 *
 *   in     touched ids, the ledger, what is wanted
 *   out    Put, a batch at a time; the ledger told of what was answered
 *   owns   the plan that is under way
 *   never  sends a batch without asking for the lease at that moment; writes what is stored already
 *
 * Certificates go first, deletions last, so that no route is without its certificate. What failed
 * is touched again: the outcome of a call that broke is unknown, and Sync tells.
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/publisher_metrics.h"

#define BATCH_BYTES (1u << 20)
#define RECORD_MAX (GRPC_MESSAGE_MAX - 4096)
#define RETRY_FIRST_MS 200
#define RETRY_LONGEST_MS 10000
#define GUARD_ROUTES 20
#define DRAIN_MS 2000

struct change {
	struct str id;
	bool gone;
	size_t n_fewer; /* routes that it takes away */
};

static bool is_shown(const struct ledger_entry *entry)
{
	return entry && !entry->lost;
}

/* What has to be written under an id; false: nothing. `bytes` absent: a deletion. */
static bool differs(const struct databroker *self, struct str id, struct pool *pool,
		    struct str *bytes, struct ledger_entry *next)
{
	const struct ledger_entry *entry = publisher_ledger_get(&self->ledger, id);

	*next = (struct ledger_entry){ 0 };
	*bytes = publisher_record_wanted(&self->source, id, pool, &next->n_routes);
	if (!bytes->ptr)
		return entry && !publisher_last_good_must_stay(self, id);
	next->digest = hash_of(*bytes);
	return !is_shown(entry) || !hash_equal(&entry->digest, &next->digest);
}

/* ---- plan ---- */

static int in_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->gone != y->gone)
		return x->gone - y->gone;
	return x->gone ? str_cmp(y->id, x->id) : str_cmp(x->id, y->id);
}

static size_t compare_all(const struct databroker *self, struct change *changes, struct pool *keep)
{
	struct ledger_entry next;
	struct str id, bytes;
	struct pool pool;
	size_t n = 0;

	for (size_t i = 0; map_next(&self->ledger.touched, &i, &id, NULL);) {
		const struct ledger_entry *entry = publisher_ledger_get(&self->ledger, id);
		size_t had = entry ? entry->n_routes : 0;

		pool_init(&pool);
		if (differs(self, id, &pool, &bytes, &next))
			changes[n++] =
				(struct change){ pool_str(keep, id), !bytes.ptr,
						 had > next.n_routes ? had - next.n_routes : 0 };
		pool_wipe(&pool);
	}
	return n;
}

/* Many routes gone at once are more often an accident than a wish: they stay until told. */
static bool is_too_much(struct databroker *self, const struct change *changes, size_t n)
{
	const size_t share = (size_t)self->settings.max_delete_share;
	size_t n_fewer = 0;
	bool too_much;

	for (size_t i = 0; i < n; i++)
		n_fewer += changes[i].n_fewer;
	too_much = share < 100 && !self->mass_delete && n_fewer > GUARD_ROUTES &&
		   n_fewer * 100 >= self->ledger.n_routes * share;
	if (too_much && !self->refused)
		log_error(
			"too many routes would go at once, they stay",
			"routes=%zu of=%zu max_delete_share=%zu hint=%s", n_fewer,
			self->ledger.n_routes, share,
			log_value("if that is meant, give the Pomerium object the annotation "
				  "ingress.pomerium.io/allow-mass-delete: \"true\", or start with "
				  "--max-delete-share 100"));
	self->refused = too_much;
	return too_much;
}

bool publisher_put_plan(struct databroker *self)
{
	struct put *put = &self->put;
	struct change *changes;
	size_t n;
	bool hold_back;

	pool_clear(&put->pool);
	put->next = put->n_items = put->n_written = put->n_deleted = 0;
	changes = pool_array(&put->pool, self->ledger.touched.n + 1, sizeof(*changes));
	n = compare_all(self, changes, &put->pool);
	publisher_metrics.writes_saved += self->ledger.touched.n - n;
	hold_back = is_too_much(self, changes, n);
	map_clear(&self->ledger.touched);
	qsort(changes, n, sizeof(*changes), in_order);
	put->items = pool_array(&put->pool, n + 1, sizeof(*put->items));
	for (size_t i = 0; i < n; i++) {
		if (hold_back && changes[i].n_fewer)
			publisher_ledger_touch(&self->ledger, changes[i].id);
		else
			put->items[put->n_items++].id = changes[i].id;
	}
	put->begun_ms = clock_ms();
	put->seen_ns = self->seen_ns;
	self->seen_ns = 0;
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

/* From the plan into the request, as long as it stays small; at least one. */
static size_t fill(struct databroker *self, Databroker__PutRequest *request, struct pool *pool)
{
	struct put *put = &self->put;
	size_t size = 0;

	put->first = put->next;
	for (; put->next < put->n_items; put->next++) {
		struct put_item *item = &put->items[put->next];
		struct str bytes;

		item->answered = true; /* nothing to send, unless it turns out otherwise */
		if (!differs(self, item->id, pool, &bytes, &item->sent))
			continue;
		if (bytes.len > RECORD_MAX) {
			log_error("record too large for the databroker, its last good one stays",
				  "record=%s bytes=%zu max=%u", log_value(item->id.ptr), bytes.len,
				  RECORD_MAX);
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

static void note(struct databroker *self, struct put_item *item, uint64_t version)
{
	item->answered = true;
	publisher_ledger_written(&self->ledger, item->id, item->gone ? NULL : &item->sent, version);
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

/* Up to `end`: what was not answered, or not even sent, may differ still. */
static void touch_unanswered(struct databroker *self, size_t end)
{
	struct put *put = &self->put;
	bool any = false;

	for (size_t i = put->first; i < end; i++) {
		if (i < put->next && put->items[i].answered)
			continue;
		publisher_ledger_touch(&self->ledger, put->items[i].id);
		any = true;
	}
	if (any)
		publisher_databroker_changed(self);
}

static void finish(struct databroker *self)
{
	const struct put *put = &self->put;
	const uint64_t now_ns = clock_ns(), since_ns = put->seen_ns ? now_ns - put->seen_ns : 0;

	self->done_ms = clock_ms();
	publisher_metrics.records_written += put->n_written;
	publisher_metrics.records_deleted += put->n_deleted;
	publisher_metrics_stored(put->seen_ns, self->done_ms - put->begun_ms);
	log_info("published",
		 "routes=%zu written=%zu deleted=%zu rejected=%zu since_ms=%llu write_ms=%llu",
		 self->ledger.n_routes, put->n_written, put->n_deleted,
		 publisher_wanted_n_rejected(self->wanted),
		 (unsigned long long)(since_ns / 1000000),
		 (unsigned long long)(self->done_ms - put->begun_ms));
}

static void give_up(struct databroker *self)
{
	struct put *put = &self->put;

	touch_unanswered(self, put->n_items);
	put->next = put->n_items;
	self->done_ms = clock_ms();
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
			self->retry_ms =
				clock_ms() + publisher_databroker_failure(
						     &put->complaint,
						     "not published, what is there stays", result);
		return;
	}
	publisher_databroker_success(&put->complaint);
	touch_unanswered(self, put->next);
	publisher_follow_check(self, put->server_version);
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
	publisher_databroker_start(
		self, &self->put.request,
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
	backoff_init(&self->put.complaint.backoff, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

void publisher_put_close(struct databroker *self)
{
	grpc_drain(self->grpc, &self->put.pending, DRAIN_MS);
	grpc_cancel(&self->put.request);
	pool_clear(&self->put.pool);
}
