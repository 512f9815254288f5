/* dispatch: hands out the owners whose turn it is.
 *
 *   in     turns of the queue
 *   out    BUNDLE to a translator; CONFIG, REJECT and DELETE, of owners that have none, to the
 *          publisher
 *   owns   nothing
 *   never  decides whose turn it is, or what a bundle holds
 */
#include "resolver/outgoing/dispatch.h"

#include "base/clock.h"
#include "resolver/owners/route_report.h"
#include "rules/rules.h"

#define SLICE_MS 10 /* then it is time to see who has something to say */

struct dispatch {
	struct outgoing *out;
	struct resolve *resolve;
	struct actor_peer *publisher;
	uint64_t epoch; /* of the stamps */
	uint64_t now_ms;
};

/* Returns when the oldest change behind it was seen. */
static uint64_t start_turn(const struct dispatch *self, const struct queue_turn *turn,
			   struct worker *worker, struct msg_stamp *stamp)
{
	const struct queue_start start =
		resolver_queue_start(&self->out->queue, turn->owner, worker, self->now_ms);

	*stamp = (struct msg_stamp){ self->epoch, start.number };
	return start.seen_ns;
}

/* Without a MAC: it comes from the resolver itself. */
static void send_reject(const struct dispatch *self, const struct queue_turn *turn,
			struct resolved *what, const struct err *reason, struct pool *pool)
{
	struct msg_ticket *ticket = &what->ticket;
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, reason->code, STR(""),
					str_from(reason->text) };
	struct msg_reject reject = { .owner = turn->key, .diagnostics = { &error, 1 } };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &reject.stamp);

	if (what->bundle.http_route)
		reject.report =
			resolver_route_report_make(self->resolve, what->bundle.http_route, pool);
	ticket->stamp = reject.stamp;
	ticket->key_id = 0;
	ticket->secrets.n = 0;
	ticket->hosts.n = 0; /* so it is small enough */
	if (msg_ticket_seal(ticket, NULL, pool, &reject.ticket) < 0) {
		ticket->promised.n = 0;
		(void)msg_ticket_seal(ticket, NULL, pool, &reject.ticket);
	}
	actor_send_seen(self->publisher, MSG_REJECT, &reject, seen_ns);
}

static void send_delete(const struct dispatch *self, const struct queue_turn *turn,
			struct pool *pool)
{
	struct msg_delete gone = { .owner = turn->key };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &gone.stamp);

	gone.reason = str_from(resolver_resolve_why_not(self->resolve, &turn->key, pool));
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
			 "it names too many hosts and Secrets, or too many keys are in them: all "
			 "these names must stay below 1 MiB");
	else if (actor_send_seen(peer, MSG_BUNDLE, &what->bundle, seen_ns) == 0 ||
		 actor_credit(peer) == 0)
		return;
	else
		err_rule(&reason, RULE_BUNDLE_SIZE,
			 "it is too large to be translated: with its Services and Secrets it must "
			 "stay below 32 MiB");
	send_reject(self, turn, what, &reason, pool);
}

static void send_set_aside(const struct dispatch *self, const struct queue_turn *turn,
			   struct resolved *what, struct pool *pool)
{
	struct err reason;

	err_rule(&reason, RULE_CRASHED,
		 "translating it has crashed two translators, or held them up: it is tried again "
		 "alone, first after a minute and then after twice as long each time, up to an "
		 "hour");
	send_reject(self, turn, what, &reason, pool);
}

/* Of a Certificate: what there is to say is in the ticket. */
static void send_config(const struct dispatch *self, const struct queue_turn *turn,
			struct resolved *what, struct pool *pool)
{
	struct msg_ticket *ticket = &what->ticket;
	struct msg_certificate certificate = { 0 };
	struct msg_config config = { .owner = turn->key, .issuer = &what->issuer };
	const uint64_t seen_ns = start_turn(self, turn, NULL, &config.stamp);

	ticket->stamp = config.stamp;
	config.settings = config.bootstrap = STR("");
	if (ticket->secrets.n && ticket->secrets.items[0].values.n)
		config.certificates = (struct msg_certificate_list){ &certificate, 1 };
	(void)msg_ticket_seal(ticket, NULL, pool, &config.ticket);
	actor_send_seen(self->publisher, MSG_CONFIG, &config, seen_ns);
}

static void mark_again(const struct dispatch *self, const struct queue_turn *turn)
{
	const struct owner_news news = resolver_resolve_news(self->resolve, &turn->key, 0);

	resolver_queue_mark(&self->out->queue, &turn->key, &news);
}

/* Who turns out to be big waits on. */
static void send_if_small(const struct dispatch *self, const struct queue_turn *turn,
			  struct resolved *what, struct pool *pool)
{
	const struct owner_news news = resolver_resolve_news(self->resolve, &turn->key, 0);

	if (resolver_queue_reckon(&self->out->queue, turn->owner, news.work))
		send_bundle(self, turn, what, pool);
}

static void handle_turn(const struct dispatch *self, const struct queue_turn *turn)
{
	struct resolved what;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	switch (resolver_resolve_owner(self->resolve, &turn->key, &pool, &what, &err)) {
	case RESOLVE_BUNDLE:
		if (turn->is_set_aside)
			send_set_aside(self, turn, &what, &pool);
		else if (turn->worker)
			send_if_small(self, turn, &what, &pool);
		else /* it came back while its deletion waited */
			mark_again(self, turn);
		break;
	case RESOLVE_CONFIG:
		send_config(self, turn, &what, &pool);
		break;
	case RESOLVE_REJECT:
		send_reject(self, turn, &what, &err, &pool);
		break;
	case RESOLVE_WAIT:
		resolver_queue_leave(&self->out->queue, turn->owner);
		break;
	case RESOLVE_GONE:
		send_delete(self, turn, &pool);
		break;
	}
	pool_clear(&pool);
}

bool resolver_dispatch(struct outgoing *out, struct resolve *resolve, struct actor_peer *publisher,
		       uint64_t epoch)
{
	const struct dispatch self = { out, resolve, publisher, epoch, clock_ms() };
	struct queue_turn turn;

	while (publisher && actor_credit(publisher) > 0 &&
	       resolver_queue_next(&out->queue, self.now_ms, &turn)) {
		handle_turn(&self, &turn);
		if (clock_ms() > self.now_ms + SLICE_MS)
			return false;
	}
	return true;
}
