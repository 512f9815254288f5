/* fuzz_curve_text: bytes as a key file. Every key is 40 characters that ZeroMQ takes, every refusal has a sentence. */
#include <stdint.h>
#include <zmq.h>

#include "actor/link/curve_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str left = { (const char *)data, size };
	struct curve_line line;
	struct err err = { "" };
	uint8_t bytes[32];
	size_t n_lines = 0;
	int rc;

	while ((rc = actor_curve_text_next(&left, &n_lines, &line, &err)) == 1)
		if (strlen(line.key.text) != CURVE_KEY_LEN ||
		    !zmq_z85_decode(bytes, line.key.text) || line.room >= ROOM_PUBLISHER)
			abort();
	if (rc < 0 && !err.text[0])
		abort();
	return 0;
}
