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

/* Without a MAC: it comes from the resolver itself. */
static void send_reject(const struct dispatch *self, const struct queue_turn *turn,
			struct msg_ticket *ticket, const struct err *reason, struct pool *pool)
{
	struct msg_reject reject = { .owner = turn->owner, .reason = rules_sentence(reason, pool) };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &reject.stamp);

	ticket->stamp = reject.stamp;
	ticket->key_id = 0;
	ticket->secrets.n = 0;
	(void)msg_ticket_seal(ticket, NULL, pool, &reject.ticket);
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

/* -1: it has more Secrets than a ticket holds. */
static int seal(const struct dispatch *self, struct resolved *what, struct pool *pool)
{
	what->ticket.stamp = what->bundle.stamp;
	what->ticket.key_id = self->out->ticket_key.id;
	return msg_ticket_seal(&what->ticket, &self->out->ticket_key.key, pool,
			       &what->bundle.ticket);
}

static void send_bundle(const struct dispatch *self, const struct queue_turn *turn,
			struct resolved *what, struct pool *pool)
{
	struct actor_peer *peer = turn->worker->peer;
	const uint64_t seen_ns = start_turn(self, turn, turn->worker, &what->bundle.stamp);
	struct err reason;

	if (seal(self, what, pool) < 0)
		err_rule(&reason, RULE_BUNDLE_SIZE,
			 "it names too many Secrets, or too many keys are in them: their names "
			 "must stay below 1 MiB");
	else if (actor_send_seen(peer, MSG_BUNDLE, &what->bundle, seen_ns) == 0 ||
		 actor_credit(peer) == 0)
		return;
	else
		err_rule(&reason, RULE_BUNDLE_SIZE,
			 "it is too large to be translated: with its Services and Secrets it must "
			 "stay below 32 MiB");
	send_reject(self, turn, &what->ticket, &reason, pool);
}

/* It is left out until its next change. */
static void send_crashed(const struct dispatch *self, const struct queue_turn *turn,
			 struct msg_ticket *ticket, struct pool *pool)
{
	struct err reason;

	err_rule(&reason, RULE_CRASHED,
		 "translation crashed three times: it is left out until its next change");
	send_reject(self, turn, ticket, &reason, pool);
}

static void handle_turn(const struct dispatch *self, const struct queue_turn *turn)
{
	struct resolved what;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	switch (resolver_resolve_owner(self->resolve, &turn->owner, &pool, &what, &err)) {
	case RESOLVE_BUNDLE:
		if (turn->crashed)
			send_crashed(self, turn, &what.ticket, &pool);
		else if (turn->worker)
			send_bundle(self, turn, &what, &pool);
		else /* it came back while its deletion waited */
			resolver_queue_mark(&self->out->queue, &turn->owner, true, 0);
		break;
	case RESOLVE_REJECT:
		send_reject(self, turn, &what.ticket, &err, &pool);
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
