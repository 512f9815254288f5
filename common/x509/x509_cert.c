/* x509_cert: certificates in PEM.
 *
 *   in     PEM text, hostile
 *   out    a certificate, its names and its end
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

bool x509_cert_names_host(const struct str_list *names, struct str host)
{
	struct str label, parent = STR_NONE;

	(void)str_cut(host, '.', &label, &parent);
	for (size_t i = 0; i < names->n; i++) {
		const struct str name = names->items[i];

		if (str_eq_nocase(name, host) ||
		    (parent.ptr && str_starts(name, "*.") &&
		     str_eq_nocase(str_slice(name, 2, name.len), parent)))
			return true;
	}
	return false;
}

static int seconds_of(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}

int x509_cert_begin(const X509 *cert, int64_t *out)
{
	return seconds_of(X509_get0_notBefore(cert), out);
}

int x509_cert_end(const X509 *cert, int64_t *out)
{
	return seconds_of(X509_get0_notAfter(cert), out);
}
