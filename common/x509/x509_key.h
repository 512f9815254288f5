/* x509_key: private keys in PEM. */
#ifndef X509_X509_KEY_H
#define X509_X509_KEY_H

#include <openssl/types.h>
#include <stdbool.h>

#include "x509/x509_pem.h"

/* The first block of a private key: PKCS#1, PKCS#8 or SEC 1, not encrypted. NULL: there is none
 * that can be read. To Go the form is what the bytes say, to BoringSSL what the label says. */
EVP_PKEY *x509_key_read(struct str pem, enum x509_reader reader);
void x509_key_free(EVP_PKEY *key);
/* Of a type that Pomerium can serve with; OpenSSL reads more. */
bool x509_key_is_usable(const EVP_PKEY *key);
/* Its numbers belong together, as Go and BoringSSL check and OpenSSL does not. */
bool x509_key_is_whole(const EVP_PKEY *key);
bool x509_key_matches(const EVP_PKEY *key, const X509 *cert);
/* A private key in OpenSSH's own form, not encrypted. */
bool x509_key_is_openssh(struct str pem);

#endif
