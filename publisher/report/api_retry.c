/* api_retry: requests to the API server that fail.
 *
 *   in     what became of requests
 *   out    how long to wait; a line in the log, if that is news
 *   never  sends
 *
 * That something is forbidden is said once: it may be so in one namespace and not in another. An
 * API server that starts forbids everything until it has read who may do what, so at first it is
 * asked again soon.
 */
#include "publisher/report/api_retry.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#define RETRY_FIRST_MS 500
#define RETRY_LONGEST_MS 30000
#define FORBIDDEN_MS 60000
#define STARTS_MS 15000
#define STARTS_STEP_MS 2000

void publisher_api_retry_init(struct api_retry *retry)
{
	*retry = (struct api_retry){ 0 };
	retry_init(&retry->retry, RETRY_FIRST_MS, RETRY_LONGEST_MS);
}

bool publisher_api_retry_may_pass(long status)
{
	return status == 0 || status == 401 || status == 403 || status == 429 || status >= 500;
}

static void warn(const char *what, const struct kube_result *result)
{
	log_warn("cannot report to Kubernetes, publishing goes on", "what=%s status=%ld reason=%s",
		 log_value(what), result->status, log_value(result->sentence));
}

bool publisher_api_retry_is_forbidden(const struct api_retry *retry)
{
	return retry->forbidden_ms - retry->since_ms >= STARTS_MS;
}

static uint64_t wait_forbidden(struct api_retry *retry)
{
	const uint64_t now_ms = clock_ms();

	if (!retry->forbidden_ms || now_ms - retry->forbidden_ms > 2 * FORBIDDEN_MS)
		retry->since_ms = now_ms;
	retry->forbidden_ms = now_ms;
	return publisher_api_retry_is_forbidden(retry) ? FORBIDDEN_MS : STARTS_STEP_MS;
}

uint64_t publisher_api_retry_failure(struct api_retry *retry, const char *what,
				     const struct kube_result *result)
{
	char reason[32];

	if (result->status == 403) {
		if (!retry->forbidden_ms)
			warn(what, result);
		return wait_forbidden(retry);
	}
	snprintf(reason, sizeof(reason), "status %ld", result->status);
	if (retry_failure(&retry->retry, str_from(reason), result->retry_after_ms))
		warn(what, result);
	return retry_wait_ms(&retry->retry);
}

void publisher_api_retry_success(struct api_retry *retry)
{
	retry_success(&retry->retry);
}
