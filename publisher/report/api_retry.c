/* api_retry: requests to the API server that fail.
 *
 *   in     what became of requests
 *   out    how long to wait; a line in the log, if that is news
 *   never  sends
 *
 * That something is forbidden is said once: it may be so in one namespace and not in another.
 */
#include "publisher/report/api_retry.h"

#include <stdio.h>

#include "base/log.h"

#define RETRY_FIRST_MS 500
#define RETRY_LONGEST_MS 30000
#define FORBIDDEN_MS 60000

void publisher_api_retry_init(struct api_retry *retry)
{
	*retry = (struct api_retry){ .forbidden = false };
	retry_init(&retry->retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

bool publisher_api_retry_may_pass(long status)
{
	return status == 0 || status == 401 || status == 403 || status == 429 || status >= 500;
}

uint64_t publisher_api_retry_failure(struct api_retry *retry, const char *what,
				     const struct kube_result *result)
{
	const bool forbidden = result->status == 403;
	uint64_t least_ms = forbidden ? FORBIDDEN_MS : 0;
	char reason[32];
	bool is_news;

	if (result->retry_after_ms > least_ms)
		least_ms = result->retry_after_ms;
	snprintf(reason, sizeof(reason), "status %ld", result->status);
	is_news = retry_failure(&retry->retry, str_from(reason), least_ms);
	if (is_news && !(forbidden && retry->forbidden))
		log_warn("cannot report to Kubernetes, publishing goes on",
			 "what=%s status=%ld reason=%s", log_value(what), result->status,
			 log_value(result->sentence));
	retry->forbidden |= forbidden;
	return retry_wait_ms(&retry->retry);
}

void publisher_api_retry_success(struct api_retry *retry)
{
	retry_success(&retry->retry);
}
