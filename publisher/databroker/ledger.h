/* ledger: what the databroker has, by record id, and which records may differ from what is wanted.
 * Keeps digests, not bytes. */
#ifndef PUBLISHER_LEDGER_H
#define PUBLISHER_LEDGER_H

#include "base/hash.h"
#include "base/map.h"
#include "base/pool.h"

struct ledger_entry {
	struct hash digest; /* of its Config, in our own packing */
	uint64_t version;
	uint64_t round; /* of reading, in which it was seen last */
	size_t n_routes;
	bool lost; /* of a databroker that was wiped since: somebody may still have it */
};

struct ledger {
	struct map entries; /* id -> struct ledger_entry */
	struct map touched; /* ids that may differ from what is wanted */
	size_t n_routes;    /* of all entries */
	uint64_t round;
};

void publisher_ledger_init(struct ledger *ledger);
void publisher_ledger_clear(struct ledger *ledger);
void publisher_ledger_touch(struct ledger *ledger, struct str id);

const struct ledger_entry *publisher_ledger_get(const struct ledger *ledger, struct str id);
/* The databroker has this record in that version. Touches it, unless something newer is known. */
void publisher_ledger_note(struct ledger *ledger, struct str id, const struct ledger_entry *seen);
/* It has it no more, since that version. */
void publisher_ledger_gone(struct ledger *ledger, struct str id, uint64_t version);
/* The same for what we wrote ourselves, which touches nothing; sent NULL: deleted. */
void publisher_ledger_written(struct ledger *ledger, struct str id, const struct ledger_entry *sent,
			      uint64_t version);
/* Between these, everything is noted anew, whatever its version. What was not seen is gone, or lost
 * if the databroker is not the same as before. */
void publisher_ledger_begin(struct ledger *ledger);
void publisher_ledger_end(struct ledger *ledger, bool same);

#endif
