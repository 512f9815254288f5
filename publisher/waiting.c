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
	struct str text; /* msg_key_text */
	struct waiting_secret *secret;
	struct waiting_owner *before, *behind; /* among those that wait for the same */
};

struct waiting_secret {
	struct pool pool;
	struct msg_key key;
	struct str text; /* msg_key_text */
	uint64_t again_ms;
	struct waiting_owner *owners;
	struct waiting_secret *before, *behind; /* in the line */
};

static void free_owner(void *ptr)
{
	struct waiting_owner *owner = ptr;

	mem_free(owner->raw);
	mem_free((char *)owner->text.ptr);
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
	waiting->first = waiting->last = NULL;
}

/* ---- the line of Secrets, and the owners of each ---- */

/* Asks, and goes to the end of the line. */
static void ask(struct waiting *waiting, struct waiting_secret *secret, uint64_t now_ms)
{
	waiting->ask(waiting->self, &secret->key);
	secret->again_ms = now_ms + ASK_AGAIN_MS;
	secret->before = waiting->last;
	secret->behind = NULL;
	if (waiting->last)
		waiting->last->behind = secret;
	else
		waiting->first = secret;
	waiting->last = secret;
}

static void leave_line(struct waiting *waiting, const struct waiting_secret *secret)
{
	if (secret->before)
		secret->before->behind = secret->behind;
	else
		waiting->first = secret->behind;
	if (secret->behind)
		secret->behind->before = secret->before;
	else
		waiting->last = secret->before;
}

static void join(struct waiting_secret *secret, struct waiting_owner *owner)
{
	owner->secret = secret;
	owner->behind = secret->owners;
	if (owner->behind)
		owner->behind->before = owner;
	secret->owners = owner;
}

static void part(const struct waiting_owner *owner)
{
	if (owner->before)
		owner->before->behind = owner->behind;
	else
		owner->secret->owners = owner->behind;
	if (owner->behind)
		owner->behind->before = owner->before;
}

static void forget(struct waiting *waiting, struct waiting_owner *owner)
{
	struct waiting_secret *secret = owner->secret;

	part(owner);
	map_del(&waiting->owners, owner->text);
	if (secret->owners)
		return;
	leave_line(waiting, secret);
	map_del(&waiting->asked, secret->text);
}

/* ---- what comes ---- */

void publisher_waiting_drop(struct waiting *waiting, const struct msg_key *owner)
{
	struct waiting_owner *known;
	struct pool pool;

	pool_init(&pool);
	known = map_get(&waiting->owners, msg_key_text(owner, &pool));
	if (known)
		forget(waiting, known);
	pool_clear(&pool);
}

static struct waiting_secret *secret_of(struct waiting *waiting, const struct msg_key *key)
{
	struct waiting_secret *secret;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	secret = map_get(&waiting->asked, text);
	if (!secret) {
		secret = mem_alloc(sizeof(*secret));
		secret->key = msg_key_dup(key, &secret->pool);
		secret->text = pool_str(&secret->pool, text);
		map_put(&waiting->asked, text, secret);
		ask(waiting, secret, clock_ms());
	}
	pool_clear(&pool);
	return secret;
}

void publisher_waiting_put(struct waiting *waiting, const struct msg_key *owner, struct str raw,
			   const struct msg_key *key)
{
	struct waiting_owner *entry = mem_alloc(sizeof(*entry));
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	*entry = (struct waiting_owner){ .raw = mem_dup(raw.ptr, raw.len),
					 .len = raw.len,
					 .text = { mem_dup(text.ptr, text.len), text.len } };
	join(secret_of(waiting, key), entry);
	publisher_waiting_drop(waiting, owner);
	map_put(&waiting->owners, text, entry);
	pool_clear(&pool);
}

void publisher_waiting_release(struct waiting *waiting, const struct msg_key *key,
			       void (*again)(void *self, struct str raw))
{
	const struct waiting_secret *secret;
	struct waiting_owner *owner, *next;
	struct str_list raws = { 0 };
	struct pool pool;

	pool_init(&pool);
	secret = map_get(&waiting->asked, msg_key_text(key, &pool));
	for (owner = secret ? secret->owners : NULL; owner; owner = next) {
		next = owner->behind;
		*(struct str *)pool_push(&pool, &raws.items, &raws.n, sizeof(struct str)) =
			pool_bytes(&pool, owner->raw, owner->len);
		forget(waiting, owner);
	}
	for (size_t i = 0; i < raws.n; i++)
		again(waiting->self, raws.items[i]);
	pool_clear(&pool);
}

struct str publisher_waiting_for(const struct waiting *waiting, struct str owner)
{
	const struct waiting_owner *found = map_get(&waiting->owners, owner);

	return found ? found->secret->text : STR_NONE;
}

size_t publisher_waiting_n(const struct waiting *waiting)
{
	return waiting->owners.n;
}

uint64_t publisher_waiting_tick(struct waiting *waiting, uint64_t now_ms)
{
	struct waiting_secret *secret;

	while ((secret = waiting->first) && secret->again_ms <= now_ms) {
		leave_line(waiting, secret);
		ask(waiting, secret, now_ms);
	}
	return waiting->first ? waiting->first->again_ms : UINT64_MAX;
}
