/* fuzz_x509_pem: bytes as a certificate, a bundle of them, a
 * revocation list, a private key. Whatever the verdict, there is a sentence with a refusal. */
#include <stdint.h>

#include "x509/x509_cert.h"
#include "x509/x509_key.h"
#include "x509/x509_strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str pem = { (const char *)data, size };
	struct err err = { "" };

	for (int use = X509_SERVER; use <= X509_CLIENT; use++) {
		err.text[0] = '\0';
		if (x509_strict_check_chain(pem, (enum x509_use)use, NULL, NULL, &err) &&
		    !err.text[0])
			abort();
	}
	err.text[0] = '\0';
	if (x509_strict_check_bundle(pem, &err) && !err.text[0])
		abort();
	err.text[0] = '\0';
	if (x509_strict_check_crl(pem, &err) && !err.text[0])
		abort();
	for (int reader = X509_GO; reader <= X509_BORINGSSL; reader++)
		x509_key_free(x509_key_read(pem, (enum x509_reader)reader));
	x509_key_is_openssh(pem);
	return 0;
}
