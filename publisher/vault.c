/* vault: secret values by Secret, key and HMAC.
 *
 *   in    SECRET_PUT, and who holds what
 *   out   the value that an HMAC names, never another one of the same Secret
 *   owns  the bytes of every value; wiped when they go
 *   never logs or prints a value
 *
 * A value that has come but is not held yet waits for its CONFIG, which is on its way through a
 * translator. It goes when its Secret brings other values, or when the last holder lets go.
 */
#include "publisher/vault.h"

#include "base/mem.h"
#include "base/pool.h"

struct vault_secret;

struct vault_value {
	struct str place; /* its key in the map; a copy */
	char *bytes;
	size_t len;
	size_t n_holders;
	bool idle;                   /* nobody held it at the last sweep */
	struct vault_secret *secret; /* whose last SECRET_PUT had it, or NULL */
};

/* The values that the last SECRET_PUT of one Secret had. */
struct vault_secret {
	struct vault_value **items;
	size_t n;
};

static void free_value(void *ptr)
{
	struct vault_value *value = ptr;

	mem_wipe(value->bytes, value->len);
	mem_free(value->bytes);
	mem_free((char *)value->place.ptr);
	mem_free(value);
}

static void free_secret(void *ptr)
{
	struct vault_secret *secret = ptr;

	mem_free(secret->items);
	mem_free(secret);
}

void publisher_vault_init(struct vault *vault)
{
	map_init(&vault->values, free_value);
	map_init(&vault->secrets, free_secret);
}

void publisher_vault_clear(struct vault *vault)
{
	map_clear(&vault->secrets);
	map_clear(&vault->values);
}

/* Names cannot hold a slash, so this is one to one. */
static struct str place_of(const struct vault_ref *ref, struct pool *pool)
{
	struct str place =
		pool_printf(pool, STR_FMT "/" STR_FMT "/" STR_FMT "/", STR_ARG(ref->namespace),
			    STR_ARG(ref->name), STR_ARG(ref->key));
	char *text = pool_alloc(pool, place.len + HASH_LEN);

	memcpy(text, place.ptr, place.len);
	memcpy(text + place.len, ref->hmac->bytes, HASH_LEN);
	return (struct str){ text, place.len + HASH_LEN };
}

/* Takes a value out of the list of its Secret. */
static void detach(struct vault_value *value)
{
	struct vault_secret *secret = value->secret;

	for (size_t i = 0; secret && i < secret->n; i++)
		if (secret->items[i] == value)
			secret->items[i--] = secret->items[--secret->n];
	value->secret = NULL;
}

static void wipe(struct vault *vault, struct vault_value *value)
{
	struct str place = value->place;

	detach(value);
	value->place = STR_NONE;
	map_del(&vault->values, place);
	mem_free((char *)place.ptr);
}

static struct vault_value *keep(struct vault *vault, const struct vault_ref *ref, struct str bytes)
{
	struct pool pool;
	struct vault_value *value;
	struct str place;

	pool_init(&pool);
	place = place_of(ref, &pool);
	value = map_get(&vault->values, place);
	if (!value) {
		value = mem_alloc(sizeof(*value));
		value->place = (struct str){ mem_dup(place.ptr, place.len), place.len };
		value->bytes = mem_dup(bytes.ptr, bytes.len);
		value->len = bytes.len;
		map_put(&vault->values, place, value);
	}
	pool_clear(&pool);
	return value;
}

void publisher_vault_put(struct vault *vault, const struct msg_secret_put *put)
{
	struct vault_secret *secret = mem_alloc(sizeof(*secret)), *old;
	struct pool pool;
	struct str name;

	pool_init(&pool);
	name = pool_printf(&pool, STR_FMT "/" STR_FMT, STR_ARG(put->key.namespace),
			   STR_ARG(put->key.name));
	old = map_take(&vault->secrets, name);
	secret->items = mem_alloc((put->entries.n + 1) * sizeof(struct vault_value *));
	for (size_t i = 0; i < put->entries.n; i++) {
		const struct msg_secret_entry *e = &put->entries.items[i];
		struct vault_ref ref = { put->key.namespace, put->key.name, e->name, &e->hmac };
		struct vault_value *value = keep(vault, &ref, e->bytes);

		if (value->secret == secret)
			continue;
		detach(value);
		value->secret = secret;
		secret->items[secret->n++] = value;
	}
	while (old && old->n) {
		struct vault_value *value = old->items[old->n - 1];

		detach(value);
		if (!value->n_holders)
			wipe(vault, value);
	}
	if (old)
		free_secret(old);
	if (secret->n)
		map_put(&vault->secrets, name, secret);
	else
		free_secret(secret);
	pool_clear(&pool);
}

struct vault_value *publisher_vault_get(const struct vault *vault, const struct vault_ref *ref)
{
	struct pool pool;
	struct vault_value *value;

	pool_init(&pool);
	value = map_get(&vault->values, place_of(ref, &pool));
	pool_clear(&pool);
	return value;
}

struct str publisher_vault_bytes(const struct vault_value *value)
{
	return (struct str){ value->bytes, value->len };
}

void publisher_vault_hold(struct vault_value *value)
{
	value->n_holders++;
}

void publisher_vault_let_go(struct vault *vault, struct vault_value *value)
{
	if (--value->n_holders == 0)
		wipe(vault, value);
}

void publisher_vault_sweep(struct vault *vault)
{
	void *item;

	for (size_t i = 0; map_next(&vault->values, &i, NULL, &item);) {
		struct vault_value *value = item;

		if (value->idle && !value->n_holders)
			wipe(vault, value);
		else
			value->idle = !value->n_holders;
	}
}
