/* bundle_secret: what a translator may know of a Secret. Of a private value a bundle holds the
 * length, a fingerprint, whether it is text, and whether it fits its certificate. */
#ifndef TRANSLATOR_BUNDLE_SECRET_H
#define TRANSLATOR_BUNDLE_SECRET_H

#include "base/err.h"
#include "msg/msg.h"
#include "x509/x509_strict.h"

/* The Secret of that name that the resolver has found; NULL if there is none. */
const struct msg_bundle_secret *translator_bundle_secret_find(const struct msg_bundle *bundle,
							      struct str namespace,
							      struct str name);
/* Pomerium and Envoy can serve with tls.crt and tls.key: both are there and are read, and the key
 * belongs to the certificate. `leaf` gets what that says of itself, in the pool; both may be
 * NULL. */
int translator_bundle_secret_check_pair(const struct msg_bundle_secret *secret, struct pool *pool,
					struct x509_leaf *leaf, struct err *err);

#endif
