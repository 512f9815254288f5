/* test_grpc_jwt: the token: known bytes for a known secret (computed with openssl dgst -sha256
 * -mac HMAC). */
#include "grpc/grpc_jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_known_token(void **state)
{
	struct hash secret;
	struct buf out;

	(void)state;
	for (int i = 0; i < HASH_LEN; i++)
		secret.bytes[i] = (unsigned char)i;
	buf_init(&out, BUF_MAX_TEXT);
	grpc_jwt_add(&out, &secret, 1700000000);
	assert_string_equal(out.ptr, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
				     "eyJleHAiOjE3MDAwMDAwMDB9."
				     "1AGd5AE-Kf6zOsqMNNkqp-rv33WoEGEmU8ihCxSppcQ");
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_known_token) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
