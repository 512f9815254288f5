/* test_secret_info: what is told of a secret value, with keys and certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "resolver/secrets/secret_info.h"

static struct pool pool;

static struct str take_bio(BIO *bio)
{
	char *ptr;
	long len = BIO_get_mem_data(bio, &ptr);
	struct str text = pool_bytes(&pool, ptr, (size_t)len);

	BIO_free(bio);
	return text;
}

static struct str pkcs8_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	return take_bio(bio);
}

static struct str traditional_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL),
			 1);
	return take_bio(bio);
}

static struct str encrypted_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(
		PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), "pass", 4, NULL, NULL),
		1);
	return take_bio(bio);
}

static struct str public_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	return take_bio(bio);
}

static struct str certificate_of(EVP_PKEY *key)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)"a.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key,
			      EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256()) >
		    0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	X509_free(x);
	return take_bio(bio);
}

static struct msg_secret_info fact_of(struct str name, struct str value, struct str certificate)
{
	struct str_pair pairs[] = { { name, value }, { STR("tls.crt"), certificate } };
	struct str_map data = { pairs, certificate.ptr ? 2 : 1 };
	struct msg_secret_info_list values = { 0 };

	resolver_secret_info_from_data(&data, &pool, &values);
	assert_int_equal(values.n, data.n);
	assert_true(str_eq(values.items[0].name, name));
	return values.items[0];
}

static void expect_key(struct str pem, struct str certificate, bool is_key, bool matches)
{
	struct msg_secret_info info = fact_of(STR("tls.key"), pem, certificate);

	assert_int_equal(info.is_private_key, is_key);
	assert_int_equal(info.matches_cert, matches);
	assert_null(info.clear.ptr);
	/* What holds a key is never shown, whatever its name. */
	if (is_key)
		assert_null(fact_of(STR("ca.crt"), pem, STR_NONE).clear.ptr);
}

static void test_key_forms(void **state)
{
	EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048),
		 *ec = EVP_EC_gen("P-256");
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *koblitz = EVP_EC_gen("secp256k1");
	struct str cert = certificate_of(ec);

	(void)state;
	expect_key(pkcs8_of(rsa), STR_NONE, true, false);
	expect_key(traditional_of(rsa), certificate_of(rsa), true, true);
	expect_key(pkcs8_of(ec), cert, true, true);
	expect_key(traditional_of(ec), cert, true, true);
	expect_key(pkcs8_of(ed), certificate_of(ed), true, true);
	expect_key(pkcs8_of(rsa), cert, true, false);
	expect_key(encrypted_of(ec), cert, false, false);
	expect_key(public_of(ec), cert, false, false);
	expect_key(pkcs8_of(koblitz), STR_NONE, false, false);
	expect_key(cert, cert, false, false);
	/* Text before the block, and a certificate before the key. */
	expect_key(pool_printf(&pool, "my key\n" STR_FMT, STR_ARG(pkcs8_of(ec))), cert, true, true);
	expect_key(pool_printf(&pool, STR_FMT STR_FMT, STR_ARG(cert), STR_ARG(pkcs8_of(ec))), cert,
		   true, true);
	expect_key(str_slice(pkcs8_of(ec), 0, 100), cert, false, false);
	expect_key(pkcs8_of(ec), STR("no certificate"), true, false);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(koblitz);
}

static struct str openssh_of(const char *bytes, size_t len)
{
	struct str text;
	struct buf buf;

	buf_init(&buf, BUF_MAX_TEXT);
	buf_puts(&buf, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	buf_base64(&buf, (struct str){ bytes, len });
	buf_puts(&buf, "\n-----END OPENSSH PRIVATE KEY-----\n");
	text = pool_str(&pool, buf_view(&buf));
	buf_clear(&buf);
	return text;
}

static void test_openssh(void **state)
{
	static const char plain[] = "openssh-key-v1\0\0\0\0\4none\0\0\0\4none rest";
	static const char locked[] = "openssh-key-v1\0\0\0\0\12aes256-ctr\0\0\0\6bcrypt rest";

	(void)state;
	expect_key(openssh_of(plain, sizeof(plain)), STR_NONE, true, false);
	expect_key(openssh_of(locked, sizeof(locked)), STR_NONE, false, false);
	expect_key(openssh_of(plain, 10), STR_NONE, false, false);
	expect_key(STR("-----BEGIN OPENSSH PRIVATE KEY-----"), STR_NONE, false, false);
	expect_key(STR("-----END OPENSSH PRIVATE KEY----------BEGIN OPENSSH PRIVATE KEY-----"),
		   STR_NONE, false, false);
	expect_key(STR("-----BEGIN OPENSSH PRIVATE KEY-----***-----END OPENSSH PRIVATE KEY-----"),
		   STR_NONE, false, false);
}

static void test_texts(void **state)
{
	static const struct {
		struct str value;
		bool utf8, has_control, is_blank;
	} rows[] = {
		{ { "", 0 }, true, false, true },
		{ { " \t\r\n\v\f", 6 }, true, true, true },
		{ { "abc", 3 }, true, false, false },
		{ { "a\nb", 3 }, true, true, false },
		{ { "a\0b", 3 }, true, true, false },
		{ { "\xff\xfe", 2 }, false, false, false },
		{ { "\xc3\xa4", 2 }, true, false, false },
		{ { NULL, 0 }, true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_secret_info info = fact_of(STR("k"), rows[i].value, STR_NONE);

		assert_int_equal(info.len, rows[i].value.len);
		assert_int_equal(info.utf8, rows[i].utf8);
		assert_int_equal(info.has_control, rows[i].has_control);
		assert_int_equal(info.is_blank, rows[i].is_blank);
		assert_null(info.clear.ptr);
	}
}

static void test_public_parts(void **state)
{
	(void)state;
	assert_true(str_is(fact_of(STR("tls.crt"), STR("any text"), STR_NONE).clear, "any text"));
	assert_true(str_is(fact_of(STR("ca.crt"), STR("any text"), STR_NONE).clear, "any text"));
	assert_non_null(fact_of(STR("ca.crt"), STR(""), STR_NONE).clear.ptr);
	assert_null(fact_of(STR("ca.crt"), STR("x -----BEGIN EC PRIVATE KEY----- x"), STR_NONE)
			    .clear.ptr);
	assert_null(fact_of(STR("tls.crt"), STR("-----BEGIN ENCRYPTED PRIVATE KEY-----"), STR_NONE)
			    .clear.ptr);
}

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_forms),
		cmocka_unit_test(test_openssh),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_public_parts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
