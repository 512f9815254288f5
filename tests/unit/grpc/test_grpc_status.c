/* test_grpc_status: what may be tried again, and what an answer without gRPC means. */
#include "grpc/grpc_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_what_may_be_tried_again(void **state)
{
	(void)state;
	assert_true(grpc_status_may_retry(GRPC_UNAVAILABLE));
	assert_true(grpc_status_may_retry(GRPC_RESOURCE_EXHAUSTED));
	assert_true(grpc_status_may_retry(GRPC_DEADLINE_EXCEEDED));
	assert_false(grpc_status_may_retry(GRPC_OK));
	assert_false(grpc_status_may_retry(GRPC_ABORTED));
	assert_false(grpc_status_may_retry(GRPC_INVALID_ARGUMENT));
	assert_false(grpc_status_may_retry(GRPC_UNAUTHENTICATED));
	assert_false(grpc_status_may_retry((enum grpc_status)99));
}

static void test_every_status_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < GRPC_N_STATUS; i++)
		assert_non_null(grpc_status_name((enum grpc_status)i));
	assert_string_equal(grpc_status_name((enum grpc_status) - 1), "UNKNOWN");
}

static void test_http(void **state)
{
	(void)state;
	assert_int_equal(grpc_status_from_http(503), GRPC_UNAVAILABLE);
	assert_int_equal(grpc_status_from_http(404), GRPC_UNIMPLEMENTED);
	assert_int_equal(grpc_status_from_http(418), GRPC_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_be_tried_again),
		cmocka_unit_test(test_every_status_has_a_name),
		cmocka_unit_test(test_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
