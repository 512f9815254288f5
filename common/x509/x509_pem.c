/* x509_pem: the blocks of a PEM text.
 *
 *   in     text from Secrets and files, hostile
 *   out    labels and DER bytes
 *   owns   the block at hand
 *   never  leaves the bytes of a block in memory
 */
#include "x509/x509_pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

void x509_pem_open(struct x509_pem *pem, struct str text)
{
	const bool good = text.ptr && text.len <= X509_PEM_MAX;

	*pem = (struct x509_pem){ .in = BIO_new_mem_buf(good ? text.ptr : "",
							good ? (int)text.len : 0) };
}

static void drop_block(struct x509_pem *pem)
{
	OPENSSL_free(pem->label);
	OPENSSL_free(pem->headers);
	OPENSSL_clear_free(pem->der, pem->len > 0 ? (size_t)pem->len : 0);
	*pem = (struct x509_pem){ .in = pem->in };
}

enum x509_pem_found x509_pem_next(struct x509_pem *pem)
{
	unsigned long why;

	drop_block(pem);
	if (!pem->in)
		return X509_PEM_END;
	if (PEM_read_bio(pem->in, &pem->label, &pem->headers, &pem->der, &pem->len))
		return X509_PEM_BLOCK;
	why = ERR_peek_last_error();
	ERR_clear_error();
	return ERR_GET_REASON(why) == PEM_R_NO_START_LINE ? X509_PEM_END : X509_PEM_BROKEN;
}

enum x509_pem_found x509_pem_next_for(struct x509_pem *pem, enum x509_reader reader)
{
	enum x509_pem_found found;

	do
		found = x509_pem_next(pem);
	while (found == X509_PEM_BROKEN && reader == X509_GO);
	return found;
}

bool x509_pem_is(const struct x509_pem *pem, const char *label)
{
	return strcmp(pem->label, label) == 0;
}

struct str x509_pem_der(const struct x509_pem *pem)
{
	return (struct str){ (const char *)pem->der, (size_t)pem->len };
}

void x509_pem_close(struct x509_pem *pem)
{
	drop_block(pem);
	BIO_free(pem->in);
	pem->in = NULL;
}

static bool has(struct str text, const char *what)
{
	return text.ptr && memmem(text.ptr, text.len, what, strlen(what));
}

bool x509_pem_has_block(struct str text)
{
	return has(text, "-----BEGIN ");
}

bool x509_pem_has_key(struct str text)
{
	return has(text, "PRIVATE KEY");
}
