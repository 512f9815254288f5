/* x509_pair: a certificate with its private key.
 *
 *   in     the bytes of tls.crt and tls.key
 *   out    the names that the certificate serves and the end of its validity
 *   owns   nothing
 *   never  keeps a key; looks at the common name, at dates or at the chain
 *
 * Rules: Go's encoding/pem (text before a block is skipped, so is a block that does not decode),
 * crypto/x509 and tls.X509KeyPair, since Pomerium refuses its whole configuration over a pair that
 * these do not take.
 */
#include "x509/x509_pair.h"

#include "rules/rules.h"
#include "x509/x509_cert.h"
#include "x509/x509_key.h"
#include "x509/x509_strict.h"

#define BYTES_MAX (1u << 20) /* Kubernetes' limit of a Secret */

static int check_key(const X509 *cert, struct str text, struct err *err)
{
	EVP_PKEY *key = x509_strict_check_text(text, NULL) ? NULL : x509_key_read(text, X509_GO);
	int rc = 0;

	if (!key || !x509_key_is_whole(key))
		rc = err_rule(err, RULE_KEY_READS,
			      "the private key is not an unencrypted PEM private key (PKCS#1, "
			      "PKCS#8 or SEC 1)");
	else if (!x509_key_matches(key, cert))
		rc = err_rule(err, RULE_KEY_MATCHES,
			      "the private key does not belong to the certificate; both must "
			      "be of one pair");
	x509_key_free(key);
	return rc;
}

int x509_pair_read(struct str cert, struct str key, struct pool *pool, struct x509_leaf *out,
		   struct err *err)
{
	X509 *x509;
	int rc;

	if (cert.len > BYTES_MAX || key.len > BYTES_MAX)
		return err_set(err, "the certificate and its key must have at most %u bytes each",
			       BYTES_MAX);
	if (x509_strict_check_chain(cert, X509_SERVER, pool, out, err) ||
	    !(x509 = x509_cert_read(cert, X509_GO, err)))
		return err_wrap(err, "the certificate");
	rc = check_key(x509, key, err);
	x509_cert_free(x509);
	return rc;
}
