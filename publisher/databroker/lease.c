/* lease: which replica writes: the holder of the databroker's lease "ingress-controller", which the
 * Go controller holds too.
 *
 *   in     answers to AcquireLease and RenewLease, and when they were asked for
 *   out    whether we may write at this moment
 *   owns   the id of our lease, and its copy in the run folder
 *   never  counts from an answer: the lease may have begun when the request was sent
 */
#include "publisher/databroker/databroker_inside.h"

#define NAME "ingress-controller"
#define POLL_MS 500 /* while somebody else holds it */
#define RETRY_FIRST_MS 100
#define RETRY_LONGEST_MS 2000
#define RELEASE_MS 1000

bool publisher_lease_is_ours(const struct databroker *self)
{
	return self->lease.id.len && clock_ms() < self->lease.until_ms;
}

/* Ten percent for clocks that do not run alike, and for a request on its way. */
static void hold(struct databroker *self)
{
	struct lease *lease = &self->lease;

	lease->until_ms = lease->sent_ms + self->settings.lease_ms * 9 / 10;
	lease->next_ms = lease->sent_ms + self->settings.lease_ms / 3;
	lease->logged_other = lease->inherited = false;
	retry_success(&lease->retry);
}

static void begin(struct databroker *self)
{
	publisher_lease_file_put(&self->lease.file, buf_view(&self->lease.id));
	hold(self);
	log_info("lease acquired", "lease=" NAME);
}

static void drop(struct databroker *self, const char *why)
{
	if (self->lease.id.len && !self->lease.inherited)
		log_warn("lease lost", "lease=" NAME " reason=%s", log_value(why));
	buf_reset(&self->lease.id);
	publisher_lease_file_put(&self->lease.file, STR(""));
	self->lease.inherited = false;
	self->lease.until_ms = 0;
	self->complete = false;
}

/* The id stays: a databroker that was wiped takes it for a renewal, and may have done so already.
 */
void publisher_lease_void(struct databroker *self)
{
	grpc_cancel(&self->lease.request);
	self->lease.pending = false;
	self->lease.until_ms = self->lease.next_ms = 0;
	self->complete = false;
}

static void set_duration(struct pool *pool, uint64_t ms, Google__Protobuf__Duration **out)
{
	*out = PB_NEW(pool, google__protobuf__duration);
	PB_SET(*out, seconds, (int64_t)(ms / 1000));
	PB_SET(*out, nanos, (int32_t)(ms % 1000) * 1000000);
}

static void start(struct databroker *self, struct grpc_call *call)
{
	struct lease *lease = &self->lease;

	call->timeout_ms = self->settings.lease_ms / 3;
	if (call->timeout_ms > DATABROKER_CALL_MS)
		call->timeout_ms = DATABROKER_CALL_MS;
	lease->sent_ms = clock_ms();
	lease->pending = true;
	publisher_call_start(self, &lease->request, call);
}

static void ended(struct databroker *self)
{
	self->lease.request = NULL;
	self->lease.pending = false;
}

/* ---- AcquireLease ---- */

static int on_acquired(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct databroker *self = arg;
	const Databroker__AcquireLeaseResponse *answer = (const void *)m;

	(void)err;
	buf_reset(&self->lease.next_id);
	buf_str(&self->lease.next_id, pb_str(answer->id));
	return 0;
}

static void on_acquire_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;
	struct lease *lease = &self->lease;

	ended(self);
	if (result->status == GRPC_OK && lease->next_id.len) {
		buf_reset(&lease->id);
		buf_str(&lease->id, buf_view(&lease->next_id));
		begin(self);
		return;
	}
	lease->next_ms = clock_ms() + POLL_MS;
	if (result->status == GRPC_ALREADY_EXISTS) {
		if (!lease->logged_other)
			log_info("lease held by another publisher, standing by", "lease=" NAME);
		lease->logged_other = true;
		retry_success(&lease->retry);
		return;
	}
	lease->next_ms = clock_ms() +
			 publisher_call_failure(&lease->retry, "lease cannot be acquired", result);
}

static void acquire(struct databroker *self)
{
	struct pool pool;
	Databroker__AcquireLeaseRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__acquire_lease_request);
	PB_SET_TEXT(request, name, STR(NAME));
	set_duration(&pool, self->settings.lease_ms, &request->duration);
	buf_reset(&self->lease.next_id);
	start(self, &(struct grpc_call){ .method = "/databroker.DataBrokerService/AcquireLease",
					 .request = &request->base,
					 .answer = &databroker__acquire_lease_response__descriptor,
					 .on_message = on_acquired,
					 .on_done = on_acquire_done });
	pool_clear(&pool);
}

/* ---- RenewLease ---- */

static void on_renew_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;
	struct lease *lease = &self->lease;

	ended(self);
	if (result->status == GRPC_OK) {
		if (lease->inherited)
			begin(self);
		else
			hold(self);
		return;
	}
	lease->next_ms = clock_ms();
	if (result->status == GRPC_ALREADY_EXISTS || result->status == GRPC_NOT_FOUND)
		drop(self, result->sentence);
	else
		lease->next_ms +=
			publisher_call_failure(&lease->retry, "lease cannot be renewed", result);
}

static void renew(struct databroker *self)
{
	struct pool pool;
	Databroker__RenewLeaseRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__renew_lease_request);
	PB_SET_TEXT(request, name, STR(NAME));
	PB_SET_TEXT(request, id, buf_view(&self->lease.id));
	set_duration(&pool, self->settings.lease_ms, &request->duration);
	start(self,
	      &(struct grpc_call){ .method = "/databroker.DataBrokerService/RenewLease",
				   .request = &request->base,
				   .answer = &google__protobuf__struct__descriptor, /* empty */
				   .on_done = on_renew_done });
	pool_clear(&pool);
}

uint64_t publisher_lease_tick(struct databroker *self, uint64_t now_ms)
{
	struct lease *lease = &self->lease;

	if (lease->until_ms && now_ms >= lease->until_ms)
		drop(self, "the lease could not be renewed in time");
	if (!lease->request && now_ms >= lease->next_ms) {
		if (lease->id.len)
			renew(self);
		else
			acquire(self);
	}
	if (lease->until_ms && (lease->request || lease->until_ms < lease->next_ms))
		return lease->until_ms;
	return lease->request ? UINT64_MAX : lease->next_ms;
}

/* ---- start and end ---- */

void publisher_lease_open(struct databroker *self)
{
	buf_init(&self->lease.id, BUF_MAX_TEXT);
	buf_init(&self->lease.next_id, BUF_MAX_TEXT);
	publisher_lease_file_open(&self->lease.file, self->settings.run_dir, &self->lease.id);
	self->lease.inherited = self->lease.id.len > 0;
	retry_init(&self->lease.retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

static void on_release_done(void *arg, const struct grpc_result *result)
{
	struct databroker *self = arg;

	if (!result->status) /* else the lease runs out by itself, or the next one here renews it */
		publisher_lease_file_put(&self->lease.file, STR(""));
	ended(self);
}

void publisher_lease_close(struct databroker *self)
{
	struct lease *lease = &self->lease;
	struct pool pool;
	Databroker__ReleaseLeaseRequest *request;

	grpc_cancel(&lease->request);
	if (publisher_lease_is_ours(self)) {
		pool_init(&pool);
		request = PB_NEW(&pool, databroker__release_lease_request);
		PB_SET_TEXT(request, name, STR(NAME));
		PB_SET_TEXT(request, id, buf_view(&lease->id));
		start(self,
		      &(struct grpc_call){ .method = "/databroker.DataBrokerService/ReleaseLease",
					   .request = &request->base,
					   .answer = &google__protobuf__struct__descriptor,
					   .on_done = on_release_done });
		pool_clear(&pool);
		grpc_drain(self->grpc, &lease->pending, RELEASE_MS);
		grpc_cancel(&lease->request);
	}
	publisher_lease_file_close(&lease->file);
	buf_clear(&lease->id);
	buf_clear(&lease->next_id);
}
