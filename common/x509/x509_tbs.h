/* x509_tbs: what a certificate or a revocation list in DER must be, to be taken by Go's crypto/x509
 * and by BoringSSL in Envoy. */
#ifndef X509_X509_TBS_H
#define X509_X509_TBS_H

#include <stdint.h>

#include "base/err.h"

/* The certificate that is served (or shown to an upstream, if it is not served): read by both. */
int x509_tbs_check_leaf(struct str der, bool served, struct err *err);
/* One that signs: read by BoringSSL alone. */
int x509_tbs_check_authority(struct str der, struct err *err);
/* A certificate that can be read: its validity, in seconds since 1970, and its extensions, absent
 * if it has none. */
int x509_tbs_read(struct str der, int64_t *begin, int64_t *end, struct str *extensions,
		  struct err *err);
/* Read by both. */
int x509_tbs_check_crl(struct str der, struct err *err);

#endif
