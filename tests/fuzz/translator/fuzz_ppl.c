/* fuzz_ppl: the bytes of one policy. What compiles must be Rego text, what does not must be a
 * sentence. */
#include <stdint.h>

#include "base/pool.h"
#include "translator/ppl/ppl_compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { "" };
	struct pool pool;
	struct str rego;

	pool_init(&pool);
	if (translator_ppl_compile((struct str){ (const char *)data, size }, &pool, &rego, &err) <
	    0) {
		if (!*err.text || !str_is_utf8(str_from(err.text)))
			abort();
	} else if (!str_starts(rego, "package pomerium.policy\n") || !str_is_utf8(rego)) {
		abort();
	}
	pool_clear(&pool);
	return 0;
}
