/* grpc_status: how a call ended. */
#include "grpc/grpc_status.h"

#include <stddef.h>

static const struct {
	const char *name;
	bool may_retry;
} table[GRPC_N_STATUS] = {
	[GRPC_OK] = { "OK", false },
	[GRPC_CANCELLED] = { "CANCELLED", false },
	[GRPC_UNKNOWN] = { "UNKNOWN", true },
	[GRPC_INVALID_ARGUMENT] = { "INVALID_ARGUMENT", false },
	[GRPC_DEADLINE_EXCEEDED] = { "DEADLINE_EXCEEDED", true },
	[GRPC_NOT_FOUND] = { "NOT_FOUND", false },
	[GRPC_ALREADY_EXISTS] = { "ALREADY_EXISTS", false },
	[GRPC_PERMISSION_DENIED] = { "PERMISSION_DENIED", false },
	[GRPC_RESOURCE_EXHAUSTED] = { "RESOURCE_EXHAUSTED", true },
	[GRPC_FAILED_PRECONDITION] = { "FAILED_PRECONDITION", false },
	[GRPC_ABORTED] = { "ABORTED", false },
	[GRPC_OUT_OF_RANGE] = { "OUT_OF_RANGE", false },
	[GRPC_UNIMPLEMENTED] = { "UNIMPLEMENTED", false },
	[GRPC_INTERNAL] = { "INTERNAL", true },
	[GRPC_UNAVAILABLE] = { "UNAVAILABLE", true },
	[GRPC_DATA_LOSS] = { "DATA_LOSS", false },
	[GRPC_UNAUTHENTICATED] = { "UNAUTHENTICATED", false },
};

static const struct {
	long http;
	enum grpc_status status;
} from_http[] = {
	{ 400, GRPC_INTERNAL },      { 401, GRPC_UNAUTHENTICATED }, { 403, GRPC_PERMISSION_DENIED },
	{ 404, GRPC_UNIMPLEMENTED }, { 429, GRPC_UNAVAILABLE },     { 502, GRPC_UNAVAILABLE },
	{ 503, GRPC_UNAVAILABLE },   { 504, GRPC_UNAVAILABLE },
};

const char *grpc_status_name(enum grpc_status status)
{
	return (unsigned)status < GRPC_N_STATUS ? table[status].name : "UNKNOWN";
}

bool grpc_status_may_retry(enum grpc_status status)
{
	return (unsigned)status < GRPC_N_STATUS && table[status].may_retry;
}

enum grpc_status grpc_status_from_http(long http)
{
	for (size_t i = 0; i < sizeof(from_http) / sizeof(from_http[0]); i++)
		if (from_http[i].http == http)
			return from_http[i].status;
	return GRPC_UNKNOWN;
}
