/* x509_leaf: names and times of a certificate.
 *
 *   in     PEM text, hostile
 *   out    its DNS names, its validity
 *   owns   nothing
 *   never  looks at the chain, at a signature or at the time
 *
 * OpenSSL makes a key of each certificate that it reads, which costs a translator more than all
 * else that it does for an Ingress. Nobody needs the key here. */
#include "x509/x509_leaf.h"

#include "x509/x509_cert.h"
#include "x509/x509_extension.h"
#include "x509/x509_tbs.h"

int x509_leaf_from_der(struct str der, struct pool *pool, struct x509_leaf *out, struct err *err)
{
	struct str extensions = STR_NONE;

	der = pool_bytes(pool, der.ptr, der.len);
	if (x509_tbs_read(der, &out->not_before, &out->not_after, &extensions, err))
		return -1;
	out->names = x509_extension_dns_names(extensions, pool);
	return 0;
}

int x509_leaf_read(struct str text, struct pool *pool, struct x509_leaf *out, struct err *err)
{
	struct x509_pem pem;
	int rc = x509_cert_open(&pem, text, X509_GO, err);

	if (!rc)
		rc = x509_leaf_from_der(x509_pem_der(&pem), pool, out, err);
	x509_pem_close(&pem);
	return rc;
}

static void add_names(struct str der, struct pool *pool, struct str_list *out)
{
	int64_t begin, end;
	struct str extensions = STR_NONE;
	struct str_list names;

	der = pool_bytes(pool, der.ptr, der.len);
	if (x509_tbs_read(der, &begin, &end, &extensions, NULL) < 0 ||
	    !x509_extension_is_for_servers(extensions))
		return;
	names = x509_extension_dns_names(extensions, pool);
	for (size_t i = 0; i < names.n; i++)
		*(struct str *)pool_push(pool, &out->items, &out->n, sizeof(struct str)) =
			names.items[i];
}

struct str_list x509_leaf_server_names(struct str text, struct pool *pool)
{
	struct str_list out = { NULL, 0 };
	struct x509_pem pem;

	x509_pem_open(&pem, text);
	while (x509_pem_next_for(&pem, X509_GO) == X509_PEM_BLOCK)
		if (x509_pem_is(&pem, "CERTIFICATE") && !pem.headers[0])
			add_names(x509_pem_der(&pem), pool, &out);
	x509_pem_close(&pem);
	return out;
}

bool x509_leaf_names_host(const struct str_list *names, struct str host)
{
	struct str label, parent = STR_NONE;

	(void)str_cut(host, '.', &label, &parent);
	for (size_t i = 0; i < names->n; i++) {
		const struct str name = names->items[i];

		if (str_eq_nocase(name, host) ||
		    (parent.ptr && str_starts(name, "*.") &&
		     str_eq_nocase(str_slice(name, 2, name.len), parent)))
			return true;
	}
	return false;
}
