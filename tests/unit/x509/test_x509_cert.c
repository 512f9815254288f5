/* test_x509_cert: what counts as certificates and keys in PEM text, to Go and to BoringSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>

#include "base/buf.h"
#include "tests/unit/x509/pems.h"
#include "tests/unit/x509/pem_text.h"
#include "x509/x509_cert.h"
#include "x509/x509_key.h"

#define OTHER "-----BEGIN X-----\naGVsbG8=\n-----END X-----\n"
#define NO_CERTIFICATE "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"
#define BROKEN "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"

static bool reads(struct str text, enum x509_reader reader)
{
	struct err err = { "" };
	X509 *cert = x509_cert_read(text, reader, &err);
	const bool good = cert;

	if (good == (err.text[0] != '\0'))
		fail_msg("a sentence belongs to each refusal, and to no success: %s", err.text);
	x509_cert_free(cert);
	return good;
}

static void certificates(void **state)
{
	static const struct {
		const char *text;
		bool boringssl, go;
	} cases[] = {
		{ TEST_CERTIFICATE, true, true },
		{ TEST_CERTIFICATE TEST_CERTIFICATE, true, true },
		{ "text before\n" TEST_CERTIFICATE "text after\n", true, true },
		{ "text before " TEST_CERTIFICATE, false, false },
		{ TEST_CERTIFICATE NO_CERTIFICATE, true, true },
		{ OTHER TEST_CERTIFICATE, false, false },
		{ BROKEN TEST_CERTIFICATE, false, true },
		{ NO_CERTIFICATE, false, false },
		{ NO_CERTIFICATE TEST_CERTIFICATE, false, false },
		{ OTHER, false, false },
		{ "garbage", false, false },
		{ "", false, false },
		{ "-----BEGIN CERTIFICATE-----\n", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct str text = str_from(cases[i].text);

		if (reads(text, X509_GO) != cases[i].go ||
		    reads(text, X509_BORINGSSL) != cases[i].boringssl)
			fail_msg("%s", cases[i].text);
	}
	assert_false(reads(STR_NONE, X509_GO));
}

static EVP_PKEY *reads_key(struct str text, enum x509_reader reader)
{
	EVP_PKEY *key = x509_key_read(text, reader);

	x509_key_free(key);
	return key;
}

static struct str relabel(struct str pem, const char *from, const char *to, struct pool *pool)
{
	struct buf out;
	struct str text;
	const char *at;

	buf_init(&out, BUF_MAX_TEXT);
	while ((at = memmem(pem.ptr, pem.len, from, strlen(from)))) {
		buf_add(&out, pem.ptr, (size_t)(at - pem.ptr));
		buf_puts(&out, to);
		pem = str_slice(pem, (size_t)(at - pem.ptr) + strlen(from), pem.len);
	}
	buf_str(&out, pem);
	text = pool_str(pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

static void keys(void **state)
{
	struct pool pool = { 0 };
	const struct pem_pair pair = pem_make("DNS:a.example", 10, &pool);
	const struct str broken = pool_printf(&pool, BROKEN STR_FMT, STR_ARG(pair.key));
	const struct str behind_other = pool_printf(&pool, OTHER STR_FMT, STR_ARG(pair.key));
	struct str mislabelled =
		relabel(pair.key, "BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY", &pool);

	(void)state;
	assert_non_null(reads_key(pair.key, X509_GO));
	assert_non_null(reads_key(pair.key, X509_BORINGSSL));
	assert_non_null(reads_key(behind_other, X509_GO));
	assert_non_null(reads_key(behind_other, X509_BORINGSSL));
	assert_non_null(reads_key(broken, X509_GO));
	assert_null(reads_key(broken, X509_BORINGSSL));
	assert_null(reads_key(mislabelled, X509_GO)); /* it ends with another label */
	mislabelled = relabel(mislabelled, "END PRIVATE KEY", "END RSA PRIVATE KEY", &pool);
	assert_non_null(reads_key(mislabelled, X509_GO));
	assert_null(reads_key(mislabelled, X509_BORINGSSL));
	assert_null(reads_key(STR(TEST_CERTIFICATE), X509_GO));
	assert_null(reads_key(STR(TEST_CERTIFICATE), X509_BORINGSSL));
	assert_null(reads_key(STR_NONE, X509_GO));
	assert_null(reads_key(STR_NONE, X509_BORINGSSL));
	pool_clear(&pool);
}

static void reads_the_same(const EVP_PKEY *made, struct str text)
{
	for (int reader = X509_GO; reader <= X509_BORINGSSL; reader++) {
		EVP_PKEY *key = x509_key_read(text, (enum x509_reader)reader);

		assert_non_null(key);
		assert_int_equal(EVP_PKEY_eq(key, made), 1);
		assert_true(x509_key_is_usable(key));
		assert_true(x509_key_is_whole(key));
		x509_key_free(key);
	}
}

static void forms_of_keys(void **state)
{
	EVP_PKEY *made[] = { EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048),
			     EVP_EC_gen("P-224"), EVP_EC_gen("P-521"),
			     EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	struct pool pool = { 0 };
	BIO *out;

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		out = BIO_new(BIO_s_mem());
		assert_true(PEM_write_bio_PKCS8PrivateKey(out, made[i], NULL, NULL, 0, NULL, NULL));
		reads_the_same(made[i], pem_take(out, &pool));
		out = BIO_new(BIO_s_mem()); /* PKCS#1, SEC 1; Ed25519 has no other form */
		if (PEM_write_bio_PrivateKey_traditional(out, made[i], NULL, NULL, 0, NULL, NULL))
			reads_the_same(made[i], pem_take(out, &pool));
		else
			BIO_free(out);
		EVP_PKEY_free(made[i]);
	}
	pool_clear(&pool);
}

/* With a password there is no key for us, and nobody is asked for it. */
static void encrypted_keys(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *pkcs8 = BIO_new(BIO_s_mem()), *traditional = BIO_new(BIO_s_mem());
	unsigned char password[] = "pass";
	struct pool pool = { 0 };
	struct str text;

	(void)state;
	assert_int_equal(
		PEM_write_bio_PKCS8PrivateKey(pkcs8, key, EVP_aes_128_cbc(), "pass", 4, NULL, NULL),
		1);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(traditional, key, EVP_aes_128_cbc(),
							      password, 4, NULL, NULL),
			 1);
	text = pem_take(pkcs8, &pool);
	assert_non_null(memmem(text.ptr, text.len, "ENCRYPTED PRIVATE KEY", 21));
	assert_null(reads_key(text, X509_GO));
	assert_null(reads_key(text, X509_BORINGSSL));
	text = pem_take(traditional, &pool);
	assert_non_null(memmem(text.ptr, text.len, "Proc-Type: 4,ENCRYPTED", 22));
	assert_null(reads_key(text, X509_GO));
	assert_null(reads_key(text, X509_BORINGSSL));
	EVP_PKEY_free(key);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(keys),
		cmocka_unit_test(forms_of_keys),
		cmocka_unit_test(encrypted_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
