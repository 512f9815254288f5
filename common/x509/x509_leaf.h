/* x509_leaf: what a certificate says of itself to those who choose among certificates. */
#ifndef X509_X509_LEAF_H
#define X509_X509_LEAF_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

struct x509_leaf {
	struct str_list names; /* DNS names of the subject alternative name; the common name does
				  not count */
	int64_t not_before, not_after; /* seconds since 1970 */
};

/* In the pool. -1 and a sentence about "it": it is no certificate that can be read. */
int x509_leaf_from_der(struct str der, struct pool *pool, struct x509_leaf *out, struct err *err);
/* The same of the first PEM block that Go reads. */
int x509_leaf_read(struct str pem, struct pool *pool, struct x509_leaf *out, struct err *err);
/* The DNS names of every certificate in the text that says it is for servers, in the pool. What
 * cannot be read is passed over. */
struct str_list x509_leaf_server_names(struct str pem, struct pool *pool);
/* Whether the host, or the wildcard in the place of its first label, is among the names; in any
 * case of letters. */
bool x509_leaf_names_host(const struct str_list *names, struct str host);

#endif
