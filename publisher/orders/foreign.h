/* foreign: what others have stored in the databroker, as far as orders go: the hosts that they
 * serve, and the names that they have certificates for. Each record by its type and id. */
#ifndef PUBLISHER_FOREIGN_H
#define PUBLISHER_FOREIGN_H

#include "publisher/orders/order_names.h"

/* Types of records that say such things. */
enum foreign_kind {
	FOREIGN_CONFIG,
	FOREIGN_KEY_PAIR,
	FOREIGN_ROUTE,
	FOREIGN_SETTINGS,
	FOREIGN_VERSIONED_CONFIG,
	FOREIGN_N_KINDS
};

/* What one record says; names in normal form (net/hostname.h), none twice in a list. */
struct foreign_facts {
	struct str_list hosts; /* of routes over TLS */
	struct str_list names; /* of certificates */
};

struct foreign {
	struct map records[FOREIGN_N_KINDS]; /* id -> struct foreign_record */
	unsigned round[FOREIGN_N_KINDS];     /* how often each kind was told from the start */
	size_t size;                         /* of all of them, about, in bytes */
	size_t max_size;
	bool is_full; /* something did not fit: not everything is known */
	void *self;
	/* What a record says counts from now on (1), or does no more (-1). */
	void (*changed)(void *self, const struct foreign_facts *facts, int step);
};

void publisher_foreign_init(struct foreign *foreign, size_t max_size);
/* Nothing is known any more; it can be filled again. */
void publisher_foreign_clear(struct foreign *foreign);
/* All records of a kind are about to be told; at the end those that were not are gone. */
void publisher_foreign_begin(struct foreign *foreign, enum foreign_kind kind);
void publisher_foreign_end(struct foreign *foreign, enum foreign_kind kind);
/* A record as it is now; NULL: it cannot be read, and says nothing. True: that is news. */
bool publisher_foreign_put(struct foreign *foreign, enum foreign_kind kind, struct str id,
			   const struct foreign_facts *facts);
void publisher_foreign_gone(struct foreign *foreign, enum foreign_kind kind, struct str id);
/* Calls it with what each record says. */
void publisher_foreign_each(const struct foreign *foreign, void *self,
			    void (*call)(void *self, const struct foreign_facts *facts));
/* It counts (1), or does no more (-1). */
void publisher_foreign_count(const struct foreign_facts *facts, struct order_names *names,
			     int step);

#endif
