/* grant: whether a reference into another namespace is allowed there. */
#ifndef TRANSLATOR_GRANT_H
#define TRANSLATOR_GRANT_H

#include "msg/msg.h"

struct grant_question {
	const char *from_kind; /* of the Gateway API */
	struct str from_namespace;
	struct str to_group, to_kind, to_namespace, to_name;
};

/* A reference within one namespace needs no grant. */
bool translator_grant_allows(const struct msg_bundle *bundle, const struct grant_question *q);

#endif
