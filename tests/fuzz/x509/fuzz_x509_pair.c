/* fuzz_x509_pair: bytes as tls.crt and, behind the first NUL, tls.key. */
#include "x509/x509_pair.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str cert = { (const char *)data, size }, key = STR("");
	struct x509_pair info;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	str_cut(cert, '\0', &cert, &key);
	if (x509_pair_read(cert, key, &pool, &info, &err) < 0 && !err.text[0])
		abort();
	pool_clear(&pool);
	return 0;
}
