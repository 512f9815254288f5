/* x509_key: private keys in PEM.
 *
 *   in     PEM text, hostile
 *   out    a key; whether it can be used, whether it belongs to a certificate
 *   owns   nothing
 *   never  asks for a passphrase, leaves a copy of a key in memory
 */
#define OPENSSL_API_COMPAT 10101 /* has the functions that read a key of one type */

#include "x509/x509_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/buf.h"

static const char OPENSSH_BEGIN[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char OPENSSH_END[] = "-----END OPENSSH PRIVATE KEY-----";
/* What an OpenSSH key begins with: a magic, a length, the cipher "none". */
static const char OPENSSH_PLAIN[] = "openssh-key-v1\0\0\0\0\4none";

static bool is_key(const struct x509_pem *pem)
{
	return x509_pem_is(pem, "PRIVATE KEY") || str_ends(str_from(pem->label), " PRIVATE KEY");
}

static bool is_encrypted(const struct x509_pem *pem)
{
	return x509_pem_is(pem, "ENCRYPTED PRIVATE KEY") || strstr(pem->headers, "ENCRYPTED");
}

/* ---- forms ----
 *
 * For each key OpenSSL makes all of its decoders anew and asks which of them it is for. That takes
 * most of the time that a Secret does, and ends in these functions for the two types that nearly
 * all keys have. */

static EVP_PKEY *from_rsa(const unsigned char *der, long len)
{
	RSA *rsa = d2i_RSAPrivateKey(NULL, &der, len);
	EVP_PKEY *key = rsa ? EVP_PKEY_new() : NULL;

	if (key && EVP_PKEY_assign_RSA(key, rsa) == 1)
		return key;
	EVP_PKEY_free(key);
	RSA_free(rsa);
	return NULL;
}

/* NID_undef: the key says itself of which curve it is. */
static EVP_PKEY *from_ec(const unsigned char *der, long len, int curve)
{
	EC_KEY *ec = curve == NID_undef ? NULL : EC_KEY_new_by_curve_name(curve);
	EVP_PKEY *key = NULL;

	if ((ec || curve == NID_undef) && d2i_ECPrivateKey(&ec, &der, len))
		key = EVP_PKEY_new();
	if (key && EVP_PKEY_assign_EC_KEY(key, ec) == 1)
		return key;
	EVP_PKEY_free(key);
	EC_KEY_free(ec);
	return NULL;
}

/* NULL: it is neither RSA nor of a named curve. */
static EVP_PKEY *from_info(const PKCS8_PRIV_KEY_INFO *info)
{
	const X509_ALGOR *algorithm;
	const unsigned char *der;
	const ASN1_OBJECT *type;
	const void *params;
	int len, kind;

	if (PKCS8_pkey_get0(NULL, &der, &len, &algorithm, info) != 1)
		return NULL;
	X509_ALGOR_get0(&type, &kind, &params, algorithm);
	if (OBJ_obj2nid(type) == NID_rsaEncryption)
		return from_rsa(der, len);
	if (OBJ_obj2nid(type) == NID_X9_62_id_ecPublicKey && kind == V_ASN1_OBJECT)
		return from_ec(der, len, OBJ_obj2nid(params));
	return NULL;
}

static EVP_PKEY *from_pkcs8(const unsigned char *der, long len)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, len);
	EVP_PKEY *key = info ? from_info(info) : NULL;

	if (info && !key)
		key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

static EVP_PKEY *from_any(const unsigned char *der, long len)
{
	EVP_PKEY *key = from_pkcs8(der, len);

	key = key ? key : from_rsa(der, len);
	key = key ? key : from_ec(der, len, NID_undef);
	return key ? key : d2i_AutoPrivateKey(NULL, &der, len);
}

static EVP_PKEY *from_block(const struct x509_pem *pem, enum x509_reader reader)
{
	const unsigned char *der = pem->der;
	EVP_PKEY *key;

	if (is_encrypted(pem))
		return NULL;
	if (reader == X509_GO)
		return from_any(der, pem->len);
	if (x509_pem_is(pem, "PRIVATE KEY"))
		return from_pkcs8(der, pem->len);
	if (x509_pem_is(pem, "RSA PRIVATE KEY")) {
		key = from_rsa(der, pem->len);
		return key ? key : d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, pem->len);
	}
	if (x509_pem_is(pem, "EC PRIVATE KEY")) {
		key = from_ec(der, pem->len, NID_undef);
		return key ? key : d2i_PrivateKey(EVP_PKEY_EC, NULL, &der, pem->len);
	}
	return NULL;
}

EVP_PKEY *x509_key_read(struct str text, enum x509_reader reader)
{
	struct x509_pem pem;
	enum x509_pem_found found;
	EVP_PKEY *key = NULL;

	x509_pem_open(&pem, text);
	do
		found = x509_pem_next_for(&pem, reader);
	while (found == X509_PEM_BLOCK && !is_key(&pem));
	if (found == X509_PEM_BLOCK)
		key = from_block(&pem, reader);
	ERR_clear_error();
	x509_pem_close(&pem);
	return key;
}

void x509_key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

bool x509_key_is_usable(const EVP_PKEY *key)
{
	static const char *const curves[] = { "secp224r1", "prime256v1", "secp384r1", "secp521r1" };
	char name[32];

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_ED25519:
		return true;
	case EVP_PKEY_EC:
		break;
	default:
		return false;
	}
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(name, curves[i]) == 0)
			return true;
	return false;
}

/* ---- numbers ---- */

enum { N, E, D, P, Q, D_P, D_Q, Q_INVERSE, N_NUMBERS };

static const char *const number_names[] = {
	OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
	OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1
};

/* a * b == 1 (mod m) */
static bool is_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *ctx)
{
	BIGNUM *product = BN_secure_new();
	bool good = product && BN_mod_mul(product, a, b, m, ctx) && BN_is_one(product);

	BN_clear_free(product);
	return good;
}

/* One of the two primes: d is an inverse of e for it, and what was computed of d before is so. */
static bool fits_prime(BIGNUM *const *numbers, int prime, int exponent, BN_CTX *ctx)
{
	BIGNUM *less_one = BN_dup(numbers[prime]), *rest = BN_secure_new();
	bool good = less_one && rest && BN_sub_word(less_one, 1) && !BN_is_zero(less_one) &&
		    is_inverse(numbers[D], numbers[E], less_one, ctx) &&
		    BN_nnmod(rest, numbers[D], less_one, ctx) &&
		    BN_cmp(rest, numbers[exponent]) == 0;

	BN_clear_free(less_one);
	BN_clear_free(rest);
	return good;
}

static bool numbers_fit(BIGNUM *const *numbers, BN_CTX *ctx)
{
	BIGNUM *product = BN_secure_new();
	bool good = product && BN_mul(product, numbers[P], numbers[Q], ctx) &&
		    BN_cmp(product, numbers[N]) == 0 && BN_cmp(numbers[D], numbers[N]) < 0 &&
		    fits_prime(numbers, P, D_P, ctx) && fits_prime(numbers, Q, D_Q, ctx) &&
		    BN_cmp(numbers[Q_INVERSE], numbers[P]) < 0 &&
		    is_inverse(numbers[Q_INVERSE], numbers[Q], numbers[P], ctx);

	BN_clear_free(product);
	return good;
}

static bool is_whole_rsa(const EVP_PKEY *key)
{
	BIGNUM *numbers[N_NUMBERS] = { NULL }, *third = NULL;
	BN_CTX *ctx = BN_CTX_secure_new();
	bool good = ctx != NULL;

	for (int i = 0; i < N_NUMBERS; i++)
		good = EVP_PKEY_get_bn_param(key, number_names[i], &numbers[i]) == 1 && good;
	/* BoringSSL knows two primes. */
	good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) != 1 && good;
	good = good && numbers_fit(numbers, ctx);
	for (int i = 0; i < N_NUMBERS; i++)
		BN_clear_free(numbers[i]);
	BN_clear_free(third);
	BN_CTX_free(ctx);
	return good;
}

bool x509_key_is_whole(const EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx;
	bool good;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return true; /* it is one number */
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		good = is_whole_rsa(key);
	} else {
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)(uintptr_t)key, NULL);
		good = ctx && EVP_PKEY_pairwise_check(ctx) == 1;
		EVP_PKEY_CTX_free(ctx);
	}
	ERR_clear_error();
	return good;
}

bool x509_key_matches(const EVP_PKEY *key, const X509 *cert)
{
	const bool matches = X509_check_private_key(cert, key) == 1;

	ERR_clear_error();
	return matches;
}

bool x509_key_is_openssh(struct str pem)
{
	const char *begin = NULL, *end = NULL;
	struct buf bytes;
	bool plain = false;

	if (pem.len && pem.len <= X509_PEM_MAX) {
		begin = memmem(pem.ptr, pem.len, OPENSSH_BEGIN, strlen(OPENSSH_BEGIN));
		end = memmem(pem.ptr, pem.len, OPENSSH_END, strlen(OPENSSH_END));
	}
	if (!begin || !end || end < begin + strlen(OPENSSH_BEGIN))
		return false;
	begin += strlen(OPENSSH_BEGIN);
	buf_init(&bytes, X509_PEM_MAX);
	if (buf_unbase64(&bytes, (struct str){ begin, (size_t)(end - begin) }) == 0)
		plain = bytes.len >= sizeof(OPENSSH_PLAIN) - 1 &&
			memcmp(bytes.ptr, OPENSSH_PLAIN, sizeof(OPENSSH_PLAIN) - 1) == 0;
	buf_wipe(&bytes);
	return plain;
}
