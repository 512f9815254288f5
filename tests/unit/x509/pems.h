/* pems: throw-away certificates and keys for tests, made when the test runs. */
#ifndef TESTS_X509_PEMS_H
#define TESTS_X509_PEMS_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"

struct pem_pair {
	struct str cert, key;
};

static inline struct str pem_take(BIO *bio, struct pool *pool)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);
	struct str out = pool_bytes(pool, text, (size_t)len);

	BIO_free(bio);
	return out;
}

static inline void pem_extend(X509 *x509, int what, const char *text)
{
	X509_EXTENSION *extension = text ? X509V3_EXT_conf_nid(NULL, NULL, what, text) : NULL;

	if (extension)
		X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
}

/* A certificate for these DNS names (comma separated "DNS:a,DNS:b", or NULL: none) and this use
 * ("serverAuth", or NULL: it does not say) that ends after `days`. */
static inline struct pem_pair pem_make_for(const char *names, const char *use, long days,
					   struct pool *pool)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	BIO *cert_out = BIO_new(BIO_s_mem()), *key_out = BIO_new(BIO_s_mem());

	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
				   (const unsigned char *)"cn.example", -1, -1, 0);
	ASN1_TIME_set(X509_getm_notBefore(x509), 1700000000);
	ASN1_TIME_set(X509_getm_notAfter(x509), 1700000000 + days * 86400);
	X509_set_pubkey(x509, key);
	pem_extend(x509, NID_subject_alt_name, names);
	pem_extend(x509, NID_ext_key_usage, use);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(cert_out, x509);
	PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL);
	X509_free(x509);
	EVP_PKEY_free(key);
	return (struct pem_pair){ pem_take(cert_out, pool), pem_take(key_out, pool) };
}

static inline struct pem_pair pem_make(const char *names, long days, struct pool *pool)
{
	return pem_make_for(names, NULL, days, pool);
}

#endif
