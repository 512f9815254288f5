/* test_api_retry: how long the publisher waits when the API server forbids something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "publisher/report/api_retry.h"

static const struct kube_result forbidden = { .status = 403, .sentence = "no" };

/* It forbids everything until it has read who may do what. */
static void one_that_starts_is_asked_again_soon(void **state)
{
	struct api_retry retry;

	(void)state;
	publisher_api_retry_init(&retry);
	assert_in_range(publisher_api_retry_failure(&retry, "a test", &forbidden), 1, 5000);
	assert_false(publisher_api_retry_is_forbidden(&retry));
	assert_in_range(publisher_api_retry_failure(&retry, "a test", &forbidden), 1, 5000);
	assert_false(publisher_api_retry_is_forbidden(&retry));
}

static void what_stays_forbidden_is_asked_seldom(void **state)
{
	struct api_retry retry;

	(void)state;
	publisher_api_retry_init(&retry);
	publisher_api_retry_failure(&retry, "a test", &forbidden);
	retry.since_ms -= 20000;
	assert_int_equal(publisher_api_retry_failure(&retry, "a test", &forbidden), 60000);
	assert_true(publisher_api_retry_is_forbidden(&retry));
}

/* Long after the last refusal, the next one may be of another start. */
static void an_old_refusal_is_forgotten(void **state)
{
	struct api_retry retry;

	(void)state;
	publisher_api_retry_init(&retry);
	publisher_api_retry_failure(&retry, "a test", &forbidden);
	retry.since_ms -= 400000;
	retry.forbidden_ms -= 300000;
	assert_in_range(publisher_api_retry_failure(&retry, "a test", &forbidden), 1, 5000);
	assert_false(publisher_api_retry_is_forbidden(&retry));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_starts_is_asked_again_soon),
		cmocka_unit_test(what_stays_forbidden_is_asked_seldom),
		cmocka_unit_test(an_old_refusal_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
