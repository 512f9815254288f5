/* send: what the resolver sends.
 *
 *   in     what the core and the handlers of resolver.c wrote down: queue, keyqueues, announcement
 *   out    SECRET_WANTED; SECRET_PUT, INVENTORY, ADDRESSES, DELETE, REJECT, FLUSHED; BUNDLE
 *   never  sends past the credit of the other end: what cannot go waits, each key once
 */
#include "resolver/send.h"

#include "base/clock.h"
#include "base/log.h"

#define FLUSH_MS 10000

static void on_dirty(void *self, const struct msg_key *owner, uint64_t seen_ns)
{
	struct resolver *r = self;

	if (r->inventory.state != ANNOUNCE_NONE)
		resolver_queue_mark(&r->queue, owner, resolver_resolve_has(r->resolve, owner),
				    seen_ns);
}

static void on_wanted(void *self, const struct msg_key *secret, bool wanted)
{
	struct resolver *r = self;

	resolver_keyqueue_add(wanted ? &r->asks : &r->drops, secret);
}

static void on_values(void *self, const struct msg_secret_put *put)
{
	struct resolver *r = self;

	resolver_keyqueue_add(&r->values, &put->key);
}

static void on_service(void *self, const struct msg_key *service)
{
	struct resolver *r = self;

	r->addresses.due |= msg_key_equal(service, &r->addresses.key);
}

static bool next_question(struct resolver *r, struct pool *pool, struct msg_secret_wanted *question)
{
	if (!r->watcher || actor_credit(r->watcher) <= 0)
		return false;
	question->wanted = false;
	if (resolver_keyqueue_pop(&r->drops, pool, &question->key))
		return true;
	question->wanted = true;
	return resolver_keyqueue_pop(&r->asks, pool, &question->key);
}

static void send_watcher(struct resolver *r)
{
	struct msg_secret_wanted question;
	struct pool pool;

	pool_init(&pool);
	while (next_question(r, &pool, &question))
		if (!question.wanted || resolver_resolve_wants(r->resolve, &question.key))
			actor_send(r->watcher, MSG_SECRET_WANTED, &question);
	pool_clear(&pool);
}

static bool has_credit(const struct resolver *r)
{
	return r->publisher && actor_credit(r->publisher) > 0;
}

static void send_values(struct resolver *r)
{
	struct msg_secret_put put;
	struct msg_key key;
	struct pool pool;

	pool_init(&pool);
	while (has_credit(r) && resolver_keyqueue_pop(&r->values, &pool, &key))
		if (resolver_resolve_values(r->resolve, &key, &pool, &put))
			actor_send(r->publisher, MSG_SECRET_PUT, &put);
	pool_clear(&pool);
}

static void send_inventory(struct resolver *r)
{
	while (has_credit(r) && r->inventory.state == ANNOUNCE_RUNNING) {
		struct msg_inventory chunk = resolver_announce_next(&r->inventory);

		chunk.epoch = actor_epoch(r->loop);
		actor_send(r->publisher, MSG_INVENTORY, &chunk);
	}
	if (r->inventory.state == ANNOUNCE_DONE)
		actor_ready(r->loop);
}

static void send_addresses(struct resolver *r)
{
	const struct msg_service *service;
	struct msg_addresses addresses;
	struct pool pool;

	if (!r->addresses.due || !has_credit(r))
		return;
	pool_init(&pool);
	service = resolver_resolve_service(r->resolve, &r->addresses.key, &pool);
	if (resolver_addresses_next(&r->addresses, service, &pool, &addresses))
		actor_send(r->publisher, MSG_ADDRESSES, &addresses);
	pool_clear(&pool);
}

static struct msg_stamp start_turn(struct resolver *r, const struct queue_turn *turn,
				   struct queue_worker *worker)
{
	struct msg_stamp stamp = resolver_queue_start(&r->queue, turn->job, worker, clock_ms());

	stamp.epoch = actor_epoch(r->loop);
	return stamp;
}

static void send_reject(struct resolver *r, const struct queue_turn *turn, const char *reason,
			struct pool *pool)
{
	const struct msg_meta *meta = resolver_resolve_meta(r->resolve, &turn->owner, pool);
	struct msg_reject reject = { .owner = turn->owner,
				     .uid = meta->uid,
				     .generation = meta->generation };

	reject.reason = str_from(reason);
	reject.stamp = start_turn(r, turn, NULL);
	actor_send(r->publisher, MSG_REJECT, &reject);
}

static void send_delete(struct resolver *r, const struct queue_turn *turn, struct pool *pool)
{
	struct msg_delete gone = { .owner = turn->owner };

	gone.reason = str_from(resolver_resolve_why_not(r->resolve, &turn->owner, pool));
	gone.stamp = start_turn(r, turn, NULL);
	r->deleted = gone.stamp.number;
	actor_send(r->publisher, MSG_DELETE, &gone);
}

static void send_bundle(struct resolver *r, const struct queue_turn *turn,
			struct msg_bundle *bundle, struct pool *pool)
{
	struct actor_peer *peer = turn->worker->peer;

	bundle->stamp = start_turn(r, turn, turn->worker);
	if (actor_send(peer, MSG_BUNDLE, bundle) < 0 && actor_credit(peer) > 0)
		send_reject(r, turn,
			    "it is too large to be translated: with its Services and Secrets it "
			    "must stay below 32 MiB",
			    pool);
}

static void handle_turn(struct resolver *r, const struct queue_turn *turn)
{
	struct msg_bundle bundle;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	switch (resolver_resolve_owner(r->resolve, &turn->owner, &pool, &bundle, &err)) {
	case RESOLVE_BUNDLE:
		if (turn->crashed)
			send_reject(r, turn,
				    "translation crashed three times: it is left out until its "
				    "next change",
				    &pool);
		else if (turn->worker)
			send_bundle(r, turn, &bundle, &pool);
		else /* it came back while its deletion waited */
			resolver_queue_mark(&r->queue, &turn->owner, true, 0);
		break;
	case RESOLVE_REJECT:
		send_reject(r, turn, err.text, &pool);
		break;
	case RESOLVE_WAIT:
		resolver_queue_leave(&r->queue, turn->job);
		break;
	case RESOLVE_GONE:
		send_delete(r, turn, &pool);
		break;
	}
	pool_clear(&pool);
}

void resolver_send_all(struct resolver *r)
{
	struct queue_turn turn;

	send_watcher(r);
	send_values(r);
	send_inventory(r);
	if (r->inventory.state != ANNOUNCE_DONE)
		return;
	send_addresses(r);
	while (has_credit(r) && (resolver_queue_next_direct(&r->queue, &turn) ||
				 resolver_queue_next(&r->queue, &turn)))
		handle_turn(r, &turn);
}

void resolver_send_inventory(struct resolver *r)
{
	struct msg_key *owners;
	struct pool pool;
	size_t n;

	if (!r->publisher || !resolver_resolve_synced(r->resolve))
		return;
	pool_init(&pool);
	resolver_resolve_owners(r->resolve, &pool, &owners, &n);
	resolver_resolve_replay_secrets(r->resolve);
	resolver_announce_begin(&r->inventory, owners, n, resolver_resolve_complete(r->resolve));
	resolver_addresses_again(&r->addresses);
	resolver_queue_restart(&r->queue);
	for (size_t i = 0; i < n; i++)
		r->inventory.entries[i].number = resolver_queue_announce(&r->queue, &owners[i]);
	r->inventory.number = r->queue.number;
	r->flushable = r->flushed = 0;
	log_info("announcing the inventory", "owners=%zu number=%llu complete=%s", n,
		 (unsigned long long)r->inventory.number, r->inventory.complete ? "true" : "false");
	pool_clear(&pool);
}

void resolver_send_flushed(struct resolver *r, uint64_t now_ms)
{
	struct msg_flushed flushed = { .epoch = actor_epoch(r->loop), .number = r->flushable };

	if (now_ms < r->flush_at_ms)
		return;
	if (r->flushable > r->flushed && r->publisher) {
		actor_send(r->publisher, MSG_FLUSHED, &flushed);
		r->flushed = r->flushable;
	}
	r->flushable = resolver_queue_flushed(&r->queue);
	r->flush_at_ms = now_ms + FLUSH_MS;
}

static long credit_of(const void *peer)
{
	return actor_credit(peer);
}

void resolver_send_open(struct resolver *r)
{
	const struct resolve_sink sink = { r, on_dirty, on_wanted, on_values, on_service };

	r->resolve = resolver_resolve_new(&r->settings, &sink);
	resolver_queue_init(&r->queue, credit_of);
	resolver_announce_init(&r->inventory);
	resolver_keyqueue_init(&r->drops);
	resolver_keyqueue_init(&r->asks);
	resolver_keyqueue_init(&r->values);
}

void resolver_send_close(struct resolver *r)
{
	resolver_keyqueue_clear(&r->values);
	resolver_keyqueue_clear(&r->asks);
	resolver_keyqueue_clear(&r->drops);
	resolver_announce_clear(&r->inventory);
	resolver_queue_clear(&r->queue);
	resolver_resolve_destroy(&r->resolve);
}
