/* world: who exists, who has arrived, and what is stale.
 *
 *   in    WORLD, FLUSHED, and the stamps of CONFIG, REJECT and DELETE
 *   out   take it, drop it as stale, drop it as foreign; whether the barrier is passed
 *   owns  the newest number of each owner in this epoch, tombstones included
 *   never compares stamps of two epochs
 */
#include "publisher/world.h"

#include "base/mem.h"

struct world_owner {
	uint64_t had;   /* newest number taken; 0: none */
	uint64_t round; /* of the announcement that named it last; 0: none */
	bool waits;     /* named by the announcement in force and not arrived */
	uint64_t least; /* the number to arrive with */
	bool gone;      /* a tombstone: deleted with number `had` */
};

void publisher_world_init(struct world *world)
{
	*world = (struct world){ 0 };
	map_init(&world->owners, mem_free);
}

void publisher_world_clear(struct world *world)
{
	map_clear(&world->owners);
}

void publisher_world_begin(struct world *world, uint64_t epoch)
{
	map_clear(&world->owners);
	publisher_world_init(world);
	world->epoch = epoch;
}

static struct world_owner *find(const struct world *world, const struct msg_key *key)
{
	struct pool pool;
	struct world_owner *owner;

	pool_init(&pool);
	owner = map_get(&world->owners, msg_key_text(key, &pool));
	pool_clear(&pool);
	return owner;
}

static struct world_owner *find_or_add(struct world *world, const struct msg_key *key)
{
	struct world_owner *owner = find(world, key);
	struct pool pool;

	if (owner)
		return owner;
	pool_init(&pool);
	owner = mem_alloc(sizeof(*owner));
	map_put(&world->owners, msg_key_text(key, &pool), owner);
	pool_clear(&pool);
	return owner;
}

static bool is_announced(const struct world *world, const struct world_owner *owner)
{
	return owner->round && owner->round >= world->in_force;
}

/* The announcement is whole: forgets who is not in it, counts who has still to come. */
static void take_force(struct world *world, const struct msg_world *last)
{
	struct str key;
	void *value;

	world->in_force = world->round;
	world->number = last->number;
	world->complete = last->complete;
	world->n_missing = 0;
	for (size_t i = 0; map_next(&world->owners, &i, &key, &value);) {
		struct world_owner *owner = value;

		owner->waits = is_announced(world, owner) && owner->had < owner->least;
		world->n_missing += owner->waits;
		if (!is_announced(world, owner) && !owner->gone && owner->had <= world->number)
			map_del(&world->owners, key);
	}
}

int publisher_world_announce(struct world *world, const struct msg_world *chunk, struct err *err)
{
	if (chunk->epoch != world->epoch)
		return 0;
	if (chunk->chunk == 0)
		world->round++;
	else if (chunk->chunk != world->next_chunk)
		return err_set(err, "chunk %llu of the WORLD came where %llu was expected",
			       (unsigned long long)chunk->chunk,
			       (unsigned long long)world->next_chunk);
	world->next_chunk = chunk->chunk + 1;
	for (size_t i = 0; i < chunk->owners.n; i++) {
		const struct msg_world_entry *entry = &chunk->owners.items[i];
		struct world_owner *owner = find_or_add(world, &entry->owner);

		if (owner->gone && owner->had >= entry->number)
			continue; /* deleted while the announcement was on its way */
		owner->round = world->round;
		owner->least = entry->number;
	}
	if (!chunk->last)
		return 0;
	world->next_chunk = 0;
	take_force(world, chunk);
	return 1;
}

/* Nothing newer was here, and nobody has said that the owner is gone. */
static bool is_fresh(const struct world *world, const struct world_owner *owner, uint64_t number,
		     bool gone)
{
	if (owner && (number < owner->had || (owner->gone && number == owner->had)))
		return false;
	if (gone || (owner && is_announced(world, owner)))
		return true;
	return !world->in_force || number > world->number;
}

enum world_verdict publisher_world_admit(struct world *world, const struct msg_key *key,
					 const struct msg_stamp *stamp, bool gone)
{
	struct world_owner *owner;

	if (!world->epoch || stamp->epoch != world->epoch)
		return WORLD_FOREIGN;
	owner = find(world, key);
	if (!is_fresh(world, owner, stamp->number, gone))
		return WORLD_STALE;
	owner = find_or_add(world, key);
	owner->had = stamp->number;
	owner->gone = gone;
	if (gone)
		owner->round = 0;
	if (owner->waits && (gone || stamp->number >= owner->least)) {
		owner->waits = false;
		world->n_missing--;
	}
	return WORLD_TAKE;
}

void publisher_world_flushed(struct world *world, const struct msg_flushed *flushed)
{
	struct str key;
	void *value;

	if (flushed->epoch != world->epoch)
		return;
	for (size_t i = 0; map_next(&world->owners, &i, &key, &value);) {
		const struct world_owner *owner = value;

		if (owner->gone && owner->had <= flushed->number)
			map_del(&world->owners, key);
	}
}

bool publisher_world_passed(const struct world *world)
{
	return world->in_force && !world->n_missing;
}

bool publisher_world_is_gone(const struct world *world, const struct msg_key *key)
{
	const struct world_owner *owner = find(world, key);

	if (!world->in_force || !world->complete)
		return false;
	if (!owner)
		return true;
	return !is_announced(world, owner) && (owner->gone || owner->had <= world->number);
}
