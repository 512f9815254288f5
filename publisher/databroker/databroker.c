/* databroker: a sink that keeps the records of a running Pomerium's databroker.
 *
 *   in     owners that something happened to; what others write into the databroker
 *   out    records, by the holder of the lease only
 *   owns   through its files: the versions, the lease, the plan
 *   never  writes what is stored already; deletes before everybody has arrived
 *
 * Pomerium rebuilds all routes at each update, so the interval between two writes grows with them.
 */
#include "base/mem.h"
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/parts.h"
#include "publisher/wanted/bootstrap.h"

#define QUIET_MS 20
#define INTERVAL_MS 500  /* after so long without a write a change goes out at once */
#define ROUTES_PER_MS 10 /* 10 000 routes: a second */
#define EARLY_MS 10000   /* Pomerium takes seconds to start */

static void touch_id(void *arg, struct str id)
{
	struct databroker *self = arg;

	publisher_plan_touch(&self->plan, id);
	publisher_pace_touch(&self->pace, 0);
}

/* ---- what the publisher tells ---- */

/* Every record that it needs, or has. */
static void touch_records(struct databroker *self, const struct msg_key *key)
{
	const struct owner *owner = publisher_wanted_owner(self->wanted, key);
	const unsigned n = owner && owner->good ? publisher_parts_count(owner->good) : 1;
	struct pool pool;
	struct str id;

	pool_init(&pool);
	id = publisher_record_id(key, &pool);
	publisher_plan_touch(&self->plan, id);
	for (unsigned number = 2; number <= PARTS_MAX; number++) {
		const struct str part = publisher_parts_id(id, number, &pool);

		if (number > n && !publisher_plan_get(&self->plan, part))
			break;
		publisher_plan_touch(&self->plan, part);
	}
	pool_clear(&pool);
}

static void touch(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns)
{
	struct databroker *self = (struct databroker *)sink;

	touch_records(self, owner);
	publisher_pace_touch(&self->pace, seen_ns);
}

/* Signs the calls from now on; what was refused is tried again at once. */
static void set_secret(struct databroker *self, const struct hash *secret)
{
	const bool first = self->settings.secret_later;

	if (!first && hash_equal(&self->settings.grpc.secret, secret))
		return;
	log_info(first ? "the shared secret has come" : "calls are signed with a new shared secret",
		 NULL);
	self->settings.secret_later = false;
	if (first) /* Pomerium starts with the same, but after us */
		self->follow.early_ms = clock_ms() + EARLY_MS;
	self->settings.grpc.secret = *secret;
	grpc_set_secret(self->grpc, secret);
	retry_success(&self->follow.retry);
	retry_success(&self->lease.retry);
	retry_success(&self->pace.retry);
	self->follow.next_ms = self->lease.next_ms = 0;
}

static int start_with(struct sink *sink, struct good *good, struct err *err)
{
	struct hash secret = { { 0 } };
	const int rc = publisher_bootstrap_secret(good, &secret, err);

	if (!rc)
		set_secret((struct databroker *)sink, &secret);
	mem_wipe(&secret, sizeof(secret));
	return rc;
}

/* What rejected owners still need of what was read becomes theirs. */
static bool begin(struct sink *sink)
{
	struct databroker *self = (struct databroker *)sink;
	const struct owner *owner;

	if (!self->follow.read || self->begun)
		return self->begun;
	self->begun = true;
	publisher_last_good_restore_settings(self->wanted);
	publisher_legacy_restore(self);
	publisher_last_good_share_certs(self->wanted);
	for (size_t i = 0; (owner = publisher_wanted_next(self->wanted, &i));)
		touch_records(self, &owner->key);
	publisher_pace_touch(&self->pace, 0);
	return true;
}

/* ---- what the publisher asks ---- */

static bool is_done(const struct databroker *self)
{
	return self->begun && self->follow.read && publisher_lease_is_ours(self) &&
	       self->complete && publisher_put_is_done(self) &&
	       !publisher_pace_is_touched(&self->pace);
}

static void look(const struct sink *sink, struct sink_state *out)
{
	const struct databroker *self = (const struct databroker *)sink;

	*out = (struct sink_state){ .has_lease = true,
				    .leads = publisher_lease_is_ours(self),
				    .calls = grpc_n_by_status(self->grpc) };
	out->standby = self->begun && self->follow.read && !out->leads && self->lease.logged_other;
	publisher_foreign_follow_look(self, out);
}

static void follow_foreign(struct sink *sink, struct foreign *into)
{
	publisher_foreign_follow_into((struct databroker *)sink, into);
}

static const char *state_of(const struct databroker *self, struct str id,
			    const struct plan_entry *stored)
{
	struct plan_entry wanted;
	size_t n_routes;
	struct pool pool;
	struct str bytes;
	const char *state = "older";

	pool_init(&pool);
	bytes = publisher_record_wanted(&self->source, id, &pool, &n_routes);
	if (!self->follow.read)
		state = "not read yet";
	else if (!stored)
		state = bytes.ptr ? "not yet" : "nothing";
	else if (bytes.ptr && publisher_record_read(bytes, &wanted, NULL) == 0 &&
		 hash_equal(&wanted.digest, &stored->digest))
		state = "equal";
	pool_wipe(&pool);
	return state;
}

/* That of the first record that is not as it should be. */
static const char *state_of_all(const struct databroker *self, struct str id)
{
	const char *state = state_of(self, id, publisher_plan_get(&self->plan, id));
	struct pool pool;

	pool_init(&pool);
	for (unsigned number = 2; number <= PARTS_MAX && !strcmp(state, "equal"); number++) {
		const struct str part = publisher_parts_id(id, number, &pool);
		const char *next = state_of(self, part, publisher_plan_get(&self->plan, part));

		if (!strcmp(next, "nothing"))
			break;
		state = next;
	}
	pool_clear(&pool);
	return state;
}

static void explain(const struct sink *sink, const struct owner *owner, cJSON *out)
{
	const struct databroker *self = (const struct databroker *)sink;
	const struct plan_entry *stored;
	struct pool pool;
	struct str id;

	pool_init(&pool);
	id = publisher_record_id(&owner->key, &pool);
	stored = publisher_plan_get(&self->plan, id);
	cjson_put_text(out, "record", id);
	if (stored)
		cjson_put_number(out, "version", (long long)stored->version);
	cjson_put_text(out, "state", str_from(state_of_all(self, id)));
	cjson_put_bool(out, "writer", publisher_lease_is_ours(self));
	pool_clear(&pool);
}

static int fd(const struct sink *sink)
{
	return grpc_fd(((const struct databroker *)sink)->grpc);
}

static void on_fd(struct sink *sink)
{
	grpc_on_fd(((struct databroker *)sink)->grpc);
}

/* ---- writing ---- */

static bool may_write(const struct databroker *self)
{
	return self->begun && self->follow.server_version && !self->follow.reading &&
	       publisher_lease_is_ours(self);
}

/* When to go on writing, UINT64_MAX: nothing to do, or somebody has to answer first. */
static uint64_t due(const struct databroker *self)
{
	struct pace_limits limits = { .quiet_ms = QUIET_MS,
				      .interval_ms = self->settings.interval_ms };

	if (publisher_put_is_busy(self))
		return UINT64_MAX;
	if (!limits.interval_ms) {
		limits.interval_ms = publisher_wanted_n_routes(self->wanted) / ROUTES_PER_MS;
		if (limits.interval_ms < INTERVAL_MS)
			limits.interval_ms = INTERVAL_MS;
	}
	limits.calm_ms = clock_earlier(limits.interval_ms, INTERVAL_MS);
	return publisher_pace_due(&self->pace, &limits,
				  !publisher_put_is_done(self) || !self->complete);
}

static void write_some(struct databroker *self)
{
	if (publisher_put_is_done(self) && !publisher_put_plan(self)) {
		self->complete = true;
		publisher_legacy_replace(self);
		return;
	}
	publisher_put_next(self);
}

static uint64_t tick(struct sink *sink, uint64_t now_ms, uint64_t may_ms)
{
	struct databroker *self = (struct databroker *)sink;
	uint64_t next;

	if (self->settings.secret_later)
		return UINT64_MAX;
	grpc_tick(self->grpc, now_ms);
	/* what is read while a write is under way could not be told apart from it */
	next = publisher_stream_tick(&self->follow, now_ms, !publisher_put_is_busy(self));
	next = clock_earlier(next, publisher_foreign_follow_tick(self, now_ms));
	if (self->begun && self->follow.read)
		next = clock_earlier(next, publisher_lease_tick(self, now_ms));
	if (may_write(self)) {
		if (may_ms <= now_ms && due(self) <= now_ms)
			write_some(self);
		next = clock_earlier(next, may_ms > now_ms ? may_ms : due(self));
	}
	if (is_done(self)) {
		self->listener.taken(self->listener.self);
		self->listener.stored(self->listener.self);
	}
	return clock_earlier(next, grpc_deadline(self->grpc));
}

/* ---- start and end ---- */

static void destroy(struct sink *sink)
{
	struct databroker *self = (struct databroker *)sink;

	publisher_foreign_follow_close(self);
	publisher_stream_close(&self->follow);
	publisher_put_close(self);
	publisher_lease_close(self);
	publisher_legacy_close(self);
	grpc_destroy(&self->grpc);
	publisher_plan_clear(&self->plan);
	publisher_record_close(&self->source);
	mem_wipe(self, sizeof(*self));
	mem_free(self);
}

static const struct sink_ops ops = { .touch = touch,
				     .start_with = start_with,
				     .begin = begin,
				     .fd = fd,
				     .on_fd = on_fd,
				     .tick = tick,
				     .look = look,
				     .follow_foreign = follow_foreign,
				     .explain = explain,
				     .destroy = destroy };

struct sink *publisher_databroker_new(const struct databroker_settings *settings,
				      struct wanted *wanted, const struct sink_listener *listener,
				      struct err *err)
{
	struct grpc *grpc = grpc_new(&settings->grpc, err);
	struct databroker *self;

	if (!grpc)
		return NULL;
	self = mem_alloc(sizeof(*self));
	self->sink = (struct sink){ .ops = &ops,
				    .guard = &self->guard,
				    .waits_for_start = settings->secret_later };
	self->settings = *settings;
	self->guard = (struct guard){ .plan = &self->plan,
				      .pace = &self->pace,
				      .terms.share = settings->max_delete_share };
	self->listener = *listener;
	self->grpc = grpc;
	self->wanted = wanted;
	self->source.self = self;
	self->source.touch = touch_id;
	self->source.http3_port = settings->http3_port;
	publisher_record_open(&self->source, wanted);
	publisher_plan_init(&self->plan);
	publisher_pace_init(&self->pace);
	publisher_follow_open(self);
	publisher_foreign_follow_open(self);
	publisher_lease_open(self);
	publisher_put_open(self);
	publisher_legacy_open(self);
	if (settings->secret_later)
		log_info("the Pomerium object brings the shared secret, nothing is published "
			 "before",
			 NULL);
	return &self->sink;
}
