/* secret: the lane that carries values past the translator, and authorities of ConfigMaps. Every
 * value is hidden from print, taps and logs.
 *
 *   SECRET_WANTED  resolver -> watcher     values of this Secret are (no longer) wanted
 *                  publisher -> resolver   the same
 *   SECRET_VALUE   watcher -> resolver     what a wanted Secret holds now, or why nothing
 *   SECRET_PUT     resolver -> publisher   all values, by fingerprint */
#ifndef MSG_SECRET_H
#define MSG_SECRET_H

#include "base/hash.h"
#include "msg/object.h"

struct msg_secret_wanted {
	struct msg_key key;
	bool wanted; /* false: no object refers to it any more */
};
extern const struct codec msg_secret_wanted_codec;

enum msg_secret_answer {
	MSG_SECRET_FOUND,
	MSG_SECRET_ABSENT,
	MSG_SECRET_FORBIDDEN,
	MSG_SECRET_UNAVAILABLE
};

struct msg_secret_value {
	struct msg_key key;
	uint64_t answer;     /* enum msg_secret_answer */
	struct str type;     /* "Opaque", "kubernetes.io/tls", ...; of a ConfigMap empty */
	struct str_map data; /* decoded bytes; hidden */
};
extern const struct codec msg_secret_value_codec;

/* `data` and `stringData` of a Secret document, folded as the API server does. No type: Opaque.
 * Of a ConfigMap: ca.crt, if it is there. */
int msg_secret_from_value(const struct value *doc, struct pool *pool, struct msg_secret_value *out,
			  struct err *err);

struct msg_secret_entry {
	struct str name;
	struct hash fingerprint; /* of Secret, key and value, under a key of the resolver's boot: it
				    names the value without telling it */
	struct str bytes;        /* hidden */
};
struct msg_secret_entry_list {
	struct msg_secret_entry *items;
	size_t n;
};
struct msg_secret_put {
	struct msg_key key;
	struct msg_secret_entry_list entries;
};
extern const struct codec msg_secret_put_codec;

#endif
