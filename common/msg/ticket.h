/* ticket: what the resolver vouches for of one owner in one state. It goes with the BUNDLE, comes
 * back with the CONFIG or REJECT, and carries a MAC under a key that the publisher gave out, so a
 * translator can neither write one nor use that of another owner. */
#ifndef MSG_TICKET_H
#define MSG_TICKET_H

#include "base/hash.h"
#include "msg/object.h"

#define MSG_TICKET_MAX (1u << 20) /* packed */

/* Which resolver boot and which change. Numbers count within an epoch only; epochs are never
 * ordered. */
struct msg_stamp {
	uint64_t epoch;  /* random, of that resolver's boot; never 0 */
	uint64_t number; /* one counter for all owners */
};
extern const struct codec msg_stamp_codec;

struct msg_ticket_value {
	struct str key; /* in data */
	struct hash fingerprint;
};
struct msg_ticket_value_list {
	struct msg_ticket_value *items;
	size_t n;
};
/* A Secret that was given out for this owner. */
struct msg_ticket_secret {
	struct str namespace, name, type;
	struct str_list references; /* where the owner names it: MSG_TICKET_TLS, the name of an
				       annotation without its prefix, a field such as
				       spec.certificates */
	struct msg_ticket_value_list values;
};
struct msg_ticket_secret_list {
	struct msg_ticket_secret *items;
	size_t n;
};
#define MSG_TICKET_TLS "spec.tls"
#define MSG_TICKET_CERTIFICATES "spec.certificates"
#define MSG_TICKET_LISTENERS "spec.listeners.tls.certificateRefs"
#define MSG_TICKET_ORDERED "spec.secretName"

struct msg_ticket {
	uint64_t key_id; /* of the key of its MAC; 0: it needs none */
	struct msg_key owner;
	struct msg_stamp stamp;
	struct str uid;
	int64_t generation;
	int64_t created;                 /* since 1970; 0: unknown */
	struct msg_load_balancer status; /* of an Ingress, as it is now */
	struct str_list hosts;           /* of its routes, in normal form (net/hostname.h) */
	struct str_list promised;        /* the same, of those for which it names a TLS Secret,
					    which may be still to come */
	struct value *object_status;     /* of an object of the Gateway API, the same */
	struct msg_ticket_secret_list secrets;
};

/* A packed ticket, as it travels. */
struct msg_sealed_ticket {
	struct str bytes;
	struct str mac; /* absent: it comes from the resolver itself */
};
extern const struct codec msg_sealed_ticket_codec;

/* A key for tickets, publisher -> resolver. */
struct msg_ticket_key {
	uint64_t id;    /* random, never 0 */
	struct str key; /* HASH_LEN bytes; hidden */
};
extern const struct codec msg_ticket_key_codec;

/* Packs it into the pool, with a MAC if there is a key. -1: it is larger than MSG_TICKET_MAX. */
int msg_ticket_seal(const struct msg_ticket *ticket, const struct hash *key, struct pool *pool,
		    struct msg_sealed_ticket *out);
/* Reads one into the pool. -1 and a sentence: malformed. */
int msg_ticket_open(const struct msg_sealed_ticket *sealed, struct pool *pool,
		    struct msg_ticket *out, struct err *err);
/* Whether its MAC is of this key. */
bool msg_ticket_is_of(const struct msg_sealed_ticket *sealed, const struct hash *key);

#endif
