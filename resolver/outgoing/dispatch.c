/* dispatch: hands out the owners whose turn it is.
 *
 *   in     turns of the queue
 *   out    BUNDLE to a translator; REJECT and DELETE, of owners that have none, to the publisher
 *   owns   nothing
 *   never  decides whose turn it is, or what a bundle holds
 */
#include "resolver/outgoing/dispatch.h"

#include "base/clock.h"
#include "rules/rules.h"

struct dispatch {
	struct outgoing *out;
	struct resolve *resolve;
	struct actor_peer *publisher;
	uint64_t epoch; /* of the stamps */
};

/* Returns when the oldest change behind it was seen. */
static uint64_t start_turn(const struct dispatch *self, const struct queue_turn *turn,
			   struct queue_worker *worker, struct msg_stamp *stamp)
{
	const struct queue_start start =
		resolver_queue_start(&self->out->queue, turn->job, worker, clock_ms());

	*stamp = (struct msg_stamp){ self->epoch, start.number };
	return start.seen_ns;
}

static void send_reject(const struct dispatch *self, const struct queue_turn *turn,
			const struct err *reason, struct pool *pool)
{
	const struct msg_meta *meta = resolver_resolve_meta(self->resolve, &turn->owner, pool);
	struct msg_reject reject = { .owner = turn->owner,
				     .uid = meta->uid,
				     .generation = meta->generation };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &reject.stamp);

	reject.reason = rules_sentence(reason, pool);
	actor_send_seen(self->publisher, MSG_REJECT, &reject, seen_ns);
}

static void send_delete(const struct dispatch *self, const struct queue_turn *turn,
			struct pool *pool)
{
	struct msg_delete gone = { .owner = turn->owner };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &gone.stamp);

	gone.reason = str_from(resolver_resolve_why_not(self->resolve, &turn->owner, pool));
	resolver_flush_deleted(&self->out->flush, gone.stamp.number);
	actor_send_seen(self->publisher, MSG_DELETE, &gone, seen_ns);
}

static void send_bundle(const struct dispatch *self, const struct queue_turn *turn,
			struct msg_bundle *bundle, struct pool *pool)
{
	struct actor_peer *peer = turn->worker->peer;
	const uint64_t seen_ns = start_turn(self, turn, turn->worker, &bundle->stamp);
	struct err reason;

	if (actor_send_seen(peer, MSG_BUNDLE, bundle, seen_ns) == 0 || actor_credit(peer) == 0)
		return;
	err_rule(&reason, RULE_BUNDLE_SIZE,
		 "it is too large to be translated: with its Services and Secrets it must stay "
		 "below 32 MiB");
	send_reject(self, turn, &reason, pool);
}

/* It is left out until its next change. */
static void send_crashed(const struct dispatch *self, const struct queue_turn *turn,
			 struct pool *pool)
{
	struct err reason;

	err_rule(&reason, RULE_CRASHED,
		 "translation crashed three times: it is left out until its next change");
	send_reject(self, turn, &reason, pool);
}

static void handle_turn(const struct dispatch *self, const struct queue_turn *turn)
{
	struct msg_bundle bundle;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	switch (resolver_resolve_owner(self->resolve, &turn->owner, &pool, &bundle, &err)) {
	case RESOLVE_BUNDLE:
		if (turn->crashed)
			send_crashed(self, turn, &pool);
		else if (turn->worker)
			send_bundle(self, turn, &bundle, &pool);
		else /* it came back while its deletion waited */
			resolver_queue_mark(&self->out->queue, &turn->owner, true, 0);
		break;
	case RESOLVE_REJECT:
		send_reject(self, turn, &err, &pool);
		break;
	case RESOLVE_WAIT:
		resolver_queue_leave(&self->out->queue, turn->job);
		break;
	case RESOLVE_GONE:
		send_delete(self, turn, &pool);
		break;
	}
	pool_clear(&pool);
}

void resolver_dispatch(struct outgoing *out, struct resolve *resolve, struct actor_peer *publisher,
		       uint64_t epoch)
{
	const struct dispatch self = { out, resolve, publisher, epoch };
	struct queue_turn turn;

	while (publisher && actor_credit(publisher) > 0 &&
	       (resolver_queue_next_direct(&out->queue, &turn) ||
		resolver_queue_next(&out->queue, &turn)))
		handle_turn(&self, &turn);
}
