/* inventory: which owners exist, which have arrived, and what is stale.
 *
 *   in     INVENTORY, FLUSHED, and the stamps of CONFIG, REJECT and DELETE
 *   out    apply it, drop it as stale, drop it as foreign; whether the barrier is passed
 *   owns   the newest number of each owner in this epoch, tombstones included
 *   never  compares stamps of two epochs
 */
#include "publisher/wanted/inventory.h"

#include "base/mem.h"

struct inventory_owner {
	uint64_t had;   /* newest number applied; 0: none */
	uint64_t round; /* of the announcement that named it last; 0: none */
	bool waits;     /* named by the announcement in force and not arrived */
	uint64_t least; /* the number to arrive with */
	bool gone;      /* a tombstone: deleted with number `had` */
};

void publisher_inventory_init(struct inventory *inventory)
{
	*inventory = (struct inventory){ 0 };
	map_init(&inventory->owners, mem_free);
}

void publisher_inventory_clear(struct inventory *inventory)
{
	map_clear(&inventory->owners);
}

void publisher_inventory_begin(struct inventory *inventory, uint64_t epoch)
{
	map_clear(&inventory->owners);
	publisher_inventory_init(inventory);
	inventory->epoch = epoch;
}

static struct inventory_owner *find(const struct inventory *inventory, const struct msg_key *key)
{
	struct pool pool;
	struct inventory_owner *owner;

	pool_init(&pool);
	owner = map_get(&inventory->owners, msg_key_text(key, &pool));
	pool_clear(&pool);
	return owner;
}

static struct inventory_owner *find_or_add(struct inventory *inventory, const struct msg_key *key)
{
	struct inventory_owner *owner;
	struct pool pool;

	pool_init(&pool);
	owner = map_get_or_make(&inventory->owners, msg_key_text(key, &pool), sizeof(*owner));
	pool_clear(&pool);
	return owner;
}

static bool is_announced(const struct inventory *inventory, const struct inventory_owner *owner)
{
	return owner->round && owner->round >= inventory->in_force;
}

/* The announcement is whole: forgets owners that are not in it, counts those still to come. */
static void put_in_force(struct inventory *inventory, const struct msg_inventory *last)
{
	struct str key;
	void *value;

	inventory->in_force = inventory->round;
	inventory->number = last->number;
	inventory->complete = last->complete;
	inventory->certificates = last->certificates;
	inventory->n_missing = 0;
	for (size_t i = 0; map_next(&inventory->owners, &i, &key, &value);) {
		struct inventory_owner *owner = value;

		owner->waits = is_announced(inventory, owner) && owner->had < owner->least;
		inventory->n_missing += owner->waits;
		if (!is_announced(inventory, owner) && !owner->gone &&
		    owner->had <= inventory->number)
			map_del(&inventory->owners, key);
	}
}

int publisher_inventory_announce(struct inventory *inventory, const struct msg_inventory *chunk,
				 struct err *err)
{
	if (chunk->epoch != inventory->epoch)
		return 0;
	if (chunk->chunk == 0)
		inventory->round++;
	else if (chunk->chunk != inventory->next_chunk)
		return err_set(err, "chunk %llu of the INVENTORY came where %llu was expected",
			       (unsigned long long)chunk->chunk,
			       (unsigned long long)inventory->next_chunk);
	inventory->next_chunk = chunk->chunk + 1;
	for (size_t i = 0; i < chunk->owners.n; i++) {
		const struct msg_inventory_entry *entry = &chunk->owners.items[i];
		struct inventory_owner *owner = find_or_add(inventory, &entry->owner);

		if (owner->gone && owner->had >= entry->number)
			continue; /* deleted while the announcement was on its way */
		owner->round = inventory->round;
		owner->least = entry->number;
	}
	if (!chunk->last)
		return 0;
	inventory->next_chunk = 0;
	put_in_force(inventory, chunk);
	return 1;
}

/* Nothing newer was here, and nobody has said that the owner is gone. */
static bool is_fresh(const struct inventory *inventory, const struct inventory_owner *owner,
		     uint64_t number, bool gone)
{
	if (owner && number <= owner->had)
		return false;
	if (gone || (owner && is_announced(inventory, owner)))
		return true;
	if (!owner && number <= inventory->floor)
		return false;
	return !inventory->in_force || number > inventory->number;
}

enum inventory_verdict publisher_inventory_admit(struct inventory *inventory,
						 const struct msg_key *key,
						 const struct msg_stamp *stamp, bool gone)
{
	struct inventory_owner *owner;

	if (!inventory->epoch || stamp->epoch != inventory->epoch)
		return INVENTORY_FOREIGN;
	owner = find(inventory, key);
	if (!is_fresh(inventory, owner, stamp->number, gone))
		return INVENTORY_STALE;
	owner = find_or_add(inventory, key);
	owner->had = stamp->number;
	owner->gone = gone;
	if (gone)
		owner->round = 0;
	if (owner->waits && (gone || stamp->number >= owner->least)) {
		owner->waits = false;
		inventory->n_missing--;
	}
	return INVENTORY_APPLY;
}

void publisher_inventory_flushed(struct inventory *inventory, const struct msg_flushed *flushed)
{
	struct str key;
	void *value;

	if (flushed->epoch != inventory->epoch)
		return;
	if (flushed->number > inventory->floor)
		inventory->floor = flushed->number;
	for (size_t i = 0; map_next(&inventory->owners, &i, &key, &value);) {
		const struct inventory_owner *owner = value;

		if (owner->gone && owner->had <= flushed->number)
			map_del(&inventory->owners, key);
	}
}

bool publisher_inventory_passed(const struct inventory *inventory)
{
	return inventory->in_force && !inventory->n_missing;
}

bool publisher_inventory_is_gone(const struct inventory *inventory, const struct msg_key *key)
{
	const struct inventory_owner *owner = find(inventory, key);

	if (!inventory->in_force || !inventory->complete ||
	    (key->kind == MSG_KIND_CERTIFICATE && !inventory->certificates))
		return false;
	if (!owner)
		return true;
	return !is_announced(inventory, owner) && (owner->gone || owner->had <= inventory->number);
}
