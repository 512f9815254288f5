/* codec_read: msgpack, one item at a time, from hostile bytes. For codec_unpack.c.
 *
 * Every function takes the next item and returns whether it was what was asked for; the first
 * reason why not stays in `why`. A count is believed only if as many bytes follow.
 */
#ifndef MSG_CODEC_READ_H
#define MSG_CODEC_READ_H

#include "msg/codec_wire.h"

enum wire {
	WIRE_BAD,
	WIRE_NIL,
	WIRE_FALSE,
	WIRE_TRUE,
	WIRE_UINT,
	WIRE_NEGATIVE,
	WIRE_FLOAT,
	WIRE_STR,
	WIRE_BIN,
	WIRE_ARRAY,
	WIRE_MAP
};

struct codec_reader {
	const unsigned char *at, *end;
	struct pool *pool;
	size_t n_nodes;            /* of untyped values, so far */
	size_t n_items;            /* of lists and maps, so far */
	const char *why;           /* what is wrong, once something is */
	const struct codec *codec; /* where */
	const struct codec_field *field;
};

bool codec_read_bad(struct codec_reader *r, const char *why); /* always false */
size_t codec_read_left(const struct codec_reader *r);
bool codec_read_at_nil(const struct codec_reader *r);
bool codec_read_bool(struct codec_reader *r, bool *out);
bool codec_read_uint(struct codec_reader *r, uint64_t max, uint64_t *out);
bool codec_read_int(struct codec_reader *r, uint64_t max, int64_t *out); /* |x| <= max */
bool codec_read_float(struct codec_reader *r, double *out);
/* WIRE_STR (which must be UTF-8) or WIRE_BIN, copied to the pool. */
bool codec_read_bytes(struct codec_reader *r, enum wire wire, uint64_t max, struct str *out);
/* The head of an array or map of things that take at least `least` bytes each. */
bool codec_read_count(struct codec_reader *r, enum wire wire, uint64_t max, size_t least,
		      size_t *n);
/* The same for items that get memory of their own: those of one message are counted together. */
bool codec_read_items(struct codec_reader *r, enum wire wire, uint64_t max, size_t least,
		      size_t *n);

#endif
