/* x509_pair: a certificate in PEM with its private key, as far as it is chosen and checked. */
#ifndef X509_X509_PAIR_H
#define X509_X509_PAIR_H

#include "x509/x509_leaf.h"

/* Whether tls.X509KeyPair would take the two. -1: Pomerium would refuse them; the sentence does not
 * name the Secret. */
int x509_pair_read(struct str cert, struct str key, struct pool *pool, struct x509_leaf *out,
		   struct err *err);

#endif
