/* follow: reads what is published, and follows it.
 *
 *   in     SyncLatest: all records and the versions; Sync: each change after them
 *   out    what is stored, into the plan; at first reading, last good configurations
 *   owns   the versions of the databroker
 *   never  writes a record
 *
 * A databroker that was wiped or restarted has another server version: Sync is ABORTED, and all is
 * read anew. A stream that only broke goes on where it was.
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/parts.h"

#define RETRY_FIRST_MS 100
#define RETRY_LONGEST_MS 2000

static int read_config(struct str bytes, struct pool *pool, Pomerium__Config__Config **out)
{
	*out = (void *)pb_unpack(&pomerium__config__config__descriptor, bytes, pool, NULL);
	return *out ? 0 : -1;
}

/* What was published before this process, or by another one since: last good, until the inventory
 * says otherwise. */
static void restore(struct databroker *self, struct str id, const struct msg_key *owner,
		    struct str bytes)
{
	const size_t place = publisher_parts_place(&self->plan, id);
	Pomerium__Config__Config *config;
	struct pool pool;

	if (self->begun && !publisher_last_good_may_adopt(self, owner, place))
		return;
	pool_init(&pool);
	if (read_config(bytes, &pool, &config) == 0) {
		if (self->begun)
			publisher_last_good_adopt(self, owner, place, config);
		else
			publisher_record_restore(self->wanted, owner, place, config);
	}
	pool_wipe(&pool);
}

/* What we would write, byte by byte: there is nothing to learn from it. */
static bool is_wanted(const struct databroker *self, struct str id, struct str bytes,
		      struct plan_entry *seen)
{
	struct pool pool;
	struct str wanted;
	bool same;

	pool_init(&pool);
	wanted = publisher_record_wanted(&self->source, id, &pool, &seen->n_routes);
	same = wanted.ptr && str_eq(wanted, bytes);
	if (same)
		seen->digest = hash_of(bytes);
	pool_wipe(&pool);
	return same;
}

static void read(struct databroker *self, struct str id, const struct msg_key *owner,
		 struct str bytes, struct plan_entry *seen)
{
	if (publisher_record_read(bytes, seen, NULL) < 0)
		seen->digest = (struct hash){ { 0 } };
	else
		restore(self, id, owner, bytes);
}

static void note_record(struct databroker *self, const Databroker__Record *record)
{
	struct str id = pb_str(record->id);
	struct str bytes = record->data ? pb_str(record->data->value) : STR("");
	struct plan_entry seen = { .version = record->version };
	const struct plan_entry *known = publisher_plan_get(&self->plan, id);
	struct msg_key owner;

	if (!str_is(pb_str(record->type), RECORD_TYPE) || publisher_legacy_note(self, record) ||
	    !publisher_record_owner(id, &owner))
		return;
	if (record->deleted_at) {
		publisher_plan_gone(&self->plan, id, record->version);
		publisher_pace_touch(&self->pace, 0);
		return;
	}
	if (!self->follow.reading && known && known->version >= record->version)
		return; /* our own write, of which the answer came first */
	if (!record->data || !str_is(pb_str(record->data->type_url), RECORD_TYPE))
		seen.digest = (struct hash){ { 0 } }; /* not what we would write */
	else if (!is_wanted(self, id, bytes, &seen))
		read(self, id, &owner, bytes, &seen);
	publisher_plan_note(&self->plan, id, &seen);
	publisher_pace_touch(&self->pace, 0);
}

static void advance(struct databroker *self, uint64_t version)
{
	if (version > self->follow.record_version)
		self->follow.record_version = version;
}

/* ---- SyncLatest ---- */

static int on_latest(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct databroker *self = arg;
	const Databroker__SyncLatestResponse *answer = (const void *)m;

	(void)err;
	if (answer->record)
		note_record(self, answer->record);
	if (!answer->versions)
		return 0;
	self->follow.ended = true;
	self->follow.server_version = answer->versions->server_version;
	self->follow.record_version = answer->versions->latest_record_version;
	return 0;
}

static void end_reading(struct databroker *self)
{
	struct follow *follow = &self->follow;
	bool same = follow->server_version == follow->known_version;

	publisher_plan_end(&self->plan, same);
	if (!same && follow->known_version) {
		log_warn("another databroker, or one that was wiped: it is filled again",
			 "records=%zu", self->plan.stored.n);
		publisher_lease_void(self);
	} else {
		log_info("databroker read", "records=%zu routes=%zu", self->plan.stored.n,
			 self->plan.n_routes);
	}
	follow->known_version = follow->server_version;
	follow->read = true;
	retry_success(&follow->retry);
	publisher_pace_touch(&self->pace, 0);
}

static void on_latest_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;
	struct follow *follow = &self->follow;
	struct grpc_result cut = { GRPC_UNKNOWN, "SyncLatest ended without the versions" };

	follow->request = NULL;
	follow->reading = false;
	follow->next_ms = 0;
	if (result->status == GRPC_OK && follow->ended) {
		end_reading(self);
		return;
	}
	follow->server_version = 0;
	if (result->status == GRPC_UNAVAILABLE && clock_ms() < follow->early_ms) {
		follow->next_ms = clock_ms() + RETRY_FIRST_MS;
		return;
	}
	follow->next_ms =
		clock_ms() + publisher_call_failure(&follow->retry, "databroker cannot be read",
						    result->status ? result : &cut);
}

static void start_reading(struct databroker *self)
{
	struct pool pool;
	Databroker__SyncLatestRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__sync_latest_request);
	PB_SET_TEXT(request, type, STR(RECORD_TYPE));
	publisher_plan_begin(&self->plan);
	self->follow.reading = true;
	self->follow.ended = false;
	publisher_call_start(
		self, &self->follow.request,
		&(struct grpc_call){ .method = "/databroker.DataBrokerService/SyncLatest",
				     .request = &request->base,
				     .answer = &databroker__sync_latest_response__descriptor,
				     .timeout_ms = 6 * DATABROKER_CALL_MS,
				     .on_message = on_latest,
				     .on_done = on_latest_done });
	pool_clear(&pool);
}

/* ---- Sync ---- */

static int on_change(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct databroker *self = arg;
	const Databroker__SyncResponse *answer = (const void *)m;

	(void)err;
	if (answer->record) {
		note_record(self, answer->record);
		advance(self, answer->record->version);
	}
	retry_success(&self->follow.retry);
	return 0;
}

static void on_sync_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;
	struct follow *follow = &self->follow;

	follow->request = NULL;
	if (result->status == GRPC_ABORTED || result->status == GRPC_OK) {
		follow->server_version = result->status ? 0 : follow->server_version;
		follow->next_ms = clock_ms() + backoff_next(&follow->retry.backoff);
		return;
	}
	follow->next_ms =
		clock_ms() +
		publisher_call_failure(&follow->retry, "databroker cannot be followed", result);
}

static void start_following(struct databroker *self)
{
	struct pool pool;
	Databroker__SyncRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__sync_request);
	PB_SET(request, server_version, self->follow.server_version);
	PB_SET(request, record_version, self->follow.record_version);
	PB_SET_TEXT(request, type, STR(RECORD_TYPE));
	PB_SET(request, wait, 1);
	publisher_call_start(self, &self->follow.request,
			     &(struct grpc_call){ .method = "/databroker.DataBrokerService/Sync",
						  .request = &request->base,
						  .answer = &databroker__sync_response__descriptor,
						  .on_message = on_change,
						  .on_done = on_sync_done });
	pool_clear(&pool);
}

/* ---- the tick ---- */

uint64_t publisher_follow_tick(struct databroker *self, uint64_t now_ms, bool may_read)
{
	struct follow *follow = &self->follow;

	if (follow->request)
		return UINT64_MAX;
	if (now_ms < follow->next_ms)
		return follow->next_ms;
	if (follow->server_version)
		start_following(self);
	else if (may_read)
		start_reading(self);
	return UINT64_MAX;
}

void publisher_follow_check(struct databroker *self, uint64_t server_version)
{
	struct follow *follow = &self->follow;

	if (!server_version || server_version == follow->server_version || follow->reading)
		return;
	grpc_cancel(&follow->request);
	follow->server_version = 0;
	follow->next_ms = 0;
}

void publisher_follow_open(struct databroker *self)
{
	retry_init(&self->follow.retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

void publisher_follow_close(struct databroker *self)
{
	grpc_cancel(&self->follow.request);
}
