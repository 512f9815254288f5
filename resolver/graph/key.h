/* key: the text form of an object's key for tables, and which keys can exist at all. */
#ifndef RESOLVER_KEY_H
#define RESOLVER_KEY_H

#include "msg/object.h"

#define KEY_NAMESPACE_MAX 63
#define KEY_NAME_MAX 253
#define KEY_TEXT_MAX (KEY_NAMESPACE_MAX + KEY_NAME_MAX + 4)

struct key_text {
	char bytes[KEY_TEXT_MAX];
};

/* A letter for the kind, the namespace, a slash, the name. Lives in `buf`; only for keys that can
 * exist. */
struct str resolver_key_text(const struct msg_key *key, struct key_text *buf);
/* The key that a text was made from; borrows from the text. */
struct msg_key resolver_key_from_text(struct str text);
/* Whether Kubernetes could hold an object of this key: RFC 1123 characters and lengths. */
bool resolver_key_can_exist(const struct msg_key *key);
/* "namespace/name" cut in two; false if it is something else. */
bool resolver_key_from_reference(struct str text, struct msg_key *key);

#endif
