/* pem: says whether text holds certificates that a TLS library can load.
 *
 *   in     PEM text of a Secret, hostile
 *   out    yes, or what is wrong with it
 *   owns   nothing
 *   never  prints more of the text than the label of a block
 */
#include "translator/parse/pem.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* One block: its label and the DER bytes; the caller frees. */
struct block {
	char *label, *header;
	unsigned char *der;
	long len;
};

static void block_clear(struct block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->der, block->len > 0 ? (size_t)block->len : 0);
	*block = (struct block){ 0 };
}

static bool next_block(BIO *in, struct block *block)
{
	bool found = PEM_read_bio(in, &block->label, &block->header, &block->der, &block->len) == 1;

	ERR_clear_error();
	return found;
}

static bool is_certificate(const struct block *block)
{
	const unsigned char *at = block->der;
	X509 *cert = d2i_X509(NULL, &at, block->len);
	bool whole = cert && at == block->der + block->len;

	X509_free(cert);
	ERR_clear_error();
	return whole;
}

static int check_blocks(BIO *in, bool first_only, struct err *err)
{
	struct block block = { 0 };
	size_t n = 0;
	int rc = 0;

	while (!rc && !(first_only && n) && next_block(in, &block)) {
		bool named = strcmp(block.label, "CERTIFICATE") == 0;

		if (!named && first_only)
			rc = err_set(err, "the first PEM block should be a CERTIFICATE, but is %s",
				     err_quote(str_from(block.label)));
		else if (named && !is_certificate(&block))
			rc = err_set(err, "PEM block %zu is not a certificate that can be read",
				     n + 1);
		n += named;
		block_clear(&block);
	}
	block_clear(&block);
	if (!rc && !n)
		rc = err_set(err, "there is no PEM block of a certificate in it");
	return rc;
}

static int check(struct str pem, bool first_only, struct err *err)
{
	BIO *in;
	int rc;

	if (!pem.len || pem.len > INT_MAX)
		return err_set(err, "there is no PEM block of a certificate in it");
	in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	if (!in)
		return err_set(err, "it cannot be read: out of memory");
	rc = check_blocks(in, first_only, err);
	BIO_free(in);
	return rc;
}

bool translator_pem_starts_with_certificate(struct str pem)
{
	struct str line, rest = pem;

	while (str_cut(rest, '\n', &line, &rest))
		if (str_starts(line, "-----BEGIN "))
			return str_is(str_trim(line), "-----BEGIN CERTIFICATE-----");
	return false;
}

int translator_pem_first(struct str pem, struct err *err)
{
	return check(pem, true, err);
}

int translator_pem_bundle(struct str pem, struct err *err)
{
	return check(pem, false, err);
}
