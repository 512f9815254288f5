/* pending: configurations whose secret values have not come.
 *
 *   in     packed CONFIGs with the first Secret that they lack, SECRET_PUTs
 *   out    SECRET_WANTED, again from time to time; the CONFIGs once their Secret has come; those
 *          that wait for long
 *   owns   the packed CONFIGs, at most one for each owner
 *   never  looks into a CONFIG
 */
#include "publisher/wanted/pending.h"

#include "base/clock.h"
#include "base/mem.h"

#define ASK_AGAIN_MS 2000

struct pending_owner {
	struct pending_config config; /* raw: our own copy */
	struct str text;              /* msg_key_text */
	struct pending_secret *secret;
	LIST_ENTRY(pending_owner) link; /* among those that wait for the same Secret */
	uint64_t since_ms;
	TAILQ_ENTRY(pending_owner) untold;
	bool is_told;
};

struct pending_secret {
	struct pool pool;
	struct msg_key key;
	struct str text; /* msg_key_text */
	uint64_t again_ms;
	LIST_HEAD(, pending_owner) owners;
	TAILQ_ENTRY(pending_secret) link;
};

static void free_owner(void *ptr)
{
	struct pending_owner *owner = ptr;

	mem_free((char *)owner->config.raw.ptr);
	mem_free((char *)owner->text.ptr);
	mem_free(owner);
}

static void free_secret(void *ptr)
{
	struct pending_secret *secret = ptr;

	pool_clear(&secret->pool);
	mem_free(secret);
}

void publisher_pending_init(struct pending *pending, const struct pending_hooks *hooks)
{
	*pending = (struct pending){ .hooks = *hooks };
	map_init(&pending->owners, free_owner);
	map_init(&pending->asked, free_secret);
	TAILQ_INIT(&pending->queue);
	TAILQ_INIT(&pending->untold);
}

void publisher_pending_clear(struct pending *pending)
{
	map_clear(&pending->owners);
	map_clear(&pending->asked);
	publisher_pending_init(pending, &pending->hooks);
}

/* Asks, and goes to the end of the queue. */
static void ask(struct pending *pending, struct pending_secret *secret, uint64_t now_ms)
{
	pending->hooks.ask(pending->hooks.self, &secret->key);
	secret->again_ms = now_ms + ASK_AGAIN_MS;
	TAILQ_INSERT_TAIL(&pending->queue, secret, link);
}

static void forget(struct pending *pending, struct pending_owner *owner)
{
	struct pending_secret *secret = owner->secret;

	LIST_REMOVE(owner, link);
	if (!owner->is_told)
		TAILQ_REMOVE(&pending->untold, owner, untold);
	pending->bytes -= owner->config.raw.len;
	map_del(&pending->owners, owner->text);
	if (!LIST_EMPTY(&secret->owners))
		return;
	TAILQ_REMOVE(&pending->queue, secret, link);
	map_del(&pending->asked, secret->text);
}

/* ---- what comes ---- */

void publisher_pending_drop(struct pending *pending, const struct msg_key *owner)
{
	struct pending_owner *known;
	struct pool pool;

	pool_init(&pool);
	known = map_get(&pending->owners, msg_key_text(owner, &pool));
	if (known)
		forget(pending, known);
	pool_clear(&pool);
}

static struct pending_secret *secret_of(struct pending *pending, const struct msg_key *key)
{
	struct pending_secret *secret;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	secret = map_get(&pending->asked, text);
	if (!secret) {
		secret = mem_alloc(sizeof(*secret));
		secret->key = msg_key_dup(key, &secret->pool);
		secret->text = pool_str(&secret->pool, text);
		map_put(&pending->asked, text, secret);
		ask(pending, secret, clock_ms());
	}
	pool_clear(&pool);
	return secret;
}

void publisher_pending_put(struct pending *pending, const struct msg_key *owner,
			   const struct pending_config *config, const struct msg_key *key)
{
	struct pending_owner *entry = mem_alloc(sizeof(*entry));
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	*entry = (struct pending_owner){ .config = *config,
					 .text = { mem_dup(text.ptr, text.len), text.len } };
	entry->config.raw.ptr = mem_dup(config->raw.ptr, config->raw.len);
	entry->secret = secret_of(pending, key);
	LIST_INSERT_HEAD(&entry->secret->owners, entry, link);
	entry->since_ms = clock_ms();
	TAILQ_INSERT_TAIL(&pending->untold, entry, untold);
	publisher_pending_drop(pending, owner);
	pending->bytes += config->raw.len;
	map_put(&pending->owners, text, entry);
	pool_clear(&pool);
}

void publisher_pending_release(struct pending *pending, const struct msg_key *key,
			       void (*again)(void *self, const struct pending_config *config))
{
	const struct pending_secret *secret;
	struct pending_owner *owner, *next;
	struct pending_config *configs = NULL;
	size_t n = 0;
	struct pool pool;

	pool_init(&pool);
	secret = map_get(&pending->asked, msg_key_text(key, &pool));
	for (owner = secret ? LIST_FIRST(&secret->owners) : NULL; owner; owner = next) {
		struct pending_config *config = pool_push(&pool, &configs, &n, sizeof(*config));

		*config = owner->config;
		config->raw = pool_str(&pool, owner->config.raw);
		next = LIST_NEXT(owner, link);
		forget(pending, owner);
	}
	for (size_t i = 0; i < n; i++)
		again(pending->hooks.self, &configs[i]);
	pool_clear(&pool);
}

struct str publisher_pending_for(const struct pending *pending, struct str owner)
{
	const struct pending_owner *found = map_get(&pending->owners, owner);

	return found ? found->secret->text : STR_NONE;
}

size_t publisher_pending_n(const struct pending *pending)
{
	return pending->owners.n;
}

bool publisher_pending_has_room(const struct pending *pending, const struct msg_key *owner,
				size_t len)
{
	const struct pending_owner *known;
	struct pool pool;

	pool_init(&pool);
	known = map_get(&pending->owners, msg_key_text(owner, &pool));
	pool_clear(&pool);
	return pending->owners.n - (known != NULL) < PENDING_MAX &&
	       pending->bytes - (known ? known->config.raw.len : 0) + len <= PENDING_BYTES;
}

/* Returns when the next one has waited for long. */
static uint64_t tell_late(struct pending *pending, uint64_t now_ms)
{
	struct pending_owner *owner;

	while ((owner = TAILQ_FIRST(&pending->untold)) &&
	       owner->since_ms + PENDING_LATE_MS <= now_ms) {
		TAILQ_REMOVE(&pending->untold, owner, untold);
		owner->is_told = true;
		pending->hooks.late(pending->hooks.self, &owner->config, &owner->secret->key);
	}
	return owner ? owner->since_ms + PENDING_LATE_MS : UINT64_MAX;
}

uint64_t publisher_pending_tick(struct pending *pending, uint64_t now_ms)
{
	struct pending_secret *secret;

	while ((secret = TAILQ_FIRST(&pending->queue)) && secret->again_ms <= now_ms) {
		TAILQ_REMOVE(&pending->queue, secret, link);
		ask(pending, secret, now_ms);
	}
	return clock_earlier(tell_late(pending, now_ms), secret ? secret->again_ms : UINT64_MAX);
}
