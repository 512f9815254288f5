/* x509_pem: the blocks of a PEM text, one after the other. Everything that reads PEM reads it here.
 *
 * Text outside of blocks is skipped. A block that does not decode is passed over and reported:
 * whether that matters is for the caller to say. */
#ifndef X509_X509_PEM_H
#define X509_X509_PEM_H

#include <stdbool.h>
#include <openssl/types.h>

#include "base/str.h"

#define X509_PEM_MAX (4u << 20) /* bytes of a text */

/* The reader that comes after us: Pomerium uses Go, which passes over a block that does not decode,
 * Envoy uses BoringSSL, which stops there. */
enum x509_reader { X509_GO, X509_BORINGSSL };

enum x509_pem_found { X509_PEM_END, X509_PEM_BLOCK, X509_PEM_BROKEN };

struct x509_pem {
	BIO *in;
	/* of the block at hand: */
	char *label;
	char *headers; /* "" but for old encrypted keys */
	unsigned char *der;
	long len;
};

/* A text that is too long has no blocks. */
void x509_pem_open(struct x509_pem *pem, struct str text);
enum x509_pem_found x509_pem_next(struct x509_pem *pem);
/* The same; those that the reader passes over are skipped. */
enum x509_pem_found x509_pem_next_for(struct x509_pem *pem, enum x509_reader reader);
/* Of the block at hand. */
bool x509_pem_is(const struct x509_pem *pem, const char *label);
struct str x509_pem_der(const struct x509_pem *pem);
void x509_pem_close(struct x509_pem *pem); /* wipes it: it may be a key */

/* Without decoding: a block begins somewhere in the text; one of a private key does. */
bool x509_pem_has_block(struct str text);
bool x509_pem_has_key(struct str text);

#endif
