/* map: text to pointer, a hash table under a seed of this process (SipHash: keys are hostile).
 *
 * Keys are copied. The map does not own values unless given a destructor. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t n;                        /* entries */
	size_t n_slots;                  /* power of two, or 0 */
	size_t n_used;                   /* entries and graves */
	void (*free_value)(void *value); /* may be NULL */
};

void map_init(struct map *map, void (*free_value)(void *value));
void map_clear(struct map *map);
void *map_get(const struct map *map, struct str key); /* NULL if absent */
/* value != NULL; replaces (and frees) an old one. Returns the map's copy of the key, which stays
 * until the key is removed. */
struct str map_put(struct map *map, struct str key, void *value);
/* What is there, else a new one, of so many zeros. */
void *map_get_or_make(struct map *map, struct str key, size_t size);
void *map_take(struct map *map, struct str key); /* removes without freeing */
bool map_del(struct map *map, struct str key);
/* for (size_t i = 0; map_next(&m, &i, &key, &value);) ...   any order. During a walk only map_del
 * of the current key is allowed. key and value may be NULL. */
bool map_next(const struct map *map, size_t *i, struct str *key, void **value);
/* Keys in byte order; the array is the caller's, the keys stay the map's. */
struct str *map_sorted_keys(const struct map *map);

#endif
