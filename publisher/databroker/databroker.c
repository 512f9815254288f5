/* databroker: the records of a running Pomerium's databroker follow what is wanted.
 *
 *   in     owners that something happened to; what others write into the databroker
 *   out    records, by the holder of the lease only
 *   owns   the pace, and through its files: the versions, the lease, the plan
 *   never  writes what is stored already; deletes before everybody has arrived
 *
 * Pace: the first change at once; what follows waits until nothing came for a while, but no longer
 * than the interval. Pomerium rebuilds all routes at each update, so the interval grows with them.
 */
#include "publisher/databroker/databroker_inside.h"

#include "base/mem.h"

#define QUIET_MS 20
#define INTERVAL_MS 500  /* after so long without a write a change goes out at once */
#define ROUTES_PER_MS 10 /* 10 000 routes: a second */

/* ---- what the files of the databroker sink share ---- */

void publisher_databroker_changed(struct databroker *self)
{
	self->last_ms = clock_ms();
	if (!self->first_ms)
		self->first_ms = self->last_ms;
}

uint32_t publisher_databroker_failure(struct complaint *complaint, const char *what,
				      const struct grpc_result *result)
{
	uint64_t sum = hash_fast(str_from(result->sentence)) | 1;
	uint32_t wait = backoff_next(&complaint->backoff);

	if (!grpc_status_may_retry(result->status))
		wait = complaint->backoff.max_ms;
	if (sum != complaint->sum)
		log_at(grpc_status_may_retry(result->status) ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR,
		       what, "reason=%s%s retry_ms=%u", log_value(result->sentence),
		       result->status == GRPC_UNAUTHENTICATED
			       ? " hint=\"the shared secret must be that of the databroker\""
			       : "",
		       wait);
	complaint->sum = sum;
	return wait;
}

void publisher_databroker_success(struct complaint *complaint)
{
	complaint->sum = 0;
	backoff_reset(&complaint->backoff);
}

void publisher_databroker_start(struct databroker *self, struct grpc_request **out,
				const struct grpc_call *call)
{
	struct grpc_call own = *call;

	own.self = self;
	*out = grpc_start(self->grpc, &own);
}

/* ---- start and end ---- */

static void touch_id(void *arg, struct str id)
{
	struct databroker *self = arg;

	publisher_ledger_touch(&self->ledger, id);
	publisher_databroker_changed(self);
}

struct databroker *publisher_databroker_new(const struct databroker_settings *settings,
					    struct wanted *wanted, struct err *err)
{
	struct grpc *grpc = grpc_new(&settings->grpc, err);
	struct databroker *self;

	if (!grpc)
		return NULL;
	self = mem_alloc(sizeof(*self));
	self->settings = *settings;
	self->grpc = grpc;
	self->wanted = wanted;
	self->source.self = self;
	self->source.touch = touch_id;
	publisher_record_open(&self->source, wanted);
	publisher_ledger_init(&self->ledger);
	publisher_follow_open(self);
	publisher_lease_open(self);
	publisher_put_open(self);
	publisher_legacy_open(self);
	return self;
}

void publisher_databroker_destroy(struct databroker **self_p)
{
	struct databroker *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	publisher_follow_close(self);
	publisher_put_close(self);
	publisher_lease_close(self);
	publisher_legacy_close(self);
	grpc_destroy(&self->grpc);
	publisher_ledger_clear(&self->ledger);
	publisher_record_close(&self->source);
	mem_wipe(self, sizeof(*self));
	mem_free(self);
}

void publisher_databroker_set_secret(struct databroker *self, const struct hash *secret)
{
	const bool first = self->settings.secret_later;

	if (!first && hash_equal(&self->settings.grpc.secret, secret))
		return;
	log_info(first ? "the shared secret has come" : "calls are signed with a new shared secret",
		 NULL);
	self->settings.secret_later = false;
	self->settings.grpc.secret = *secret;
	grpc_set_secret(self->grpc, secret);
	publisher_databroker_success(&self->follow.complaint);
	publisher_databroker_success(&self->lease.complaint);
	publisher_databroker_success(&self->put.complaint);
	self->follow.next_ms = self->lease.next_ms = self->retry_ms = 0;
}

int publisher_databroker_fd(const struct databroker *self)
{
	return grpc_fd(self->grpc);
}

void publisher_databroker_on_fd(struct databroker *self)
{
	grpc_on_fd(self->grpc);
}

/* ---- pace ---- */

void publisher_databroker_touch(struct databroker *self, const struct msg_key *owner,
				uint64_t seen_ns)
{
	struct pool pool;

	pool_init(&pool);
	touch_id(self, publisher_record_id(owner, &pool));
	pool_clear(&pool);
	if (seen_ns && (!self->seen_ns || seen_ns < self->seen_ns))
		self->seen_ns = seen_ns;
}

static uint64_t pace(const struct databroker *self)
{
	uint64_t interval = self->settings.interval_ms, due = self->last_ms + QUIET_MS;

	if (!interval)
		interval = publisher_wanted_n_routes(self->wanted) / ROUTES_PER_MS;
	if (!self->settings.interval_ms && interval < INTERVAL_MS)
		interval = INTERVAL_MS;
	if (self->first_ms >= self->done_ms + clock_earlier(interval, INTERVAL_MS))
		return self->first_ms;
	return due < self->first_ms + interval ? due : self->first_ms + interval;
}

static bool may_write(const struct databroker *self)
{
	return self->begun && self->follow.server_version && !self->follow.reading &&
	       publisher_lease_is_ours(self);
}

/* When to go on writing, UINT64_MAX: nothing to do, or somebody has to answer first. */
static uint64_t due(const struct databroker *self)
{
	uint64_t at = UINT64_MAX;

	if (publisher_put_is_busy(self))
		return UINT64_MAX;
	if (!publisher_put_is_done(self) || !self->complete)
		at = 0;
	else if (self->first_ms)
		at = pace(self);
	return at < self->retry_ms ? self->retry_ms : at;
}

static void write_some(struct databroker *self)
{
	if (publisher_put_is_done(self)) {
		self->first_ms = self->last_ms = 0;
		if (!publisher_put_plan(self)) {
			self->complete = true;
			publisher_legacy_replace(self);
			return;
		}
	}
	publisher_put_next(self);
}

/* ---- what the publisher asks and tells ---- */

void publisher_databroker_allow_mass_delete(struct databroker *self, bool allowed)
{
	if (allowed == self->mass_delete)
		return;
	self->mass_delete = allowed;
	log_info(allowed ? "many routes may go at once now" : "many routes may not go at once",
		 NULL);
	if (allowed && self->refused)
		publisher_databroker_changed(self); /* what was held back is touched still */
}

void publisher_databroker_begin(struct databroker *self)
{
	const struct owner *owner;
	struct pool pool;

	if (self->begun)
		return;
	self->begun = true;
	publisher_last_good_restore_settings(self->wanted);
	publisher_legacy_restore(self);
	publisher_last_good_share_certs(self->wanted);
	pool_init(&pool);
	for (size_t i = 0; (owner = publisher_wanted_next(self->wanted, &i));)
		publisher_ledger_touch(&self->ledger, publisher_record_id(&owner->key, &pool));
	pool_clear(&pool);
	publisher_databroker_changed(self);
}

bool publisher_databroker_is_read(const struct databroker *self)
{
	return self->follow.read;
}

enum databroker_standing publisher_databroker_standing(const struct databroker *self)
{
	if (!self->begun || !self->follow.read)
		return DATABROKER_BUSY;
	if (!publisher_lease_is_ours(self))
		return self->lease.told_other ? DATABROKER_STANDBY : DATABROKER_BUSY;
	return self->complete && publisher_put_is_done(self) && !self->first_ms ? DATABROKER_DONE
										: DATABROKER_BUSY;
}

const uint64_t *publisher_databroker_calls(const struct databroker *self)
{
	return self ? grpc_n_by_status(self->grpc) : NULL;
}

bool publisher_databroker_holds_back(const struct databroker *self)
{
	return self->refused;
}

bool publisher_databroker_is_leader(const struct databroker *self)
{
	return publisher_lease_is_ours(self);
}

uint64_t publisher_databroker_tick(struct databroker *self, uint64_t now_ms, uint64_t may_ms)
{
	uint64_t next;

	if (self->settings.secret_later)
		return UINT64_MAX;
	grpc_tick(self->grpc, now_ms);
	next = publisher_follow_tick(self, now_ms);
	if (self->begun && self->follow.read)
		next = clock_earlier(next, publisher_lease_tick(self, now_ms));
	if (may_write(self)) {
		if (may_ms <= now_ms && due(self) <= now_ms)
			write_some(self);
		next = clock_earlier(next, may_ms > now_ms ? may_ms : due(self));
	}
	return clock_earlier(next, grpc_deadline(self->grpc));
}
