/* x509_cert: certificates in PEM.
 *
 *   in     PEM text, hostile
 *   out    a certificate
 *   owns   nothing
 *   never  looks at the chain or at the time; prints more of the text than the label of a block
 */
#include "x509/x509_cert.h"

#include <openssl/err.h>
#include <openssl/x509.h>

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

int x509_cert_open(struct x509_pem *pem, struct str text, enum x509_reader reader, struct err *err)
{
	x509_pem_open(pem, text);
	if (x509_pem_next_for(pem, reader) != X509_PEM_BLOCK)
		return err_set(err, NO_CERTIFICATE);
	if (!x509_pem_is(pem, "CERTIFICATE"))
		return err_set(err, "its first PEM block should be a CERTIFICATE, but is %s",
			       err_quote(str_from(pem->label)));
	return 0;
}

X509 *x509_cert_read(struct str text, enum x509_reader reader, struct err *err)
{
	struct x509_pem pem;
	X509 *cert = NULL;

	if (!x509_cert_open(&pem, text, reader, err) && !(cert = from_der(pem.der, pem.len)))
		err_set(err, "its first PEM block is not an X.509 certificate that can be read");
	x509_pem_close(&pem);
	return cert;
}

void x509_cert_free(X509 *cert)
{
	X509_free(cert);
}
