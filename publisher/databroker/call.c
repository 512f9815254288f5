/* call: calls of the databroker, and their failures.
 *
 *   in     a call and what became of it
 *   out    how long to wait before the next one; a line in the log, if that is news
 *   never  looks into an answer
 */
#include "publisher/databroker/databroker_inside.h"

void publisher_call_start(struct databroker *self, struct grpc_request **out,
			  const struct grpc_call *call)
{
	struct grpc_call own = *call;

	own.self = self;
	*out = grpc_start(self->grpc, &own);
}

uint64_t publisher_call_failure(struct retry *retry, const char *what,
				const struct grpc_result *result)
{
	const bool passing = grpc_status_may_retry(result->status);
	const char *hint = result->status == GRPC_UNAUTHENTICATED
				   ? " hint=\"the shared secret must be that of the databroker\""
				   : "";

	if (retry_failure(retry, str_from(result->sentence), passing ? 0 : retry->backoff.max_ms))
		log_at(passing ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, what,
		       "reason=%s%s retry_ms=%llu", log_value(result->sentence), hint,
		       (unsigned long long)retry_wait_ms(retry));
	return retry_wait_ms(retry);
}
