/* fuzz_publisher_keypair: bytes as tls.crt and, behind the first NUL, tls.key. */
#include "publisher/wanted/keypair.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str cert = { (const char *)data, size }, key = STR("");
	struct keypair_info info;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	str_cut(cert, '\0', &cert, &key);
	if (publisher_keypair_read(cert, key, &pool, &info, &err) < 0 && !err.text[0])
		abort();
	pool_clear(&pool);
	return 0;
}
