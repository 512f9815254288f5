/* send: what goes to the watcher and to the publisher.
 *
 *   in     what has to be sent: keyqueues, an announcement, addresses, deletions to flush
 *   out    SECRET_WANTED; SECRET_PUT, CLASSES, INVENTORY, ADDRESSES, FLUSHED
 *   owns   nothing
 *   never  sends past the credit of the other end: what cannot go waits, each key once
 */
#include "resolver/outgoing/send.h"

#include "base/clock.h"

static bool has_credit(const struct actor_peer *peer)
{
	return peer && actor_credit(peer) > 0;
}

void resolver_send_wanted(struct actor_peer *watcher, struct keyqueue *unwanted,
			  struct keyqueue *wanted, const struct secrets *secrets)
{
	struct msg_secret_wanted question = { .wanted = false };
	struct pool pool;

	pool_init(&pool);
	while (has_credit(watcher) && resolver_keyqueue_pop(unwanted, &pool, &question.key))
		actor_send(watcher, MSG_SECRET_WANTED, &question);
	question.wanted = true;
	while (has_credit(watcher) && resolver_keyqueue_pop(wanted, &pool, &question.key))
		if (resolver_secrets_wants(secrets, &question.key))
			actor_send(watcher, MSG_SECRET_WANTED, &question);
	pool_clear(&pool);
}

void resolver_send_values(struct actor_peer *publisher, struct keyqueue *keys,
			  const struct secrets *secrets)
{
	struct msg_secret_put put;
	struct msg_key key;
	struct pool pool;

	pool_init(&pool);
	while (has_credit(publisher) && resolver_keyqueue_pop(keys, &pool, &key))
		if (resolver_secrets_values(secrets, &key, &pool, &put))
			actor_send(publisher, MSG_SECRET_PUT, &put);
	pool_clear(&pool);
}

void resolver_send_classes(struct actor_peer *publisher, struct outgoing *out,
			   const struct resolve *resolve)
{
	const struct msg_classes classes = { .any = resolver_resolve_has_class(resolve) };

	if (out->announce.state == ANNOUNCE_NONE || !has_credit(publisher) ||
	    out->classes == (classes.any ? CLASSES_ANY : CLASSES_NONE))
		return;
	out->classes = classes.any ? CLASSES_ANY : CLASSES_NONE;
	actor_send(publisher, MSG_CLASSES, &classes);
}

void resolver_send_inventory(struct actor_peer *publisher, struct announce *announce,
			     uint64_t epoch)
{
	while (has_credit(publisher) && announce->state == ANNOUNCE_RUNNING) {
		struct msg_inventory chunk = resolver_announce_next(announce);

		chunk.epoch = epoch;
		actor_send(publisher, MSG_INVENTORY, &chunk);
	}
}

void resolver_send_addresses(struct actor_peer *publisher, struct addresses *addresses,
			     const struct resolve *resolve)
{
	const struct msg_service *service;
	struct msg_addresses news;
	struct pool pool;

	if (!addresses->due || !has_credit(publisher))
		return;
	pool_init(&pool);
	service = resolver_resolve_service(resolve, &addresses->key, &pool);
	if (resolver_addresses_next(addresses, service, &pool, &news))
		actor_send(publisher, MSG_ADDRESSES, &news);
	pool_clear(&pool);
}

uint64_t resolver_send_flushed(struct actor_peer *publisher, struct flush *flush,
			       const struct queue *queue, uint64_t epoch)
{
	struct msg_flushed flushed = { .epoch = epoch };

	if (!publisher)
		return UINT64_MAX;
	if (resolver_flush_next(flush, resolver_queue_flushed(queue), clock_ms(), &flushed.number))
		actor_send(publisher, MSG_FLUSHED, &flushed);
	return resolver_flush_due(flush);
}
