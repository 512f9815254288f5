/* api_retry: requests to the API server that fail: when to try again, and what is worth a line. */
#ifndef PUBLISHER_API_RETRY_H
#define PUBLISHER_API_RETRY_H

#include "base/retry.h"
#include "kube/kube.h"

struct api_retry {
	struct retry retry;
	uint64_t forbidden_ms; /* when something was last forbidden; 0: never */
	uint64_t since_ms;     /* since when it is */
};

void publisher_api_retry_init(struct api_retry *retry);
/* A failure that a later try may not meet. */
bool publisher_api_retry_may_pass(long status);
/* Logs a failed request once; returns how long nothing should be asked. */
uint64_t publisher_api_retry_failure(struct api_retry *retry, const char *what,
				     const struct kube_result *result);
void publisher_api_retry_success(struct api_retry *retry);
/* What is forbidden was so for long enough: the API server does not merely start. */
bool publisher_api_retry_is_forbidden(const struct api_retry *retry);

#endif
