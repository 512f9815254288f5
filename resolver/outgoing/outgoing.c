/* outgoing: what has to be sent, until the peers have credit for it.
 *
 *   in     owners, Secrets and Services that have changed
 *   out    the queues and the announcement that send.c and dispatch.c work off
 *   owns   one entry an owner and a Secret in each queue
 *   never  sends anything
 */
#include "resolver/outgoing/outgoing.h"

#include "actor/actor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define LACK_MS 3000

static void on_dirty(void *arg, const struct msg_key *owner, const struct owner_news *news)
{
	struct outgoing *self = arg;

	/* Before the first announcement the publisher knows of no owner. */
	if (self->announce.state != ANNOUNCE_NONE)
		resolver_queue_mark(&self->queue, owner, news);
}

static void on_secret_wanted(void *arg, const struct msg_key *secret, bool wanted)
{
	struct outgoing *self = arg;

	resolver_keyqueue_add(wanted ? &self->wanted : &self->unwanted, secret);
}

static void on_secret_put(void *arg, const struct msg_secret_put *put)
{
	struct outgoing *self = arg;

	resolver_keyqueue_add(&self->values, &put->key);
}

static void on_service(void *arg, const struct msg_key *service)
{
	struct outgoing *self = arg;

	self->addresses.due |= msg_key_equal(service, &self->addresses.key);
}

struct resolve_sink resolver_outgoing_sink(struct outgoing *self)
{
	return (struct resolve_sink){ self, on_dirty, on_secret_wanted, on_secret_put, on_service };
}

static void add_all(struct keyqueue *queue, const struct secrets *secrets)
{
	struct msg_key *keys;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	n = resolver_secrets_keys(secrets, &pool, &keys);
	for (size_t i = 0; i < n; i++)
		resolver_keyqueue_add(queue, &keys[i]);
	pool_clear(&pool);
}

void resolver_outgoing_ask_again(struct outgoing *self, const struct secrets *secrets)
{
	add_all(&self->wanted, secrets);
}

void resolver_outgoing_begin(struct outgoing *self)
{
	mem_wipe(&self->ticket_key, sizeof(self->ticket_key));
	resolver_announce_clear(&self->announce);
}

int resolver_outgoing_take_key(struct outgoing *self, const struct msg_ticket_key *key,
			       struct err *err)
{
	if (!key->id || key->key.len != HASH_LEN)
		return err_set(err,
			       "a key for tickets has an id and %d bytes, and this one has %zu",
			       HASH_LEN, key->key.len);
	self->ticket_key.id = key->id;
	memcpy(self->ticket_key.key.bytes, key->key.ptr, HASH_LEN);
	return 0;
}

/* Owners that were missing while a kind could not be read are only known to be gone once it can,
 * Certificates only once cert-manager is installed; those that were missing for want of a class
 * stay until all that have one again have arrived. */
static bool is_due(const struct outgoing *self, const struct resolve *resolve)
{
	return self->announce.state == ANNOUNCE_NONE ||
	       (!self->announce.complete && resolver_resolve_complete(resolve)) ||
	       (!self->announce.certificates && resolver_resolve_knows_certificates(resolve)) ||
	       (self->classes == CLASSES_NONE && resolver_resolve_has_class(resolve));
}

void resolver_outgoing_announce(struct outgoing *self, struct resolve *resolve)
{
	struct key_list owners;
	struct pool pool;

	if (!resolver_resolve_synced(resolve) || !is_due(self, resolve))
		return;
	pool_init(&pool);
	resolver_resolve_owners(resolve, &pool, &owners.items, &owners.n);
	for (size_t i = 0; i < owners.n; i++) {
		const struct owner_news news = resolver_resolve_news(resolve, &owners.items[i], 0);

		resolver_queue_mark(&self->queue, &owners.items[i], &news);
	}
	resolver_announce_begin(&self->announce, &owners, resolver_resolve_complete(resolve),
				&self->queue);
	self->announce.certificates = resolver_resolve_knows_certificates(resolve);
	add_all(&self->values, resolver_resolve_secrets(resolve));
	self->classes = CLASSES_UNSENT;
	resolver_addresses_again(&self->addresses);
	resolver_flush_restart(&self->flush);
	pool_clear(&pool);
}

/* ---- translators ---- */

static bool was_seen(const struct outgoing *self, int pid)
{
	for (size_t i = 0; pid && i < self->n_seen && i < OUTGOING_SEEN; i++)
		if (self->seen[i] == pid)
			return true;
	return false;
}

/* Who reads what tenants write may be taken over, and never comes near the settings. */
static unsigned takes_of(struct outgoing *self, const struct actor_peer *peer)
{
	const int pid = actor_peer_pid(peer);

	if (!actor_peer_is_for_settings(peer)) {
		if (!was_seen(self, pid))
			self->seen[self->n_seen++ % OUTGOING_SEEN] = pid;
		return WORKER_TAKES_OWNERS;
	}
	if (actor_peer_may_have_settings(peer) && !was_seen(self, pid))
		return WORKER_TAKES_SETTINGS;
	log_warn("translator with --settings refused", "process=%d reason=\"%s\"", pid,
		 actor_peer_may_have_settings(peer)
			 ? "it was one for Ingresses before"
			 : "it came over another way: the settings go over ipc only, and by "
			   "--settings-endpoint if that is given");
	return 0;
}

void resolver_outgoing_worker_up(struct outgoing *self, struct actor_peer *peer)
{
	struct worker_hello hello = { .peer = peer,
				      .epoch = actor_peer_epoch(peer),
				      .key = str_from(actor_peer_key(peer)) };
	void **worker = actor_peer_data(peer);

	if (*worker) {
		resolver_queue_reset_worker(&self->queue, *worker, clock_ms());
		return;
	}
	hello.takes = takes_of(self, peer);
	*worker = resolver_queue_add_worker(&self->queue, &hello);
}

void resolver_outgoing_worker_credit(struct outgoing *self, struct actor_peer *peer)
{
	resolver_queue_credit(&self->queue, *actor_peer_data(peer), clock_ms());
}

void resolver_outgoing_worker_down(struct outgoing *self, struct actor_peer *peer)
{
	resolver_queue_lose_worker(&self->queue, *actor_peer_data(peer), clock_ms());
}

uint64_t resolver_outgoing_look_for_lack(struct outgoing *self, uint64_t now_ms)
{
	if (!resolver_queue_lacks_settings(&self->queue))
		self->lack_ms = 0;
	else if (!self->lack_ms)
		self->lack_ms = now_ms + LACK_MS;
	else if (now_ms >= self->lack_ms) {
		log_warn(
			"nobody translates the Pomerium object",
			"reason=\"no translator with --settings is connected over ipc, and nothing "
			"is published before one is\"");
		self->lack_ms = UINT64_MAX;
	}
	return self->lack_ms ? self->lack_ms : UINT64_MAX;
}

/* ---- life ---- */

static long credit_of(const void *worker)
{
	return actor_credit(worker);
}

void resolver_outgoing_init(struct outgoing *self)
{
	resolver_keyqueue_init(&self->unwanted);
	resolver_keyqueue_init(&self->wanted);
	resolver_keyqueue_init(&self->values);
	resolver_announce_init(&self->announce);
	resolver_queue_init(&self->queue, credit_of);
}

void resolver_outgoing_clear(struct outgoing *self)
{
	mem_wipe(&self->ticket_key, sizeof(self->ticket_key));
	resolver_queue_clear(&self->queue);
	resolver_announce_clear(&self->announce);
	resolver_keyqueue_clear(&self->values);
	resolver_keyqueue_clear(&self->wanted);
	resolver_keyqueue_clear(&self->unwanted);
}
