/* test_hash: known answers of the published test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void to_hex(const struct hash *hash, char *out)
{
	for (size_t i = 0; i < HASH_LEN; i++)
		(void)snprintf(out + i * 2, 3, "%02x", hash->bytes[i]);
}

static void knows_sha256(void **state)
{
	struct hash hash = hash_of(STR("abc")), empty = hash_of(STR_NONE); /* FIPS 180-4 */
	struct hash_sum *sum;
	struct hash in_pieces;
	char hex[HASH_LEN * 2 + 1];

	(void)state;
	to_hex(&hash, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	to_hex(&empty, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

	sum = hash_sum_new();
	hash_sum_add(sum, STR("a"));
	hash_sum_add(sum, STR_NONE);
	hash_sum_add(sum, STR("bc"));
	hash = hash_of(STR("abc"));
	in_pieces = hash_sum_end(&sum);
	assert_true(hash_equal(&hash, &in_pieces));
	assert_null(sum);
}

static void knows_hmac(void **state)
{
	struct hash key = { { 0 } },
		    hash; /* RFC 4231, test case 1: a short key is one with zeros behind it */
	char hex[HASH_LEN * 2 + 1];

	(void)state;
	memset(key.bytes, 0x0b, 20);
	hash = hash_hmac(&key, STR("Hi There"));
	to_hex(&hash, hex);
	assert_string_equal(hex,
			    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_true(hash_equal(&hash, &hash));
	assert_false(hash_equal(&hash, &key));
}

static void random_bytes_differ(void **state)
{
	unsigned char a[64], b[64];

	(void)state;
	hash_random(a, sizeof(a));
	hash_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(hash_random64() != hash_random64());
}

static void fast_hash_tells_lengths_apart(void **state)
{
	static const char zeros[64];

	(void)state;
	for (size_t a = 0; a < sizeof(zeros); a++) {
		assert_true(hash_fast((struct str){ zeros, a }) ==
			    hash_fast((struct str){ zeros, a }));
		for (size_t b = 0; b < a; b++)
			assert_true(hash_fast((struct str){ zeros, a }) !=
				    hash_fast((struct str){ zeros, b }));
	}
	assert_true(hash_fast(STR("12345678a")) != hash_fast(STR("12345678b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_sha256),
		cmocka_unit_test(knows_hmac),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(fast_hash_tells_lengths_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
