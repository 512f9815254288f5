/* fuzz_pem: bytes as a certificate or a bundle of them. Whatever the verdict, there is a sentence with a refusal. */
#include <stdint.h>

#include "translator/parse/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str pem = { (const char *)data, size };
	struct err err = { "" };

	translator_pem_starts_with_certificate(pem);
	if (translator_pem_first(pem, &err) && !err.text[0])
		abort();
	err.text[0] = '\0';
	if (translator_pem_bundle(pem, &err) && !err.text[0])
		abort();
	return 0;
}
