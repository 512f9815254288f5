/* x509_cert: certificates in PEM.
 *
 *   in     PEM text, hostile
 *   out    a certificate, its names and its end; whether a bundle can be used
 *   owns   nothing
 *   never  looks at the chain or at the time; prints more of the text than the label of a block
 */
#include "x509/x509_cert.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define NO_CERTIFICATE                                                   \
	"there is no PEM block of a certificate in it; one begins with " \
	"-----BEGIN CERTIFICATE-----"

/* All bytes of the block, or it is none. */
static X509 *from_der(const unsigned char *der, long len)
{
	const unsigned char *at = der;
	X509 *cert = d2i_X509(NULL, &at, len);

	ERR_clear_error();
	if (cert && at == der + len)
		return cert;
	X509_free(cert);
	return NULL;
}

X509 *x509_cert_read(struct str text, enum x509_reader reader, struct err *err)
{
	struct x509_pem pem;
	enum x509_pem_found found;
	X509 *cert = NULL;

	x509_pem_open(&pem, text);
	found = x509_pem_next_for(&pem, reader);
	if (found != X509_PEM_BLOCK)
		err_set(err, NO_CERTIFICATE);
	else if (!x509_pem_is(&pem, "CERTIFICATE"))
		err_set(err, "its first PEM block should be a CERTIFICATE, but is %s",
			err_quote(str_from(pem.label)));
	else if (!(cert = from_der(pem.der, pem.len)))
		err_set(err, "its first PEM block is not an X.509 certificate that can be read");
	x509_pem_close(&pem);
	return cert;
}

void x509_cert_free(X509 *cert)
{
	X509_free(cert);
}

struct str_list x509_cert_names(const X509 *cert, struct pool *pool)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int n = names ? sk_GENERAL_NAME_num(names) : 0;
	struct str_list out = { pool_array(pool, (size_t)n + 1, sizeof(*out.items)), 0 };

	for (int i = 0; i < n; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			out.items[out.n++] =
				pool_bytes(pool, ASN1_STRING_get0_data(name->d.dNSName),
					   (size_t)ASN1_STRING_length(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return out;
}

int x509_cert_end(const X509 *cert, int64_t *out)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}

/* What BoringSSL takes, Go takes too. */
int x509_cert_check(struct str pem, struct err *err)
{
	X509 *cert = x509_cert_read(pem, X509_BORINGSSL, err);

	X509_free(cert);
	return cert ? 0 : -1;
}

/* ---- several blocks ---- */

int x509_cert_check_bundle(struct str text, struct err *err)
{
	struct x509_pem pem;
	size_t n = 0;
	int rc = 0;

	x509_pem_open(&pem, text);
	while (!rc && x509_pem_next(&pem) == X509_PEM_BLOCK) {
		X509 *cert;

		if (!x509_pem_is(&pem, "CERTIFICATE"))
			continue;
		n++;
		cert = from_der(pem.der, pem.len);
		if (!cert)
			rc = err_set(err, "certificate %zu in it cannot be read", n);
		X509_free(cert);
	}
	x509_pem_close(&pem);
	return rc || n ? rc : err_set(err, NO_CERTIFICATE);
}

static bool is_crl(const unsigned char *der, long len)
{
	const unsigned char *at = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, len);
	bool whole = crl && at == der + len;

	X509_CRL_free(crl);
	ERR_clear_error();
	return whole;
}

/* Whether the line of the last block's end is the last one. */
static bool ends_in_pem(struct str text)
{
	static const char mark[] = "-----END ";
	const char *last = NULL, *line_end;
	struct str rest = text;

	for (const char *at; (at = memmem(rest.ptr, rest.len, mark, sizeof(mark) - 1)) != NULL;) {
		last = at;
		rest = str_slice(text, (size_t)(at - text.ptr) + 1, text.len);
	}
	if (!last)
		return false;
	line_end = memchr(last, '\n', (size_t)(text.ptr + text.len - last));
	return !line_end || line_end + 1 == text.ptr + text.len;
}

int x509_cert_check_crl(struct str text, struct err *err)
{
	struct x509_pem pem;
	size_t n = 0;
	int rc = 0;

	x509_pem_open(&pem, text);
	while (!rc && x509_pem_next(&pem) == X509_PEM_BLOCK) {
		n++;
		if (x509_pem_is(&pem, "X509 CRL") && !is_crl(pem.der, pem.len))
			rc = err_set(err, "block %zu is not a revocation list that can be read", n);
	}
	x509_pem_close(&pem);
	if (!rc && (n == 0 || !ends_in_pem(text)))
		rc = err_set(err, "it should hold PEM blocks X509 CRL and nothing after them");
	return rc;
}
