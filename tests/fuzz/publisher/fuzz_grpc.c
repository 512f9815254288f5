/* fuzz_grpc: an answer of a server that means no good: its frames in pieces of any size, its
 * header lines, its records. */
#include "base/pool.h"
#include "grpc/grpc_frame.h"
#include "pb/databroker.pb-c.h"
#include "pb/reflect.h"
#include "publisher/databroker/record.h"

#define MESSAGE_MAX 4096

static int on_message(void *self, struct str message, struct err *err)
{
	const Databroker__SyncResponse *answer;
	struct plan_entry entry;
	struct msg_key owner;
	struct pool pool;

	(void)self;
	if (message.len > MESSAGE_MAX)
		__builtin_trap();
	pool_init(&pool);
	answer = (const void *)pb_unpack(&databroker__sync_response__descriptor, message, &pool,
					 err);
	if (answer && answer->record) {
		publisher_record_owner(pb_str(answer->record->id), &owner);
		if (answer->record->data)
			publisher_record_read(pb_str(answer->record->data->value), &entry, err);
	}
	pool_wipe(&pool);
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* The first byte says in which pieces the rest comes. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct grpc_trailers trailers;
	struct grpc_frames frames;
	struct str rest = { (const char *)data + 1, size - 1 }, line;
	struct err err = { "" };
	size_t step;
	int rc = 0;

	if (!size)
		return 0;
	step = data[0] ? data[0] : size;
	grpc_frames_init(&frames, MESSAGE_MAX);
	for (size_t at = 0; at < rest.len && rc == 0; at += step)
		rc = grpc_frames_feed(&frames, str_slice(rest, at, at + step), on_message, NULL,
				      &err);
	if (frames.rest.len > MESSAGE_MAX + GRPC_FRAME_HEAD)
		__builtin_trap();
	grpc_frames_clear(&frames);
	grpc_trailers_init(&trailers);
	while (rest.len) {
		struct str tail = STR("");

		if (!str_cut(rest, '\n', &line, &tail))
			line = rest;
		grpc_trailers_line(&trailers, line);
		rest = tail;
	}
	if (trailers.status < -1 || trailers.status >= GRPC_N_STATUS)
		__builtin_trap();
	return 0;
}
