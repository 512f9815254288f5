/* store: every object by key, packed.
 *
 *   in     OBJECT_PUT, OBJECT_DELETE and the beginning and end of listings
 *   out    "this is news" and unpacked copies
 *   owns   the packed bytes of each object: a tenth of what the unpacked structs take
 *   never  knows what an object means
 */
#include "resolver/graph/store.h"

#include "base/log.h"
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
	buf_init(&store->scratch, BUF_MAX_MESSAGE);
}

void resolver_store_clear(struct store *store)
{
	for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
		map_clear(&store->kinds[kind]);
	buf_clear(&store->scratch);
}

static struct store_entry *find(const struct store *store, const struct msg_key *key)
{
	struct key_text text;

	if (key->kind >= MSG_N_KINDS)
		return NULL;
	return map_get(&store->kinds[key->kind], resolver_key_text(key, &text));
}

/* Packs into the scratch buffer; an empty view if the object is larger than any message may be. */
static struct str pack(struct store *store, const struct msg_object *object)
{
	struct msg_object plain = *object;

	/* The time of a change is not part of it. */
	plain.seen_ns = 0;
	if (store->scratch.cap > BUF_MAX_TEXT) {
		buf_clear(&store->scratch);
		buf_init(&store->scratch, BUF_MAX_MESSAGE);
	}
	buf_reset(&store->scratch);
	codec_pack(&msg_object_codec, &plain, &store->scratch);
	return store->scratch.full ? STR("") : buf_view(&store->scratch);
}

bool resolver_store_put(struct store *store, const struct msg_object *object)
{
	struct store_entry *entry = find(store, &object->key);
	struct str bytes = pack(store, object);
	struct key_text text;

	if (bytes.len == 0) {
		if (entry)
			entry->round = store->round[object->key.kind];
		log_warn("object too large, its last version stays", "kind=%s name=%s",
			 msg_kind_name((enum msg_kind)object->key.kind),
			 err_quote(object->key.name));
		return false;
	}
	if (entry && str_eq(bytes, (struct str){ entry->bytes, entry->len })) {
		entry->round = store->round[object->key.kind];
		return false;
	}
	entry = mem_alloc(sizeof(*entry) + bytes.len);
	entry->round = store->round[object->key.kind];
	entry->len = bytes.len;
	memcpy(entry->bytes, bytes.ptr, bytes.len);
	map_put(&store->kinds[object->key.kind], resolver_key_text(&object->key, &text), entry);
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
