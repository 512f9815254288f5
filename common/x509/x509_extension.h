/* x509_extension: the extensions of a certificate. */
#ifndef X509_X509_EXTENSION_H
#define X509_X509_EXTENSION_H

#include "base/err.h"
#include "base/pool.h"

struct x509_extensions {
	bool must_staple;
	bool key_usage; /* it says what the key is for, */
	bool signs;     /* and that is digitalSignature, too */
	bool named;     /* its alternative names hold a host, an address or a URI */
};

/* Each an OID, perhaps a mark and bytes, whatever they are. The body of the list. */
bool x509_extension_are_whole(struct str list);
/* The same of a revocation list, or of an entry in one: both readers look at those they know. */
bool x509_extension_are_good_for_crl(struct str list);
/* Go reads them: those that it knows are well-formed, and none stands there twice. An absent list
 * has none. */
int x509_extension_check_all(struct str list, struct x509_extensions *out, struct err *err);

/* The DNS names among the alternative names of a certificate; the common name does not count. */
struct str_list x509_extension_dns_names(struct str list, struct pool *pool);
/* It says that it is for servers; one that says nothing of what it is for does not. */
bool x509_extension_is_for_servers(struct str list);

#endif
