/* object_status: the status that an object of the Gateway API should have. */
#ifndef PUBLISHER_OBJECT_STATUS_H
#define PUBLISHER_OBJECT_STATUS_H

#include "base/value.h"
#include "msg/msg.h"
#include "publisher/gateway/attached.h"

struct object_status {
	const struct msg_key *owner;
	const struct value *report;  /* the translator's; NULL: there is none */
	const struct value *present; /* as the object has it; NULL: nothing */
	const char *rejected;        /* why it cannot be published; NULL: it can */
	bool stored;                 /* what it makes is where Pomerium reads it */
	struct str controller;       /* whose entries of status.parents are ours */
	struct str now;              /* RFC 3339; absent: no time is written */
	const struct attached *attached;
	const struct msg_addresses *addresses; /* NULL: not known */
};

/* In the pool; borrows from all that is given. What others have written is in it as it was. */
struct value *publisher_object_status_make(const struct object_status *of, struct pool *pool);

#endif
