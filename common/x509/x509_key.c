/* x509_key: private keys in PEM.
 *
 *   in     PEM text, hostile
 *   out    a key; whether it can be used, whether it belongs to a certificate
 *   owns   nothing
 *   never  asks for a passphrase, leaves a copy of a key in memory
 */
#include "x509/x509_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
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

static EVP_PKEY *from_pkcs8(const unsigned char *der, long len)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, len);
	EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

static EVP_PKEY *from_block(const struct x509_pem *pem, enum x509_reader reader)
{
	const unsigned char *at = pem->der;

	if (is_encrypted(pem))
		return NULL;
	if (reader == X509_GO)
		return d2i_AutoPrivateKey(NULL, &at, pem->len);
	if (x509_pem_is(pem, "PRIVATE KEY"))
		return from_pkcs8(pem->der, pem->len);
	if (x509_pem_is(pem, "RSA PRIVATE KEY"))
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, pem->len);
	if (x509_pem_is(pem, "EC PRIVATE KEY"))
		return d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, pem->len);
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
