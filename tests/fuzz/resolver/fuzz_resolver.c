/* fuzz_resolver: bytes are a history of a small world; see universe.h for what must hold. */
#include "tests/unit/resolver/universe.h"

#define HISTORY_MAX (64 * UNIVERSE_STEP)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_outcomes[4] = { 0 };

	universe_run(data, size < HISTORY_MAX ? size : HISTORY_MAX, n_outcomes);
	return 0;
}
