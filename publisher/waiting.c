/* waiting: configurations whose secret values have not come.
 *
 *   in    packed CONFIGs with the first Secret that they lack, SECRET_PUTs
 *   out   SECRET_WANTED, again from time to time; the CONFIGs once their Secret has come
 *   owns  the packed CONFIGs, at most one for each owner
 */
#include "publisher/waiting.h"

#include "base/clock.h"
#include "base/mem.h"

#define ASK_AGAIN_MS 2000

struct waiting_owner {
	char *raw;
	size_t len;
	struct str secret; /* msg_key_text */
};

struct waiting_secret {
	struct pool pool;
	struct msg_key key;
	uint64_t again_ms;
	size_t n_owners;
};

static void free_owner(void *ptr)
{
	struct waiting_owner *owner = ptr;

	mem_free(owner->raw);
	mem_free((char *)owner->secret.ptr);
	mem_free(owner);
}

static void free_secret(void *ptr)
{
	struct waiting_secret *secret = ptr;

	pool_clear(&secret->pool);
	mem_free(secret);
}

void publisher_waiting_init(struct waiting *waiting, void *self,
			    int (*ask)(void *self, const struct msg_key *secret))
{
	*waiting = (struct waiting){ .self = self, .ask = ask };
	map_init(&waiting->owners, free_owner);
	map_init(&waiting->asked, free_secret);
}

void publisher_waiting_clear(struct waiting *waiting)
{
	map_clear(&waiting->owners);
	map_clear(&waiting->asked);
	map_init(&waiting->owners, free_owner);
	map_init(&waiting->asked, free_secret);
}

static void ask(struct waiting *waiting, struct waiting_secret *secret, uint64_t now_ms)
{
	waiting->ask(waiting->self, &secret->key);
	secret->again_ms = now_ms + ASK_AGAIN_MS;
}

static void forget(struct waiting *waiting, struct str owner_text)
{
	struct waiting_owner *owner = map_get(&waiting->owners, owner_text);
	struct waiting_secret *secret = owner ? map_get(&waiting->asked, owner->secret) : NULL;

	if (secret && --secret->n_owners == 0)
		map_del(&waiting->asked, owner->secret);
	if (owner)
		map_del(&waiting->owners, owner_text);
}

void publisher_waiting_drop(struct waiting *waiting, const struct msg_key *owner)
{
	struct pool pool;

	pool_init(&pool);
	forget(waiting, msg_key_text(owner, &pool));
	pool_clear(&pool);
}

void publisher_waiting_put(struct waiting *waiting, const struct msg_key *owner, struct str raw,
			   const struct msg_key *key)
{
	struct waiting_owner *entry = mem_alloc(sizeof(*entry));
	struct waiting_secret *secret;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	*entry = (struct waiting_owner){ mem_dup(raw.ptr, raw.len),
					 raw.len,
					 { mem_dup(text.ptr, text.len), text.len } };
	publisher_waiting_drop(waiting, owner);
	map_put(&waiting->owners, msg_key_text(owner, &pool), entry);
	secret = map_get(&waiting->asked, text);
	if (!secret) {
		secret = mem_alloc(sizeof(*secret));
		secret->key = msg_key_dup(key, &secret->pool);
		map_put(&waiting->asked, text, secret);
		ask(waiting, secret, clock_ms());
	}
	secret->n_owners++;
	pool_clear(&pool);
}

void publisher_waiting_release(struct waiting *waiting, const struct msg_key *key,
			       void (*again)(void *self, struct str raw))
{
	struct pool pool;
	struct str text, owner_text;
	struct str_list raws = { 0 };
	void *value;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	for (size_t i = 0; map_get(&waiting->asked, text) &&
			   map_next(&waiting->owners, &i, &owner_text, &value);) {
		const struct waiting_owner *owner = value;

		if (!str_eq(owner->secret, text))
			continue;
		*(struct str *)pool_push(&pool, &raws.items, &raws.n, sizeof(struct str)) =
			pool_bytes(&pool, owner->raw, owner->len);
		forget(waiting, owner_text);
	}
	for (size_t i = 0; i < raws.n; i++)
		again(waiting->self, raws.items[i]);
	pool_clear(&pool);
}

struct str publisher_waiting_for(const struct waiting *waiting, struct str owner)
{
	const struct waiting_owner *found = map_get(&waiting->owners, owner);

	return found ? found->secret : STR_NONE;
}

size_t publisher_waiting_n(const struct waiting *waiting)
{
	return waiting->owners.n;
}

uint64_t publisher_waiting_tick(struct waiting *waiting, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	void *value;

	for (size_t i = 0; map_next(&waiting->asked, &i, NULL, &value);) {
		struct waiting_secret *secret = value;

		if (secret->again_ms <= now_ms)
			ask(waiting, secret, now_ms);
		if (secret->again_ms < next)
			next = secret->again_ms;
	}
	return next;
}
