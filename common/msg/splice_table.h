/* splice_table: which value of which Secret may go where. A translator names a row, the publisher
 * looks it up again: no value goes where no row sends it. */
#ifndef MSG_SPLICE_TABLE_H
#define MSG_SPLICE_TABLE_H

#include "msg/ticket.h"

enum msg_splice_target {
	MSG_SPLICE_ROUTES,    /* every route of the owner */
	MSG_SPLICE_SETTINGS,  /* the settings that every Pomerium process follows */
	MSG_SPLICE_BOOTSTRAP, /* the settings that Pomerium starts with */
	MSG_SPLICE_FILE       /* a file that the Postgres connection string names */
};

enum msg_splice_encoding {
	MSG_SPLICE_RAW,
	MSG_SPLICE_BASE64,
	MSG_SPLICE_POSTGRES_URL /* a connection string: the publisher adds the names of the files */
};

struct msg_splice_row {
	uint64_t id; /* on the wire: it never means anything else */
	enum msg_kind owner;
	const char *reference; /* where the owner names the Secret, as in a ticket */
	const char *type;      /* of the Secret; NULL: any */
	const char *key;       /* "*": any */
	enum msg_splice_target target;
	const char *field; /* of a Route or of Settings, the name of a FILE; after it stands
			      "[*]": an entry of a map, under the key of the Secret;
			      "[n]": an item of a list */
	enum msg_splice_encoding encoding;
};

/* NULL: there is no such row. */
const struct msg_splice_row *msg_splice_row(uint64_t id);
/* The row for a value; NULL: it goes nowhere. */
const struct msg_splice_row *msg_splice_row_for(enum msg_kind owner, struct str reference,
						struct str key);
/* Whether a row is for this value of an owner's Secret, at this place (`at`: the key in a map, the
 * number in a list, else empty). */
bool msg_splice_fits(const struct msg_splice_row *row, enum msg_kind owner,
		     const struct msg_ticket_secret *secret, struct str key, struct str at);
/* The field with its place, for pb_set_path; in the pool. */
struct str msg_splice_path(const struct msg_splice_row *row, struct str at, struct pool *pool);

#endif
