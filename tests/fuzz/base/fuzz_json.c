/* fuzz_json: any bytes as JSON; what is read must print as JSON that reads as the same value. */
#include "base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct value v, again;
	struct buf json;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	buf_init(&json, BUF_MAX_FILE);
	if (json_parse((struct str){ (const char *)data, size }, &pool, &v, &err) == 0) {
		if (value_to_json(&v, false, &json, &err) ||
		    json_parse(buf_view(&json), &pool, &again, &err))
			abort();
		json.len = 0;
		if (value_to_json(&again, true, &json, &err))
			abort();
	} else if (!*err.text) {
		abort();
	}
	buf_clear(&json);
	pool_clear(&pool);
	return 0;
}
