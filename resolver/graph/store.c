/* store: every object by key, packed.
 *
 *   in     OBJECT_PUT, OBJECT_DELETE and the beginning and end of listings
 *   out    "this is news" and unpacked copies
 *   owns   the packed bytes of each object: a tenth of what the unpacked structs take
 *   never  knows what an object means
 */
#include "resolver/graph/store.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

struct store_entry {
	uint32_t round; /* of the listing that saw it last */
	size_t len;
	char bytes[];
};

void resolver_store_init(struct store *store)
{
	memset(store, 0, sizeof(*store));
	for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
		map_init(&store->kinds[kind], mem_free);
}

void resolver_store_clear(struct store *store)
{
	for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
		map_clear(&store->kinds[kind]);
}

static struct store_entry *find(const struct store *store, const struct msg_key *key)
{
	struct key_text text;

	if (key->kind >= MSG_N_KINDS)
		return NULL;
	return map_get(&store->kinds[key->kind], resolver_key_text(key, &text));
}

bool resolver_store_put(struct store *store, const struct msg_key *key, struct str packed)
{
	struct store_entry *entry = find(store, key);
	struct key_text text;

	if (entry && str_eq(packed, (struct str){ entry->bytes, entry->len })) {
		entry->round = store->round[key->kind];
		return false;
	}
	entry = mem_alloc(sizeof(*entry) + packed.len);
	entry->round = store->round[key->kind];
	entry->len = packed.len;
	memcpy(entry->bytes, packed.ptr, packed.len);
	map_put(&store->kinds[key->kind], resolver_key_text(key, &text), entry);
	return true;
}

bool resolver_store_del(struct store *store, const struct msg_key *key)
{
	struct key_text text;

	return map_del(&store->kinds[key->kind], resolver_key_text(key, &text));
}

bool resolver_store_has(const struct store *store, const struct msg_key *key)
{
	return find(store, key) != NULL;
}

size_t resolver_store_count(const struct store *store, enum msg_kind kind)
{
	return store->kinds[kind].n;
}

int resolver_store_get(const struct store *store, const struct msg_key *key, struct pool *pool,
		       struct msg_object *out)
{
	const struct store_entry *entry = find(store, key);

	if (!entry)
		return -1;
	return codec_unpack(&msg_object_codec, (struct str){ entry->bytes, entry->len }, pool, out,
			    NULL);
}

static int compare_keys(const void *a, const void *b)
{
	return msg_key_cmp(a, b);
}

/* Keys of a kind, only those that the running listing has not seen if `unseen`. */
static void collect(const struct store *store, enum msg_kind kind, bool unseen, struct pool *pool,
		    struct msg_key **keys, size_t *n)
{
	const struct map *map = &store->kinds[kind];
	struct str text;
	void *value;

	*n = 0;
	*keys = pool_array(pool, map->n, sizeof(**keys));
	for (size_t i = 0; map_next(map, &i, &text, &value);) {
		const struct store_entry *entry = value;

		if (!unseen || entry->round != store->round[kind])
			(*keys)[(*n)++] = resolver_key_from_text(pool_str(pool, text));
	}
	if (*n > 1)
		qsort(*keys, *n, sizeof(**keys), compare_keys);
}

void resolver_store_keys(const struct store *store, enum msg_kind kind, struct pool *pool,
			 struct msg_key **keys, size_t *n)
{
	collect(store, kind, false, pool, keys, n);
}

void resolver_store_begin(struct store *store, enum msg_kind kind)
{
	store->round[kind]++;
	store->listing[kind] = true;
}

void resolver_store_end(struct store *store, enum msg_kind kind, struct pool *pool,
			struct msg_key **gone, size_t *n)
{
	*gone = NULL;
	*n = 0;
	if (store->listing[kind])
		collect(store, kind, true, pool, gone, n);
	store->listing[kind] = false;
}
