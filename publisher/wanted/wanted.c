/* wanted: what should be published, by owner.
 *
 *   in     what apply.c made of a CONFIG; REJECT, DELETE and SECRET_PUT
 *   out    whether anything would be published differently
 *   owns   each owner's last good configuration and last rejection, the secret values,
 *          the certificates, who names which host, the conflicts
 *   never  writes anything; scans all owners for the change of one
 *
 * A configuration is applied as a whole or not at all: whatever is wrong with it, the last good one
 * stays.
 */
#include "publisher/wanted/wanted.h"

#include "base/clock.h"
#include "base/mem.h"
#include "publisher/wanted/claim.h"
#include "publisher/wanted/refuse.h"
#include "publisher/wanted/settle.h"

struct wanted *publisher_wanted_new(const struct wanted_listener *listener)
{
	struct wanted *self = mem_alloc(sizeof(*self));

	if (listener)
		self->listener = *listener;
	map_init(&self->owners, NULL);
	publisher_secret_cache_init(&self->secret_cache);
	publisher_certs_init(&self->certs);
	publisher_settle_init(self);
	return self;
}

void publisher_wanted_need(struct wanted *self, struct wanted_needs needs)
{
	self->needs = needs;
}

void publisher_wanted_govern(struct wanted *self, const struct host_policy *policy)
{
	self->policy = policy;
}

void publisher_wanted_destroy(struct wanted **self_p)
{
	struct wanted *self = *self_p;
	void *value;

	if (!self)
		return;
	publisher_conflicts_clear(&self->conflicts);
	publisher_conflicts_clear(&self->likenesses);
	for (size_t i = 0; map_next(&self->owners, &i, NULL, &value);) {
		struct owner *owner = value;

		publisher_wanted_let_go(self, &owner->good);
		publisher_wanted_let_go(self, &owner->whole);
		publisher_owner_destroy(&owner);
	}
	map_clear(&self->owners);
	map_clear(&self->unsettled);
	mem_free((char *)self->authenticate.ptr);
	mem_free((char *)self->login.ptr);
	publisher_host_owner_clear(&self->claims);
	publisher_certs_clear(&self->certs);
	publisher_secret_cache_clear(&self->secret_cache);
	mem_free(self);
	*self_p = NULL;
}

/* ---- owners ---- */

static struct owner *find(const struct wanted *self, const struct msg_key *key)
{
	struct pool pool;
	struct owner *owner;

	pool_init(&pool);
	owner = map_get(&self->owners, msg_key_text(key, &pool));
	pool_clear(&pool);
	return owner;
}

static struct owner *owner_of(struct wanted *self, const struct msg_key *key)
{
	struct owner *owner = find(self, key);
	struct pool pool;

	if (owner)
		return owner;
	pool_init(&pool);
	owner = publisher_owner_new(&self->owners, msg_key_text(key, &pool));
	pool_clear(&pool);
	return owner;
}

void publisher_wanted_set_reason(struct wanted *self, struct owner *owner, const char *reason)
{
	if (!reason && !owner->reason)
		return;
	if (!reason || !owner->reason)
		owner->reason_since = clock_wall();
	self->n_rejected += (reason != NULL) - (owner->reason != NULL);
	mem_free(reason ? owner->reason : owner->last_reason);
	if (!reason)
		owner->last_reason = owner->reason;
	owner->reason = reason ? mem_strdup(reason) : NULL;
}

/* An object that was deleted and made anew may say the same, and routes of others in its place come
 * first now; what was stored does not know its age. */
static bool is_of_age(const struct good *whole, const struct good_parts *parts)
{
	return parts->was_stored || !whole->n_routes || whole->created == parts->created;
}

/* Makes it the whole of the owner. */
static void take(struct wanted *self, struct owner *owner, const struct good_parts *parts,
		 struct good *next)
{
	if (owner->whole && hash_equal(&owner->whole->digest, &next->digest) &&
	    is_of_age(owner->whole, parts)) {
		publisher_good_hold_values(owner->whole, &self->secret_cache, parts->values,
					   parts->n_values);
		owner->whole->was_stored = parts->was_stored;
		publisher_wanted_let_go(self, &next);
	} else {
		publisher_claim_take(self, owner, next);
	}
}

enum wanted_outcome publisher_wanted_adopt(struct wanted *self, const struct msg_key *key,
					   const struct good_parts *parts, struct err *err)
{
	struct owner *owner = owner_of(self, key);
	struct good *next = publisher_good_new(parts, owner, &self->certs, err);
	bool changed;

	if (!next)
		return WANTED_REJECTED;
	publisher_wanted_set_reason(self, owner, NULL);
	owner->refused = false;
	if (!parts->was_stored)
		publisher_claim_age(self, owner, parts->created);
	take(self, owner, parts, next);
	publisher_claim_hosts(self, owner, parts->was_stored ? &owner->hosts : &parts->hosts);
	publisher_settle_bars(self);
	changed = publisher_settle_owner(self, owner);
	publisher_refuse_note(owner); /* what is returned tells it */
	publisher_settle_others(self);
	if (changed)
		owner->good_since = clock_wall();
	if (owner->refused && publisher_refuse_reason(self, owner, err))
		return WANTED_REJECTED;
	return changed ? WANTED_CHANGED : WANTED_SAME;
}

void publisher_wanted_claim(struct wanted *self, const struct msg_ticket *ticket)
{
	struct owner *owner = owner_of(self, &ticket->owner);

	publisher_claim_age(self, owner, ticket->created);
	publisher_claim_hosts(self, owner, ticket->hosts.n ? &ticket->hosts : &owner->hosts);
	publisher_settle_others(self);
}

void publisher_wanted_gather(struct wanted *self, bool gather)
{
	self->waits = gather;
	publisher_settle_others(self);
	publisher_certs_gather(&self->certs, gather);
}

static void reject(struct wanted *self, struct owner *owner, const char *reason)
{
	publisher_wanted_set_reason(self, owner, reason);
	owner->refused = false;
	publisher_refuse_note(owner);
}

void publisher_wanted_fault(struct wanted *self, const struct msg_key *key, const char *reason)
{
	struct owner *owner = owner_of(self, key);

	if (!owner->refused || strcmp(owner->reason, reason) != 0)
		reject(self, owner, reason);
}

/* ---- keys that are withdrawn ---- */

void publisher_wanted_made_by(struct wanted *self, const struct msg_key *key, const char *maker)
{
	struct owner *owner = find(self, key);

	if (!owner)
		return;
	owner->is_doubted = false;
	if (str_eq(str_from(owner->maker), str_from(maker)))
		return;
	mem_free(owner->maker);
	owner->maker = *maker ? mem_strdup(maker) : NULL;
}

size_t publisher_wanted_doubt(struct wanted *self, const void *arg,
			      bool (*counts)(const void *arg, const char *maker))
{
	size_t n = 0;
	void *value;

	for (size_t i = 0; map_next(&self->owners, &i, NULL, &value);) {
		struct owner *owner = value;

		if (!owner->maker || counts(arg, owner->maker))
			continue;
		owner->is_doubted = true;
		n++;
	}
	return n;
}

bool publisher_wanted_drop_doubted(struct wanted *self, const struct msg_key *key)
{
	struct owner *owner = find(self, key);

	if (!owner || !owner->is_doubted || !owner->whole)
		return false;
	owner->is_doubted = false;
	mem_free(owner->maker);
	owner->maker = NULL;
	publisher_claim_take(self, owner, NULL);
	(void)publisher_settle_owner(self, owner);
	publisher_settle_others(self);
	return true;
}

/* ---- REJECT, DELETE, SECRET_PUT ---- */

void publisher_wanted_reject(struct wanted *self, const struct msg_reject *message)
{
	struct pool pool;

	pool_init(&pool);
	reject(self, owner_of(self, &message->owner),
	       publisher_diagnostics_reason(&message->diagnostics, &pool).ptr);
	pool_clear(&pool);
}

enum wanted_outcome publisher_wanted_delete(struct wanted *self, const struct msg_key *key)
{
	struct owner *owner = find(self, key);
	bool had;

	if (!owner)
		return WANTED_SAME;
	had = owner->good != NULL;
	publisher_settle_forget(self, owner);
	publisher_wanted_set_reason(self, owner, NULL);
	map_del(&self->owners, owner->text);
	publisher_owner_destroy(&owner);
	publisher_settle_others(self);
	return had ? WANTED_CHANGED : WANTED_SAME;
}

void publisher_wanted_secret(struct wanted *self, const struct msg_secret_put *put)
{
	publisher_secret_cache_put(&self->secret_cache, put);
}

void publisher_wanted_sweep_secrets(struct wanted *self)
{
	publisher_secret_cache_sweep(&self->secret_cache);
}

bool publisher_wanted_note(struct wanted *self, const struct msg_key *key,
			   const struct msg_diagnostic_list *list)
{
	struct owner *owner = find(self, key);
	struct diagnostics *said = owner ? publisher_diagnostics_new(list) : NULL;
	bool differ;

	if (!owner)
		return false;
	differ = (said ? said->warned : 0) != (owner->said ? owner->said->warned : 0);
	mem_free(owner->said);
	owner->said = said;
	return differ;
}

size_t publisher_wanted_rivals(const struct wanted *self, const struct route *route,
			       struct pool *pool, const struct owner ***owners)
{
	return publisher_conflicts_owners(&self->conflicts, route, pool, owners);
}

void publisher_wanted_let_go(struct wanted *self, struct good **good)
{
	publisher_good_let_go(good, &self->secret_cache, &self->certs);
}

/* ---- what is there ---- */

const struct owner *publisher_wanted_owner(const struct wanted *self, const struct msg_key *key)
{
	return find(self, key);
}

const struct owner *publisher_wanted_find(const struct wanted *self, struct str text)
{
	return map_get(&self->owners, text);
}

const struct owner *publisher_wanted_next(const struct wanted *self, size_t *i)
{
	void *value;

	return map_next(&self->owners, i, NULL, &value) ? value : NULL;
}

struct str *publisher_wanted_sorted(const struct wanted *self)
{
	return map_sorted_keys(&self->owners);
}

bool publisher_wanted_has_route(const struct wanted *self, const struct route *like,
				enum msg_kind kind)
{
	return publisher_conflicts_has(&self->conflicts, like, kind);
}

struct str publisher_wanted_twin_id(const struct wanted *self, const struct route *route,
				    struct pool *pool)
{
	return publisher_conflicts_id(&self->conflicts, route, pool);
}

size_t publisher_wanted_n_owners(const struct wanted *self)
{
	return self->owners.n;
}

size_t publisher_wanted_n_routes(const struct wanted *self)
{
	return self->n_routes;
}

size_t publisher_wanted_n_rejected(const struct wanted *self)
{
	return self->n_rejected;
}

const struct certs *publisher_wanted_certs(const struct wanted *self)
{
	return &self->certs;
}

const struct host_claims *publisher_wanted_claims(const struct wanted *self)
{
	return &self->claims;
}

void publisher_wanted_count_foreign(struct wanted *self, struct str host, int step)
{
	publisher_certs_count_foreign(&self->certs, host, step);
}

void publisher_wanted_on_cert(struct wanted *self, void *arg,
			      void (*on_change)(void *arg, struct cert *cert, bool published))
{
	self->certs.self = arg;
	self->certs.on_change = on_change;
}
