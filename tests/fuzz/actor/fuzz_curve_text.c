/* fuzz_curve_text: bytes as a key file. Every key is 40 characters that ZeroMQ takes, every refusal has a sentence. */
#include <stdint.h>
#include <zmq.h>

#include "actor/link/curve_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str left = { (const char *)data, size };
	struct curve_key key;
	struct err err = { "" };
	uint8_t bytes[32];
	size_t n_lines = 0;
	int rc;

	while ((rc = actor_curve_text_next(&left, &n_lines, &key, &err)) == 1)
		if (strlen(key.text) != CURVE_KEY_LEN || !zmq_z85_decode(bytes, key.text))
			abort();
	if (rc < 0 && !err.text[0])
		abort();
	return 0;
}
