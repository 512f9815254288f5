/* foreign_read: what a record that others have written says of hosts and of certificates. */
#ifndef PUBLISHER_FOREIGN_READ_H
#define PUBLISHER_FOREIGN_READ_H

#include "base/err.h"
#include "publisher/orders/foreign.h"

/* Of the records, and of what is in them. */
struct str publisher_foreign_read_type(enum foreign_kind kind);
/* All in the pool, which has held secrets then. -1: it does not decode. */
int publisher_foreign_read(enum foreign_kind kind, struct str bytes, struct pool *pool,
			   struct foreign_facts *out, struct err *err);

#endif
