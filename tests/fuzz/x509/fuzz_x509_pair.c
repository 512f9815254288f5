/* fuzz_x509_pair: bytes as tls.crt and, behind the first NUL, tls.key. Of a pair that is taken,
 * OpenSSL must read the same times, and the same names; it may refuse those of an odd form, of which
 * Go takes what it knows. */
#include "x509/x509_pair.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "x509/x509_cert.h"

static void compare_names(const X509 *cert, const struct str_list *names)
{
	GENERAL_NAMES *theirs = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t n = 0;

	if (!theirs)
		return;
	for (int i = 0; i < sk_GENERAL_NAME_num(theirs); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(theirs, i);
		struct str text;

		if (name->type != GEN_DNS)
			continue;
		text.ptr = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
		text.len = (size_t)ASN1_STRING_length(name->d.dNSName);
		if (n == names->n || !str_eq(names->items[n++], text))
			abort();
	}
	if (n != names->n)
		abort();
	GENERAL_NAMES_free(theirs);
}

static void compare(struct str pem, const struct x509_leaf *leaf)
{
	X509 *cert = x509_cert_read(pem, X509_GO, NULL);
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notBefore(cert), &tm) || timegm(&tm) != leaf->not_before ||
	    !ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) || timegm(&tm) != leaf->not_after)
		abort();
	compare_names(cert, &leaf->names);
	x509_cert_free(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str cert = { (const char *)data, size }, key = STR("");
	struct x509_leaf leaf;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	str_cut(cert, '\0', &cert, &key);
	if (!x509_pair_read(cert, key, &pool, &leaf, &err))
		compare(cert, &leaf);
	else if (!err.text[0])
		abort();
	pool_clear(&pool);
	return 0;
}
