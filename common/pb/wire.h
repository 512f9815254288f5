/* wire: what packing and unpacking share, inside common/pb. */
#ifndef PB_WIRE_H
#define PB_WIRE_H

#include "pb/traits.h"

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_LENGTH = 2,
	WIRE_GROUP = 3,
	WIRE_GROUP_END = 4,
	WIRE_FIXED32 = 5
};

enum wire_type pb_wire_type(const struct pb_field *field);
void pb_pack_varint(uint64_t v, struct buf *out);

#endif
