/* resolver: joins what the watcher saw into bundles that a translator can work on alone.
 *
 *   in     OBJECT_PUT OBJECT_DELETE KIND_STATE SECRET_VALUE       from watcher
 *          ACK SECRET_WANTED TICKET_KEY                           from publisher
 *   out    SECRET_WANTED                                          to watcher
 *          BUNDLE                                                 to the least loaded translator
 *          CLASSES SECRET_PUT INVENTORY REJECT DELETE FLUSHED     to publisher
 *          ADDRESSES
 *   owns   what there is (owners/resolve.h), and what has to be sent (outgoing/outgoing.h)
 *   never  opens a file, asks the API server, translates
 */
#include "base/clock.h"
#include "resolver/graph/key.h"
#include "resolver/outgoing/dispatch.h"
#include "resolver/outgoing/send.h"
#include "resolver/resolver_explain.h"
#include "resolver/resolver_metrics.h"
#include "resolver/resolver_settings.h"

static struct resolver {
	struct actor_loop *loop;
	struct resolve *resolve; /* objects, references, values of Secrets */
	struct outgoing out;     /* the queue of owners, and what else is to be sent */
	struct actor_peer *watcher, *publisher; /* NULL while they are down */
} resolver;

/* ---- what goes out ---- */

/* False: there is more, and nothing to wait for. */
static bool send_all(struct resolver *r)
{
	const struct secrets *secrets = resolver_resolve_secrets(r->resolve);

	if (r->publisher && r->out.ticket_key.id)
		resolver_outgoing_announce(&r->out, r->resolve);
	resolver_send_wanted(r->watcher, &r->out.unwanted, &r->out.wanted, secrets);
	resolver_send_values(r->publisher, &r->out.values, secrets);
	resolver_send_classes(r->publisher, &r->out, r->resolve);
	resolver_send_inventory(r->publisher, &r->out.announce, actor_epoch(r->loop));
	if (r->out.announce.state != ANNOUNCE_DONE)
		return true;
	actor_ready(r->loop);
	resolver_send_addresses(r->publisher, &r->out.addresses, r->resolve);
	return resolver_dispatch(&r->out, r->resolve, r->publisher, actor_epoch(r->loop));
}

/* ---- what comes in ---- */

/* All that the watcher sends. */
static int on_object(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;

	(void)from, (void)err;
	resolver_resolve_apply(r->resolve, m);
	return 0;
}

static int on_secret_wanted(void *self, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct resolver *r = self;
	const struct msg_secret_wanted *question = &m->body.secret_wanted;

	(void)from, (void)err;
	if (question->wanted && resolver_key_can_exist(&question->key))
		resolver_keyqueue_add(&r->out.values, &question->key);
	return 0;
}

static int on_ack(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;
	const struct msg_ack *ack = &m->body.ack;

	(void)from, (void)err;
	if (ack->stamp.epoch == actor_epoch(r->loop))
		resolver_queue_ack(&r->out.queue, &ack->owner, ack->stamp.number, clock_ms());
	return 0;
}

static int on_ticket_key(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;

	(void)from;
	return resolver_outgoing_take_key(&r->out, &m->body.ticket_key, err);
}

static void on_peer_up(void *self, struct actor_peer *peer, bool again)
{
	struct resolver *r = self;

	(void)again;
	switch (actor_peer_room(peer)) {
	case ROOM_WATCHER:
		r->watcher = peer;
		resolver_outgoing_ask_again(&r->out, resolver_resolve_secrets(r->resolve));
		break;
	case ROOM_PUBLISHER:
		r->publisher = peer;
		resolver_outgoing_begin(&r->out);
		break;
	default:
		resolver_outgoing_worker_up(&r->out, peer);
	}
	send_all(r);
}

static void on_peer_down(void *self, struct actor_peer *peer)
{
	struct resolver *r = self;

	if (actor_peer_room(peer) == ROOM_TRANSLATOR)
		resolver_outgoing_worker_down(&r->out, peer);
	if (peer == r->watcher)
		r->watcher = NULL;
	if (peer == r->publisher)
		r->publisher = NULL;
	send_all(r);
}

static void on_writable(void *self, struct actor_peer *peer)
{
	struct resolver *r = self;

	if (actor_peer_room(peer) == ROOM_TRANSLATOR)
		resolver_outgoing_worker_credit(&r->out, peer);
	send_all(r);
}

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct resolver *r = self;
	uint64_t due, lack;

	resolver_queue_tick(&r->out.queue, now_ms,
			    r->publisher ? actor_peer_heard_ms(r->publisher) : 0);
	due = resolver_send_flushed(r->publisher, &r->out.flush, &r->out.queue,
				    actor_epoch(r->loop));
	if (!send_all(r))
		return now_ms;
	lack = resolver_outgoing_look_for_lack(&r->out, now_ms);
	return clock_earlier(clock_earlier(due, lack), resolver_queue_deadline(&r->out.queue));
}

static void measure(void *self)
{
	const struct resolver *r = self;

	resolver_metrics_measure(&r->out.queue, r->resolve);
}

static bool ready(void *self, struct err *why)
{
	const struct resolver *r = self;

	if (!r->publisher || !r->watcher)
		return !err_set(why, "the %s is not connected",
				r->publisher ? "watcher" : "publisher");
	if (resolver_queue_lacks_settings(&r->out.queue))
		return !err_set(why, "no translator with --settings is connected");
	return resolver_announce_is_done(&r->out.announce, why);
}

static int explain(void *self, const struct msg_key *key, struct buf *out, struct err *err)
{
	struct resolver *r = self;

	return resolver_explain(r->resolve, &r->out.queue, key, out, err);
}

static bool dump(void *self, struct actor_dump *dump, struct buf *out)
{
	struct resolver *r = self;

	return resolver_explain_dump(r->resolve, &r->out.queue, dump, out);
}

/* ---- the process ---- */

static int check(void *self, struct err *err)
{
	(void)self;
	return resolver_addresses_check(&resolver.out.addresses, err);
}

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct resolver *r = self;
	const struct resolve_sink sink = resolver_outgoing_sink(&r->out);

	(void)err;
	r->loop = loop;
	resolver_settings_resolve.limits = resolver_limits;
	resolver_outgoing_init(&r->out);
	r->resolve = resolver_resolve_new(&resolver_settings_resolve, &sink);
	return 0;
}

static void stop(void *self)
{
	struct resolver *r = self;

	resolver_resolve_destroy(&r->resolve);
	resolver_outgoing_clear(&r->out);
}

static const struct actor_input inputs[] = {
	{ MSG_OBJECT_PUT, on_object },           { MSG_OBJECT_DELETE, on_object },
	{ MSG_KIND_STATE, on_object },           { MSG_SECRET_VALUE, on_object },
	{ MSG_SECRET_WANTED, on_secret_wanted }, { MSG_ACK, on_ack },
	{ MSG_TICKET_KEY, on_ticket_key },       { 0 },
};

static const struct conf_option options[] = {
	{ "update-status-from-service", CONF_TEXT, &resolver.out.addresses.service, "", 0, 0,
	  "namespace/name of the Service whose address the status of our Ingresses gets", 0 },
	{ "status-address", CONF_LIST, &resolver.out.addresses.fixed, "", 0, 0,
	  "IP addresses or host names that it gets instead, comma separated", 0 },
	{ 0 },
};

static const struct actor actor = {
	.room = ROOM_RESOLVER,
	.summary = "joins objects into bundles that a translator can work on alone",
	.self = &resolver,
	.inputs = inputs,
	.options = options,
	.more_options = { resolver_settings_options, resolver_limits_options },
	.check = check,
	.start = start,
	.stop = stop,
	.on_peer_up = on_peer_up,
	.on_peer_down = on_peer_down,
	.on_writable = on_writable,
	.tick = tick,
	.metrics = resolver_metrics_table,
	.measure = measure,
	.ready = ready,
	.dump = dump,
	.explain = explain,
};

int main(int argc, char **argv)
{
	return actor_main(&actor, argc, argv);
}
