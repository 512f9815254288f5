/* fuzz_publisher_pgurl: bytes as a Postgres connection string.
 *
 * What is taken comes out with its file named once: adding it again is refused, and everything is
 * printable. */
#include "publisher/wanted/pgurl.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str_pair file = { STR("sslrootcert"), STR("/a folder/ca") };
	struct str_map params = { &file, 1 };
	struct str out, again;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	if (publisher_pgurl_add((struct str){ (const char *)data, size }, &params, &pool, &out,
				&err) == 0) {
		for (size_t i = 0; i < out.len; i++)
			if ((unsigned char)out.ptr[i] < 0x20)
				abort();
		if (publisher_pgurl_add(out, &params, &pool, &again, &err) == 0)
			abort();
	}
	pool_wipe(&pool);
	return 0;
}
