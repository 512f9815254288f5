/* keypair: reads a certificate and its private key with OpenSSL.
 *
 *   in     the bytes of tls.crt and tls.key
 *   out    the names that the certificate serves and the end of its validity
 *   never  keeps a key; looks at the common name, at dates or at the chain
 *
 * Rules: Go's encoding/pem (text before a block is skipped, so is a block that does not decode),
 * crypto/x509 and tls.X509KeyPair, since Pomerium refuses its whole configuration over a pair that
 * these do not take.
 */
#include "publisher/wanted/keypair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define PEM_MAX (1u << 20) /* Kubernetes' limit of a Secret */

/* The next block that decodes; false at the end. The caller frees with free_block. */
static bool next_block(BIO *bio, char **name, char **header, unsigned char **der, long *len)
{
	while (!PEM_read_bio(bio, name, header, der, len)) {
		unsigned long why = ERR_peek_last_error();

		ERR_clear_error();
		if (ERR_GET_REASON(why) == PEM_R_NO_START_LINE || BIO_pending(bio) == 0)
			return false;
	}
	return true;
}

static void free_block(char *name, char *header, unsigned char *der, long len)
{
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, (size_t)len);
}

static X509 *read_cert(struct str text, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(text.ptr ? text.ptr : "", (int)text.len);
	char *name, *header;
	unsigned char *der;
	const unsigned char *at;
	long len;
	X509 *cert = NULL;

	if (!next_block(bio, &name, &header, &der, &len)) {
		err_set(err, "the certificate has no PEM block; it must begin with -----BEGIN "
			     "CERTIFICATE-----");
		goto out;
	}
	at = der;
	if (strcmp(name, "CERTIFICATE") != 0)
		err_set(err,
			"the first PEM block of the certificate is %s; the certificate itself must "
			"come first",
			err_quote(str_from(name)));
	else if (!(cert = d2i_X509(NULL, &at, len)) || at != der + len) {
		X509_free(cert);
		cert = NULL;
		err_set(err, "the certificate is not an X.509 certificate in DER form inside its "
			     "PEM block");
	}
	free_block(name, header, der, len);
out:
	ERR_clear_error();
	BIO_free(bio);
	return cert;
}

static bool is_key_name(const char *name)
{
	struct str s = str_from(name);

	return str_is(s, "PRIVATE KEY") || str_ends(s, " PRIVATE KEY");
}

/* PKCS#1, PKCS#8 or SEC 1, not encrypted: what tls.X509KeyPair takes. */
static EVP_PKEY *read_key(struct str text)
{
	BIO *bio = BIO_new_mem_buf(text.ptr ? text.ptr : "", (int)text.len);
	char *name, *header;
	unsigned char *der;
	long len;
	EVP_PKEY *key = NULL;

	while (next_block(bio, &name, &header, &der, &len)) {
		bool found = is_key_name(name);
		const unsigned char *at = der;

		if (found)
			key = d2i_AutoPrivateKey(NULL, &at, len);
		free_block(name, header, der, len);
		if (found)
			break;
	}
	ERR_clear_error();
	BIO_free(bio);
	return key;
}

static void list_names(X509 *cert, struct pool *pool, struct str_list *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int n = names ? sk_GENERAL_NAME_num(names) : 0;

	out->items = pool_array(pool, (size_t)n + 1, sizeof(*out->items));
	out->n = 0;
	for (int i = 0; i < n; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			out->items[out->n++] =
				pool_bytes(pool, ASN1_STRING_get0_data(name->d.dNSName),
					   (size_t)ASN1_STRING_length(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
}

static int read_end(X509 *cert, int64_t *out)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}

int publisher_keypair_read(struct str cert, struct str key, struct pool *pool,
			   struct keypair_info *out, struct err *err)
{
	X509 *x509 = NULL;
	EVP_PKEY *pkey = NULL;
	int rc = -1;

	if (cert.len > PEM_MAX || key.len > PEM_MAX)
		return err_set(err, "the certificate and its key must have at most %u bytes each",
			       PEM_MAX);
	x509 = read_cert(cert, err);
	if (!x509)
		goto out;
	if (read_end(x509, &out->not_after) < 0) {
		err_set(err, "the certificate has no end of validity that can be read");
		goto out;
	}
	pkey = read_key(key);
	if (!pkey) {
		err_set(err, "the private key is not an unencrypted PEM private key (PKCS#1, "
			     "PKCS#8 or SEC 1)");
		goto out;
	}
	if (X509_check_private_key(x509, pkey) != 1) {
		err_set(err, "the private key does not belong to the certificate; both must be of "
			     "one pair");
		goto out;
	}
	list_names(x509, pool, &out->names);
	rc = 0;
out:
	ERR_clear_error();
	EVP_PKEY_free(pkey);
	X509_free(x509);
	return rc;
}
