/* x509_strict: certificates, authorities and revocation lists that everybody takes who reads them
 * after us: Go's encoding/pem and crypto/x509, and BoringSSL in Envoy. One that a reader refuses
 * stops the configuration of all. Sentences are about "it" and hold nothing of the text. */
#ifndef X509_X509_STRICT_H
#define X509_X509_STRICT_H

#include "x509/x509_leaf.h"

/* Blocks stand in lines of their own, and each of them is whole. Text between them is fine. */
int x509_strict_check_text(struct str pem, struct err *err);

enum x509_use { X509_SERVER, X509_CLIENT };

/* tls.crt: a certificate that can be served, or shown to an upstream, and those that signed it.
 * `leaf` gets what the first of them says of itself, in the pool; both may be NULL. */
int x509_strict_check_chain(struct str pem, enum x509_use use, struct pool *pool,
			    struct x509_leaf *leaf, struct err *err);
/* ca.crt: at least one authority, and nothing but authorities. */
int x509_strict_check_bundle(struct str pem, struct err *err);
/* Revocation lists, and nothing behind them. */
int x509_strict_check_crl(struct str pem, struct err *err);

#endif
