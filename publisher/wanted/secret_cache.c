/* secret_cache: secret values by Secret, key and fingerprint.
 *
 *   in     SECRET_PUT, and who holds what
 *   out    the value that a fingerprint names, never another one of the same Secret
 *   owns   the bytes of every value; wiped when they go
 *   never  logs or prints a value
 *
 * A value that has come but is not held yet waits for its CONFIG, which is on its way through a
 * translator. It goes when its Secret brings other values, or when the last holder lets go.
 */
#include "publisher/wanted/secret_cache.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/vault/vault.h"

struct cached_secret;

struct cached_value {
	struct str place; /* its key in the map; a copy */
	char *bytes;
	size_t len;
	size_t n_holders;
	bool idle;                    /* nobody held it at the last sweep */
	struct cached_secret *secret; /* whose last SECRET_PUT had it, or NULL */
};

/* The values that the last SECRET_PUT of one Secret had. */
struct cached_secret {
	struct cached_value **items;
	size_t n;
};

static void free_value(void *ptr)
{
	struct cached_value *value = ptr;

	vault_free(value->bytes, value->len + 1);
	mem_free((char *)value->place.ptr);
	mem_free(value);
}

static void free_secret(void *ptr)
{
	struct cached_secret *secret = ptr;

	mem_free(secret->items);
	mem_free(secret);
}

void publisher_secret_cache_init(struct secret_cache *cache)
{
	map_init(&cache->values, free_value);
	map_init(&cache->secrets, free_secret);
}

void publisher_secret_cache_clear(struct secret_cache *cache)
{
	map_clear(&cache->secrets);
	map_clear(&cache->values);
}

/* Names cannot hold a slash, so this is one to one. */
static struct str place_of(const struct secret_ref *ref, struct pool *pool)
{
	struct str place =
		pool_printf(pool, STR_FMT "/" STR_FMT "/" STR_FMT "/", STR_ARG(ref->namespace),
			    STR_ARG(ref->name), STR_ARG(ref->key));
	char *text = pool_alloc(pool, place.len + HASH_LEN);

	memcpy(text, place.ptr, place.len);
	memcpy(text + place.len, ref->fingerprint->bytes, HASH_LEN);
	return (struct str){ text, place.len + HASH_LEN };
}

/* Takes a value out of the list of its Secret. */
static void detach(struct cached_value *value)
{
	struct cached_secret *secret = value->secret;

	for (size_t i = 0; secret && i < secret->n; i++)
		if (secret->items[i] == value)
			secret->items[i--] = secret->items[--secret->n];
	value->secret = NULL;
}

static void wipe(struct secret_cache *cache, struct cached_value *value)
{
	struct str place = value->place;

	detach(value);
	value->place = STR_NONE;
	map_del(&cache->values, place);
	mem_free((char *)place.ptr);
}

static struct cached_value *add(struct secret_cache *cache, const struct secret_ref *ref,
				struct str bytes)
{
	struct pool pool;
	struct cached_value *value;
	struct str place;

	pool_init(&pool);
	place = place_of(ref, &pool);
	value = map_get(&cache->values, place);
	if (!value) {
		value = mem_alloc(sizeof(*value));
		value->place = (struct str){ mem_dup(place.ptr, place.len), place.len };
		value->bytes = vault_dup(bytes.ptr, bytes.len);
		value->len = bytes.len;
		map_put(&cache->values, place, value);
	}
	pool_clear(&pool);
	return value;
}

void publisher_secret_cache_put(struct secret_cache *cache, const struct msg_secret_put *put)
{
	struct cached_secret *secret = mem_alloc(sizeof(*secret)), *old;
	struct pool pool;
	struct str name;

	pool_init(&pool);
	name = pool_printf(&pool, STR_FMT "/" STR_FMT, STR_ARG(put->key.namespace),
			   STR_ARG(put->key.name));
	old = map_take(&cache->secrets, name);
	secret->items = mem_alloc((put->entries.n + 1) * sizeof(struct cached_value *));
	for (size_t i = 0; i < put->entries.n; i++) {
		const struct msg_secret_entry *e = &put->entries.items[i];
		struct secret_ref ref = { put->key.namespace, put->key.name, e->name,
					  &e->fingerprint };
		struct cached_value *value = add(cache, &ref, e->bytes);

		if (value->secret == secret)
			continue;
		detach(value);
		value->secret = secret;
		secret->items[secret->n++] = value;
	}
	while (old && old->n) {
		struct cached_value *value = old->items[old->n - 1];

		detach(value);
		if (!value->n_holders)
			wipe(cache, value);
	}
	if (old)
		free_secret(old);
	if (secret->n)
		map_put(&cache->secrets, name, secret);
	else
		free_secret(secret);
	pool_clear(&pool);
}

struct cached_value *publisher_secret_cache_get(const struct secret_cache *cache,
						const struct secret_ref *ref)
{
	struct pool pool;
	struct cached_value *value;

	pool_init(&pool);
	value = map_get(&cache->values, place_of(ref, &pool));
	pool_clear(&pool);
	return value;
}

struct str publisher_secret_cache_bytes(const struct cached_value *value)
{
	return (struct str){ value->bytes, value->len };
}

void publisher_secret_cache_hold(struct cached_value *value)
{
	value->n_holders++;
}

void publisher_secret_cache_let_go(struct secret_cache *cache, struct cached_value *value)
{
	if (--value->n_holders == 0)
		wipe(cache, value);
}

void publisher_secret_cache_sweep(struct secret_cache *cache)
{
	void *item;

	for (size_t i = 0; map_next(&cache->values, &i, NULL, &item);) {
		struct cached_value *value = item;

		if (value->idle && !value->n_holders)
			wipe(cache, value);
		else
			value->idle = !value->n_holders;
	}
}
