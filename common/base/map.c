/* map: text to pointer, open addressing with linear probing.
 *
 *   in     keys of any bytes, pointers
 *   out    pointers
 *   owns   copies of the keys; the values only with a destructor
 *   never  holds a NULL value: NULL means absent
 */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

/* state: key NULL and value NULL: never used; key NULL and value GRAVE: was used. Half of all slots
 * are free, so they are small. */
struct map_slot {
	const char *key;
	uint32_t len, hash;
	void *value;
};

static char grave;
#define GRAVE ((void *)&grave)
#define SLOTS_FIRST 8u
#define SLOTS_KEPT 64u /* by a map that became empty */

void map_init(struct map *map, void (*free_value)(void *value))
{
	*map = (struct map){ .free_value = free_value };
}

static void empty_slot(struct map *map, struct map_slot *slot, bool free_value)
{
	mem_free((void *)slot->key);
	if (free_value && map->free_value)
		map->free_value(slot->value);
	*slot = (struct map_slot){ .value = GRAVE };
	map->n--;
}

/* An empty map is walked in no time, however many it held before. */
static void give_back(struct map *map)
{
	if (map->n || map->n_slots <= SLOTS_KEPT)
		return;
	mem_free(map->slots);
	map_init(map, map->free_value);
}

void map_clear(struct map *map)
{
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key)
			empty_slot(map, &map->slots[i], true);
	mem_free(map->slots);
	map_init(map, map->free_value);
}

static struct str key_of(const struct map_slot *slot)
{
	return (struct str){ slot->key, slot->len };
}

static uint32_t hash_of_key(struct str key)
{
	return (uint32_t)hash_fast(key);
}

/* A key of 4 GiB is more than there is memory. */
static const char *copy(struct str key)
{
	return mem_dup(key.ptr, key.len <= UINT32_MAX ? key.len : SIZE_MAX);
}

/* The slot of the key, or NULL. */
static struct map_slot *find(const struct map *map, struct str key, uint32_t hash)
{
	if (!map->n_slots)
		return NULL;
	for (size_t i = hash & (map->n_slots - 1);; i = (i + 1) & (map->n_slots - 1)) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->key && !slot->value)
			return NULL;
		if (slot->key && slot->hash == hash && str_eq(key_of(slot), key))
			return slot;
	}
}

/* Only for a key that is not there. */
static struct map_slot *find_free(struct map_slot *slots, size_t n_slots, uint32_t hash)
{
	size_t i = hash & (n_slots - 1);

	while (slots[i].key)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

/* Keeps at least a quarter of the slots unused, and so every probe finite. */
static void grow(struct map *map)
{
	size_t n_slots = SLOTS_FIRST;
	struct map_slot *slots;

	if (map->n_slots && (map->n_used + 1) * 4 <= map->n_slots * 3)
		return;
	while (n_slots < (map->n + 1) * 2)
		n_slots *= 2;
	slots = mem_alloc(n_slots * sizeof(*slots));
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key)
			*find_free(slots, n_slots, map->slots[i].hash) = map->slots[i];
	mem_free(map->slots);
	map->slots = slots;
	map->n_slots = n_slots;
	map->n_used = map->n;
}

void *map_get(const struct map *map, struct str key)
{
	const struct map_slot *slot = map->n ? find(map, key, hash_of_key(key)) : NULL;

	return slot ? slot->value : NULL;
}

struct str map_put(struct map *map, struct str key, void *value)
{
	uint32_t hash = hash_of_key(key);
	struct map_slot *slot = find(map, key, hash);

	if (slot) {
		if (map->free_value && slot->value != value)
			map->free_value(slot->value);
		slot->value = value;
		return key_of(slot);
	}
	grow(map);
	slot = find_free(map->slots, map->n_slots, hash);
	if (slot->value != GRAVE)
		map->n_used++;
	*slot = (struct map_slot){ copy(key), (uint32_t)key.len, hash, value };
	map->n++;
	return key_of(slot);
}

void *map_get_or_make(struct map *map, struct str key, size_t size)
{
	void *value = map_get(map, key);

	if (!value) {
		value = mem_alloc(size);
		map_put(map, key, value);
	}
	return value;
}

void *map_take(struct map *map, struct str key)
{
	struct map_slot *slot = map->n ? find(map, key, hash_of_key(key)) : NULL;
	void *value = slot ? slot->value : NULL;

	if (slot) {
		empty_slot(map, slot, false);
		give_back(map);
	}
	return value;
}

bool map_del(struct map *map, struct str key)
{
	struct map_slot *slot = map->n ? find(map, key, hash_of_key(key)) : NULL;

	if (slot) {
		empty_slot(map, slot, true);
		give_back(map);
	}
	return slot != NULL;
}

bool map_next(const struct map *map, size_t *i, struct str *key, void **value)
{
	for (; *i < map->n_slots; (*i)++) {
		const struct map_slot *slot = &map->slots[*i];

		if (!slot->key)
			continue;
		if (key)
			*key = key_of(slot);
		if (value)
			*value = slot->value;
		(*i)++;
		return true;
	}
	return false;
}

static int order_keys(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str *map_sorted_keys(const struct map *map)
{
	struct str *keys = mem_alloc(map->n * sizeof(*keys));
	size_t n = 0, i = 0;

	while (map_next(map, &i, &keys[n], NULL))
		if (++n == map->n)
			break;
	qsort(keys, n, sizeof(*keys), order_keys);
	return keys;
}
