/* packed: an object as it comes from the watcher: with its bytes. */
#ifndef TEST_RESOLVER_PACKED_H
#define TEST_RESOLVER_PACKED_H

#include "resolver/owners/resolve.h"

static inline void packed_put(struct resolve *resolve, const struct msg_object *object)
{
	struct buf packed;

	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, object, &packed);
	resolver_resolve_put(resolve, object, buf_view(&packed), 0);
	buf_clear(&packed);
}

#endif
