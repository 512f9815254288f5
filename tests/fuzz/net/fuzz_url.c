/* fuzz_url: bytes as a URL, as a host and as an address with a port. What is accepted lies inside the input; a host that
 * is escaped and joined with a port parses again. */
#include <stdint.h>

#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct str part, struct str whole)
{
	if (part.len && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
		abort();
}

static void check_join(struct str host, long long port, struct pool *pool)
{
	const struct str joined = url_join(url_escape(host, URL_HOST, pool), port, pool);
	const struct str text = pool_printf(pool, "https://" STR_FMT, STR_ARG(joined));
	struct url url;
	struct err err;

	if (!url_parse_full(text, &url, &err))
		check_inside(url.port, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { (const char *)data, size };
	struct url url = { 0 };
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	if (url_parse(text, &url, &err)) {
		if (!err.text[0])
			abort();
	} else {
		check_inside(url.scheme, text);
		check_inside(url.host, text);
		check_inside(url.hostname, text);
		check_inside(url.port, text);
		check_inside(url.path, text);
	}
	check_join(str_slice(text, 0, 512), size ? data[0] * 257 : 0, &pool);
	pool_clear(&pool);
	return 0;
}
