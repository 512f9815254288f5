/* parent_ref: a parentRef of an HTTPRoute, as its status repeats it. */
#ifndef MSG_PARENT_REF_H
#define MSG_PARENT_REF_H

#include "base/value.h"
#include "msg/gateway.h"

/* The entry of status.parents for it, with the name of the controller and an empty list of
 * conditions, which is returned; in the pool. */
struct value *msg_parent_ref_put(struct value *entry, const struct msg_parent_ref *ref,
				 struct str controller, struct pool *pool);

#endif
