/* x509_spki: the public key in a certificate. */
#ifndef X509_X509_SPKI_H
#define X509_X509_SPKI_H

#include "base/err.h"

/* An algorithm and bits, whatever they are. The body of SubjectPublicKeyInfo. */
bool x509_spki_is_whole(struct str spki);
/* One that Go reads and Envoy serves with. */
int x509_spki_check(struct str spki, struct err *err);
bool x509_spki_is_ec(struct str spki);

#endif
