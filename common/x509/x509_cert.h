/* x509_cert: certificates in PEM. */
#ifndef X509_X509_CERT_H
#define X509_X509_CERT_H

#include <openssl/types.h>

#include "base/err.h"
#include "x509/x509_pem.h"

/* Opens the text at its first block, which must be a certificate; to be closed whatever comes. -1
 * and a sentence about "it". */
int x509_cert_open(struct x509_pem *pem, struct str text, enum x509_reader reader, struct err *err);
/* The certificate in that block. NULL and a sentence about "it". */
X509 *x509_cert_read(struct str pem, enum x509_reader reader, struct err *err);
void x509_cert_free(X509 *cert);

#endif
