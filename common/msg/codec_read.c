/* codec_read: msgpack, one item at a time, in its shortest form only.
 *
 *   in     hostile bytes
 *   out    numbers, text, counts; or why not
 *   owns   nothing
 *   never  reads past the end, believes a length or a count that the bytes left cannot hold */
#include "msg/codec_read.h"

/* One msgpack head: what it is, and its number, length or count. */
struct head {
	enum wire wire;
	union {
		uint64_t number;
		int64_t negative;
		double real;
	};
};

/* Heads 0xc0 to 0xdf: bytes that follow, and the least number that needs this form. */
static const struct {
	enum wire wire;
	unsigned n_bytes;
	uint64_t least;
} heads[32] = {
	[0x00] = { WIRE_NIL, 0, 0 },
	[0x02] = { WIRE_FALSE, 0, 0 },
	[0x03] = { WIRE_TRUE, 0, 0 },
	[0x04] = { WIRE_BIN, 1, 0 },
	[0x05] = { WIRE_BIN, 2, 256 },
	[0x06] = { WIRE_BIN, 4, 65536 },
	[0x0b] = { WIRE_FLOAT, 8, 0 },
	[0x0c] = { WIRE_UINT, 1, 128 },
	[0x0d] = { WIRE_UINT, 2, 256 },
	[0x0e] = { WIRE_UINT, 4, 65536 },
	[0x0f] = { WIRE_UINT, 8, 1ull << 32 },
	[0x10] = { WIRE_NEGATIVE, 1, 33 },
	[0x11] = { WIRE_NEGATIVE, 2, 129 },
	[0x12] = { WIRE_NEGATIVE, 4, 32769 },
	[0x13] = { WIRE_NEGATIVE, 8, (1ull << 31) + 1 },
	[0x19] = { WIRE_STR, 1, 32 },
	[0x1a] = { WIRE_STR, 2, 256 },
	[0x1b] = { WIRE_STR, 4, 65536 },
	[0x1c] = { WIRE_ARRAY, 2, 16 },
	[0x1d] = { WIRE_ARRAY, 4, 65536 },
	[0x1e] = { WIRE_MAP, 2, 16 },
	[0x1f] = { WIRE_MAP, 4, 65536 },
};

bool codec_read_bad(struct codec_reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

size_t codec_read_left(const struct codec_reader *r)
{
	return (size_t)(r->end - r->at);
}

static uint64_t big_endian(const unsigned char *p, unsigned n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | *p++;
	return x;
}

/* A number of n bytes in two's complement that has to be below zero. */
static bool read_negative(struct codec_reader *r, struct head *h, unsigned n, uint64_t least)
{
	uint64_t ones = n == 8 ? 0 : ~(uint64_t)0 << (8 * n);
	uint64_t x = big_endian(r->at, n);

	if (!(r->at[0] & 0x80))
		return codec_read_bad(r, "a number is not in its shortest form");
	h->negative = (int64_t)(x | ones);
	if (-(x | ones) < least)
		return codec_read_bad(r, "a number is not in its shortest form");
	return true;
}

static bool read_long_head(struct codec_reader *r, struct head *h, unsigned char byte)
{
	unsigned n = heads[byte - 0xc0].n_bytes;
	uint64_t least = heads[byte - 0xc0].least;

	h->wire = heads[byte - 0xc0].wire;
	if (h->wire == WIRE_BAD)
		return codec_read_bad(r, "a type that this protocol does not use");
	if (codec_read_left(r) < n)
		return codec_read_bad(r, "it ends too early");
	if (h->wire == WIRE_NEGATIVE) {
		if (!read_negative(r, h, n, least))
			return false;
	} else {
		h->number = big_endian(r->at, n);
		if (h->wire != WIRE_FLOAT && h->number < least)
			return codec_read_bad(r, "a number is not in its shortest form");
	}
	r->at += n;
	return true;
}

static bool read_head(struct codec_reader *r, struct head *h)
{
	unsigned char byte;

	*h = (struct head){ .wire = WIRE_BAD };
	if (codec_read_left(r) == 0)
		return codec_read_bad(r, "it ends too early");
	byte = *r->at++;
	if (byte < 0x80)
		*h = (struct head){ .wire = WIRE_UINT, .number = byte };
	else if (byte < 0x90)
		*h = (struct head){ .wire = WIRE_MAP, .number = byte & 0x0f };
	else if (byte < 0xa0)
		*h = (struct head){ .wire = WIRE_ARRAY, .number = byte & 0x0f };
	else if (byte < 0xc0)
		*h = (struct head){ .wire = WIRE_STR, .number = byte & 0x1f };
	else if (byte >= 0xe0)
		*h = (struct head){ .wire = WIRE_NEGATIVE, .negative = (int8_t)byte };
	else
		return read_long_head(r, h, byte);
	return true;
}

bool codec_read_at_nil(const struct codec_reader *r)
{
	return codec_read_left(r) && *r->at == 0xc0;
}

bool codec_read_count(struct codec_reader *r, enum wire wire, uint64_t max, size_t least, size_t *n)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != wire)
		return codec_read_bad(r, wire == WIRE_MAP ? "expected a map" : "expected an array");
	if (h.number > max || h.number > CODEC_MAX_ALL_ITEMS - r->n_items)
		return codec_read_bad(r, "more items than allowed");
	if (h.number > codec_read_left(r) / least)
		return codec_read_bad(r, "it ends too early");
	*n = (size_t)h.number;
	return true;
}

bool codec_read_items(struct codec_reader *r, enum wire wire, uint64_t max, size_t least, size_t *n)
{
	if (!codec_read_count(r, wire, max, least, n))
		return false;
	r->n_items += *n;
	return true;
}

bool codec_read_bytes(struct codec_reader *r, enum wire wire, uint64_t max, struct str *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != wire)
		return codec_read_bad(r, wire == WIRE_STR ? "expected text" : "expected bytes");
	if (h.number > max)
		return codec_read_bad(r, "longer than allowed");
	if (h.number > codec_read_left(r))
		return codec_read_bad(r, "it ends too early");
	if (wire == WIRE_STR && !str_is_utf8((struct str){ (const char *)r->at, (size_t)h.number }))
		return codec_read_bad(r, "text that is no UTF-8");
	*out = pool_bytes(r->pool, r->at, (size_t)h.number);
	r->at += h.number;
	return true;
}

bool codec_read_bool(struct codec_reader *r, bool *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_TRUE && h.wire != WIRE_FALSE)
		return codec_read_bad(r, "expected true or false");
	*out = h.wire == WIRE_TRUE;
	return true;
}

bool codec_read_uint(struct codec_reader *r, uint64_t max, uint64_t *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_UINT)
		return codec_read_bad(r, "expected an unsigned number");
	if (h.number > max)
		return codec_read_bad(r, "a number that is larger than allowed");
	*out = h.number;
	return true;
}

bool codec_read_int(struct codec_reader *r, uint64_t max, int64_t *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_UINT && h.wire != WIRE_NEGATIVE)
		return codec_read_bad(r, "expected a number");
	if (h.wire == WIRE_UINT && h.number > INT64_MAX)
		return codec_read_bad(r, "a number that is larger than allowed");
	if ((h.wire == WIRE_UINT ? h.number : -(uint64_t)h.negative) > max)
		return codec_read_bad(r, "a number that is larger than allowed");
	*out = h.negative;
	return true;
}

bool codec_read_float(struct codec_reader *r, double *out)
{
	struct head h;

	if (!read_head(r, &h))
		return false;
	if (h.wire != WIRE_FLOAT)
		return codec_read_bad(r, "expected a float");
	*out = h.real;
	return true;
}
