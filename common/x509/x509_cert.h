/* x509_cert: certificates in PEM. */
#ifndef X509_X509_CERT_H
#define X509_X509_CERT_H

#include <openssl/types.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "x509/x509_pem.h"

/* The first block, which must be the certificate. NULL and a sentence about "it". */
X509 *x509_cert_read(struct str pem, enum x509_reader reader, struct err *err);
void x509_cert_free(X509 *cert);
/* The DNS names of the subject alternative name; the common name does not count. */
struct str_list x509_cert_names(const X509 *cert, struct pool *pool);
/* Whether the host, or the wildcard in the place of its first label, is among them; in any case of
 * letters. */
bool x509_cert_names_host(const struct str_list *names, struct str host);
/* The beginning and the end of its validity, in seconds since 1970; -1: there is none that can be
 * read. */
int x509_cert_begin(const X509 *cert, int64_t *out);
int x509_cert_end(const X509 *cert, int64_t *out);

#endif
