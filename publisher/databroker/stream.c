/* stream: records of one type in the databroker: all that there are, and each change after them.
 *
 *   in     SyncLatest: all records and the versions; Sync: each change after them
 *   out    each record, to whom the stream is for
 *   owns   the versions, as of what was read
 *   never  writes a record; knows what is in one
 *
 * A databroker that was wiped or restarted has another server version: Sync is ABORTED, and all is
 * read anew. A stream that only broke goes on where it was.
 */
#include "publisher/databroker/databroker_inside.h"

#define RETRY_FIRST_MS 100
#define RETRY_LONGEST_MS 2000
#define STOOD_MS 10000 /* a stream that ends sooner has not been one */
#define ENDS_MAX 5     /* of those in a row, before that is worth a line */

/* When to try again. */
static uint64_t failed(struct record_stream *stream, const char *what,
		       const struct grpc_result *result)
{
	if (stream->ops->is_second && result->status == GRPC_UNAVAILABLE)
		return clock_ms() + backoff_next(&stream->retry.backoff);
	return clock_ms() + publisher_call_failure(&stream->retry, what, result);
}

static bool has_stood(const struct record_stream *stream)
{
	return stream->sent_ms && clock_ms() - stream->sent_ms >= STOOD_MS;
}

/* The steps begin anew, but not for one that ends again and again. */
static void works(struct record_stream *stream)
{
	if (has_stood(stream))
		stream->n_ends = 0;
	if (stream->n_ends)
		retry_recovered(&stream->retry);
	else
		retry_success(&stream->retry);
}

/* ---- SyncLatest ---- */

static int on_latest(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct record_stream *stream = arg;
	const Databroker__SyncLatestResponse *answer = (const void *)m;

	(void)err;
	if (answer->record)
		stream->ops->note(stream, answer->record);
	if (!answer->versions)
		return 0;
	stream->ended = true;
	stream->server_version = answer->versions->server_version;
	stream->record_version = answer->versions->latest_record_version;
	return 0;
}

static void end_reading(struct record_stream *stream)
{
	stream->ops->end(stream);
	stream->known_version = stream->server_version;
	stream->read = true;
	stream->read_ms = clock_ms();
	works(stream);
}

static void on_latest_done(void *arg, const struct grpc_result *result)
{
	struct record_stream *stream = arg;
	struct grpc_result cut = { GRPC_UNKNOWN, "SyncLatest ended without the versions" };

	stream->request = NULL;
	stream->reading = false;
	stream->next_ms = 0;
	if (result->status == GRPC_OK && stream->ended) {
		end_reading(stream);
		return;
	}
	stream->server_version = 0;
	if (result->status == GRPC_UNAVAILABLE && clock_ms() < stream->early_ms)
		stream->next_ms = clock_ms() + RETRY_FIRST_MS;
	else
		stream->next_ms =
			failed(stream, stream->ops->not_read, result->status ? result : &cut);
}

static void start_reading(struct record_stream *stream)
{
	struct pool pool;
	Databroker__SyncLatestRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__sync_latest_request);
	PB_SET_TEXT(request, type, stream->type);
	stream->ops->begin(stream);
	stream->reading = true;
	stream->ended = false;
	stream->request = grpc_start(
		stream->broker->grpc,
		&(struct grpc_call){ .method = "/databroker.DataBrokerService/SyncLatest",
				     .request = &request->base,
				     .answer = &databroker__sync_latest_response__descriptor,
				     .timeout_ms = 6 * DATABROKER_CALL_MS,
				     .on_message = on_latest,
				     .on_done = on_latest_done,
				     .self = stream });
	pool_clear(&pool);
}

/* ---- Sync ---- */

static int on_change(void *arg, const ProtobufCMessage *m, struct err *err)
{
	struct record_stream *stream = arg;
	const Databroker__SyncResponse *answer = (const void *)m;

	(void)err;
	if (answer->record) {
		stream->ops->note(stream, answer->record);
		if (answer->record->version > stream->record_version)
			stream->record_version = answer->record->version;
	}
	works(stream);
	return 0;
}

/* The databroker ends a stream when it is restarted or wiped, which is no failure; one that does so
 * each time is. */
static void count_end(struct record_stream *stream, const struct grpc_result *result)
{
	stream->n_ends = has_stood(stream) ? 1 : stream->n_ends + 1;
	if (stream->n_ends == ENDS_MAX)
		log_warn(stream->ops->not_followed,
			 "type=" STR_FMT " reason=\"Sync ends again and again, with %s\" times=%u",
			 STR_ARG(stream->type), result->status ? "ABORTED" : "OK", stream->n_ends);
}

static void on_sync_done(void *arg, const struct grpc_result *result)
{
	struct record_stream *stream = arg;
	const bool ended = result->status == GRPC_ABORTED || result->status == GRPC_OK;

	stream->request = NULL;
	if (ended)
		count_end(stream, result);
	stream->sent_ms = 0;
	if (ended) {
		stream->server_version = result->status ? 0 : stream->server_version;
		stream->next_ms = clock_ms() + backoff_next(&stream->retry.backoff);
		return;
	}
	stream->next_ms = failed(stream, stream->ops->not_followed, result);
}

/* The connection stands. */
static bool goes_out(void *arg)
{
	struct record_stream *stream = arg;

	stream->sent_ms = clock_ms();
	return true;
}

static void start_following(struct record_stream *stream)
{
	struct pool pool;
	Databroker__SyncRequest *request;

	pool_init(&pool);
	request = PB_NEW(&pool, databroker__sync_request);
	PB_SET(request, server_version, stream->server_version);
	PB_SET(request, record_version, stream->record_version);
	PB_SET_TEXT(request, type, stream->type);
	PB_SET(request, wait, 1);
	stream->request =
		grpc_start(stream->broker->grpc,
			   &(struct grpc_call){ .method = "/databroker.DataBrokerService/Sync",
						.request = &request->base,
						.answer = &databroker__sync_response__descriptor,
						.may_send = goes_out,
						.on_message = on_change,
						.on_done = on_sync_done,
						.self = stream });
	pool_clear(&pool);
}

/* ---- the tick ---- */

uint64_t publisher_stream_tick(struct record_stream *stream, uint64_t now_ms, bool may_read)
{
	if (stream->request)
		return UINT64_MAX;
	if (now_ms < stream->next_ms)
		return stream->next_ms;
	if (stream->server_version)
		start_following(stream);
	else if (may_read)
		start_reading(stream);
	return UINT64_MAX;
}

void publisher_stream_again(struct record_stream *stream)
{
	publisher_stream_close(stream);
	stream->server_version = 0;
	stream->next_ms = 0;
}

void publisher_stream_check(struct record_stream *stream, uint64_t server_version)
{
	if (server_version && server_version != stream->server_version && !stream->reading)
		publisher_stream_again(stream);
}

void publisher_stream_open(struct record_stream *stream, struct databroker *broker, struct str type,
			   const struct record_stream_ops *ops)
{
	*stream = (struct record_stream){ .broker = broker, .ops = ops, .type = type };
	retry_init(&stream->retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

void publisher_stream_close(struct record_stream *stream)
{
	grpc_cancel(&stream->request);
	stream->reading = false;
	stream->sent_ms = 0;
}
