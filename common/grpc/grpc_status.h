/* grpc_status: how a call ended. Numbers and names: gRPC's status codes. */
#ifndef GRPC_GRPC_STATUS_H
#define GRPC_GRPC_STATUS_H

#include <stdbool.h>

enum grpc_status {
	GRPC_OK,
	GRPC_CANCELLED,
	GRPC_UNKNOWN,
	GRPC_INVALID_ARGUMENT,
	GRPC_DEADLINE_EXCEEDED,
	GRPC_NOT_FOUND,
	GRPC_ALREADY_EXISTS,
	GRPC_PERMISSION_DENIED,
	GRPC_RESOURCE_EXHAUSTED,
	GRPC_FAILED_PRECONDITION,
	GRPC_ABORTED,
	GRPC_OUT_OF_RANGE,
	GRPC_UNIMPLEMENTED,
	GRPC_INTERNAL,
	GRPC_UNAVAILABLE,
	GRPC_DATA_LOSS,
	GRPC_UNAUTHENTICATED,
	GRPC_N_STATUS
};

const char *grpc_status_name(enum grpc_status status);
/* The same call may do better a little later. */
bool grpc_status_may_retry(enum grpc_status status);
/* What an answer without a gRPC status means, by its HTTP status. */
enum grpc_status grpc_status_from_http(long http);

#endif
