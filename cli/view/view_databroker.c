/* view_databroker: the routes that a databroker has, as a view has them.
 *
 *   in     its records of one type, read once
 *   out    owners and routes; records that are not ours are owners by their name
 *   owns   nothing
 *   never  writes a record, shows the value of a header: which came from a Secret is not known
 */
#include "cli/view/view.h"
#include "pb/databroker.pb-c.h"
#include "publisher/databroker/parts.h"
#include "publisher/databroker/reach.h"
#include "publisher/databroker/record.h"

#define CALL_MS 60000

struct reading {
	struct wanted *wanted;
	struct plan plan; /* of several records of one owner the order */
	bool pending;
	bool ended; /* the versions came, which are the last message */
	struct err *err;
};

static void put_record(struct reading *self, const Databroker__Record *record)
{
	const Pomerium__Config__Config *config;
	const struct str id = pb_str(record->id);
	struct plan_entry seen = { .version = record->version };
	struct msg_key owner;
	struct pool pool;

	if (record->deleted_at || !record->data || !str_is(pb_str(record->type), RECORD_TYPE))
		return;
	if (!publisher_record_owner(id, &owner))
		owner = (struct msg_key){ MSG_KIND_NONE, STR(""), id };
	pool_init(&pool);
	config = (const void *)pb_unpack(&pomerium__config__config__descriptor,
					 pb_str(record->data->value), &pool, NULL);
	if (config) {
		publisher_record_restore(self->wanted, &owner,
					 publisher_parts_place(&self->plan, id), config);
		seen.n_routes = config->n_routes;
		publisher_plan_note(&self->plan, id, &seen);
	}
	pool_wipe(&pool);
}

static int on_message(void *arg, const ProtobufCMessage *m, struct err *err)
{
	const Databroker__SyncLatestResponse *answer = (const void *)m;
	struct reading *self = arg;

	(void)err;
	if (answer->record)
		put_record(self, answer->record);
	if (answer->versions)
		self->ended = true;
	return 0;
}

static void on_done(void *arg, const struct grpc_result *result)
{
	struct reading *self = arg;

	self->pending = false;
	if (result->status == GRPC_OK && self->ended)
		return;
	self->ended = false;
	err_set(self->err, "the databroker cannot be read: %s%s",
		result->status ? result->sentence : "its answer has no end",
		result->status == GRPC_UNAUTHENTICATED
			? "; the shared secret must be that of the databroker"
			: "");
}

static bool read_all(struct grpc *grpc, struct reading *self)
{
	Databroker__SyncLatestRequest *request;
	struct grpc_request *call;
	struct pool pool;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__sync_latest_request);
	PB_SET_TEXT(request, type, STR(RECORD_TYPE));
	self->pending = true;
	call = grpc_start(
		grpc, &(struct grpc_call){ .method = "/databroker.DataBrokerService/SyncLatest",
					   .request = &request->base,
					   .answer = &databroker__sync_latest_response__descriptor,
					   .timeout_ms = CALL_MS,
					   .on_message = on_message,
					   .on_done = on_done,
					   .self = self });
	grpc_drain(grpc, &self->pending, CALL_MS);
	if (self->pending) {
		grpc_cancel(&call);
		err_set(self->err, "the databroker cannot be read: it does not answer");
	}
	pool_clear(&pool);
	return self->ended;
}

enum cli_status cli_view_add_databroker(struct view *view, const struct reach *reach,
					struct err *err)
{
	static const struct wanted_listener nobody;
	struct reading reading = { .err = err };
	struct grpc_settings settings;
	struct grpc *grpc;

	if (publisher_reach_read(reach, &settings, err))
		return CLI_USAGE;
	grpc = grpc_new(&settings, err);
	if (!grpc)
		return CLI_USAGE;
	reading.wanted = publisher_wanted_new(&nobody);
	publisher_plan_init(&reading.plan);
	if (read_all(grpc, &reading))
		cli_view_add_wanted(view, reading.wanted);
	publisher_plan_clear(&reading.plan);
	publisher_wanted_destroy(&reading.wanted);
	grpc_destroy(&grpc);
	return reading.ended ? CLI_GOOD : CLI_UNREADABLE;
}
