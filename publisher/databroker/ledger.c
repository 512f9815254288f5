/* ledger: what the databroker has, by record id.
 *
 *   in     what was read, followed and written
 *   out    the ids that may differ from what is wanted
 *   owns   a digest of each record
 *   never  asks what is wanted
 */
#include "publisher/databroker/ledger.h"

#include "base/mem.h"

void publisher_ledger_init(struct ledger *ledger)
{
	*ledger = (struct ledger){ 0 };
	map_init(&ledger->entries, mem_free);
	map_init(&ledger->touched, NULL);
}

void publisher_ledger_clear(struct ledger *ledger)
{
	map_clear(&ledger->entries);
	map_clear(&ledger->touched);
}

void publisher_ledger_touch(struct ledger *ledger, struct str id)
{
	map_put(&ledger->touched, id, ledger);
}

const struct ledger_entry *publisher_ledger_get(const struct ledger *ledger, struct str id)
{
	return map_get(&ledger->entries, id);
}

/* While everything is read anew, versions may have started again. */
static bool is_old(const struct ledger *ledger, const struct ledger_entry *entry, uint64_t version)
{
	return entry && entry->round == ledger->round && version <= entry->version;
}

/* False: something newer is known. */
static bool set(struct ledger *ledger, struct str id, const struct ledger_entry *seen)
{
	struct ledger_entry *entry = map_get(&ledger->entries, id);

	if (is_old(ledger, entry, seen->version))
		return false;
	if (!entry) {
		entry = mem_alloc(sizeof(*entry));
		map_put(&ledger->entries, id, entry);
	}
	ledger->n_routes += seen->n_routes - entry->n_routes;
	*entry = *seen;
	entry->round = ledger->round;
	return true;
}

static bool forget(struct ledger *ledger, struct str id, uint64_t version)
{
	const struct ledger_entry *entry = map_get(&ledger->entries, id);

	if (!entry || is_old(ledger, entry, version))
		return false;
	ledger->n_routes -= entry->n_routes;
	map_del(&ledger->entries, id);
	return true;
}

void publisher_ledger_note(struct ledger *ledger, struct str id, const struct ledger_entry *seen)
{
	if (set(ledger, id, seen))
		publisher_ledger_touch(ledger, id);
}

void publisher_ledger_gone(struct ledger *ledger, struct str id, uint64_t version)
{
	if (forget(ledger, id, version))
		publisher_ledger_touch(ledger, id);
}

void publisher_ledger_written(struct ledger *ledger, struct str id, const struct ledger_entry *sent,
			      uint64_t version)
{
	struct ledger_entry entry;

	if (!sent) {
		forget(ledger, id, version);
		return;
	}
	entry = *sent;
	entry.version = version;
	set(ledger, id, &entry);
}

/* Entries of earlier rounds give way to any version. */
void publisher_ledger_begin(struct ledger *ledger)
{
	ledger->round++;
}

void publisher_ledger_end(struct ledger *ledger, bool same)
{
	struct str id;
	void *value;

	for (size_t i = 0; map_next(&ledger->entries, &i, &id, &value);) {
		struct ledger_entry *entry = value;

		if (entry->round == ledger->round)
			continue;
		publisher_ledger_touch(ledger, id);
		ledger->n_routes -= entry->n_routes;
		*entry = (struct ledger_entry){ .round = ledger->round, .lost = true };
		if (same)
			map_del(&ledger->entries, id);
	}
}
