/* resolver: joins what the watcher saw into bundles that a translator can work on alone.
 *
 *   in     OBJECT_PUT OBJECT_DELETE KIND_STATE SECRET_VALUE   from watcher
 *          ACK SECRET_WANTED                                  from publisher
 *   out    SECRET_WANTED                                      to watcher
 *          BUNDLE                                             to the least loaded translator
 *          SECRET_PUT INVENTORY REJECT DELETE FLUSHED ADDRESSES   to publisher
 *   owns   what resolve.c holds, the queue of owners, the announcement of the inventory
 *   never  opens a file, asks the API server, translates
 *
 * Handlers only write down what has to be done; send.c does it, as far as the peers have credit.
 */
#include "resolver/resolver_explain.h"
#include "resolver/resolver_metrics.h"
#include "resolver/send.h"

/* ---- what comes in ---- */

/* What a former watcher had on its way may be older than what the present one has sent. */
static bool is_current(struct resolver *r, struct actor_peer *from)
{
	if (!r->watcher) {
		r->watcher = from;
		actor_ask_resync(from, "it has become the only watcher");
	}
	return from == r->watcher;
}

static int on_object_put(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;

	(void)err;
	if (is_current(r, from))
		resolver_resolve_put(r->resolve, &m->body.object);
	return 0;
}

static int on_object_delete(void *self, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct resolver *r = self;

	(void)err;
	if (is_current(r, from))
		resolver_resolve_delete(r->resolve, &m->body.object_delete);
	return 0;
}

static int on_kind_state(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;

	(void)err;
	if (!is_current(r, from))
		return 0;
	resolver_resolve_kind_state(r->resolve, &m->body.kind_state);
	/* Owners that were missing while a kind could not be read are only now known to be gone. */
	if (r->inventory.state == ANNOUNCE_NONE ||
	    (!r->inventory.complete && resolver_resolve_complete(r->resolve)))
		resolver_send_inventory(r);
	return 0;
}

static int on_secret_value(void *self, struct actor_peer *from, const struct msg *m,
			   struct err *err)
{
	struct resolver *r = self;

	(void)err;
	if (is_current(r, from))
		resolver_resolve_secret(r->resolve, &m->body.secret_value);
	return 0;
}

static int on_secret_wanted(void *self, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct resolver *r = self;

	(void)from, (void)err;
	if (m->body.secret_wanted.wanted)
		resolver_keyqueue_add(&r->values, &m->body.secret_wanted.key);
	return 0;
}

static int on_ack(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct resolver *r = self;
	const struct msg_ack *ack = &m->body.ack;

	(void)from, (void)err;
	if (ack->stamp.epoch == actor_epoch(r->loop))
		resolver_queue_ack(&r->queue, &ack->owner, ack->stamp.number);
	return 0;
}

static void on_peer_up(void *self, struct actor_peer *peer, bool again)
{
	struct resolver *r = self;
	void **worker = actor_peer_data(peer);

	(void)again;
	switch (actor_peer_room(peer)) {
	case ROOM_WATCHER:
		r->watcher = peer;
		resolver_resolve_ask_again(r->resolve);
		break;
	case ROOM_PUBLISHER:
		r->publisher = peer;
		resolver_send_inventory(r);
		break;
	case ROOM_TRANSLATOR:
		if (*worker)
			resolver_queue_reset_worker(&r->queue, *worker);
		else
			*worker =
				resolver_queue_add_worker(&r->queue, peer, actor_peer_epoch(peer));
		break;
	default:
		break;
	}
	resolver_send_all(r);
}

static void on_peer_down(void *self, struct actor_peer *peer)
{
	struct resolver *r = self;
	void **worker = actor_peer_data(peer);

	if (*worker)
		resolver_queue_lose_worker(&r->queue, *worker);
	*worker = NULL;
	if (peer == r->watcher)
		r->watcher = NULL;
	if (peer == r->publisher)
		r->publisher = NULL;
	resolver_send_all(r);
}

static void on_writable(void *self, struct actor_peer *peer)
{
	(void)peer;
	resolver_send_all(self);
}

/* ---- life ---- */

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct resolver *r = self;
	uint64_t due = resolver_queue_tick(&r->queue, now_ms);

	if (r->deleted > r->flushed)
		resolver_send_flushed(r, now_ms);
	resolver_send_all(r);
	if (r->deleted > r->flushed && r->flush_at_ms < due)
		due = r->flush_at_ms;
	return due;
}

static int check(void *self, struct err *err)
{
	struct resolver *r = self;

	return resolver_addresses_check(&r->addresses, err);
}

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct resolver *r = self;

	(void)err;
	r->loop = loop;
	resolver_send_open(r);
	return 0;
}

static void stop(void *self)
{
	resolver_send_close(self);
}

static struct resolver resolver;

static const struct actor_input inputs[] = {
	{ MSG_OBJECT_PUT, on_object_put },
	{ MSG_OBJECT_DELETE, on_object_delete },
	{ MSG_KIND_STATE, on_kind_state },
	{ MSG_SECRET_VALUE, on_secret_value },
	{ MSG_SECRET_WANTED, on_secret_wanted },
	{ MSG_ACK, on_ack },
	{ 0 },
};

static const struct conf_option options[] = {
	{ "name", CONF_TEXT, &resolver.settings.controller, "pomerium.io/ingress-controller", 0, 0,
	  "spec.controller of the IngressClass that is ours", 0 },
	{ "prefix", CONF_TEXT, &resolver.settings.prefix, "ingress.pomerium.io", 0, 0,
	  "prefix of our annotations", 0 },
	{ "namespaces", CONF_LIST, &resolver.settings.namespaces, "", 0, 0,
	  "namespaces to serve, comma separated; empty means all", 0 },
	{ "pomerium-config", CONF_TEXT, &resolver.settings.pomerium_config, "global", 0, 0,
	  "name of the Pomerium object with the settings", 0 },
	{ "update-status-from-service", CONF_TEXT, &resolver.addresses.service, "", 0, 0,
	  "namespace/name of the Service whose address the status of our Ingresses gets", 0 },
	{ "status-address", CONF_LIST, &resolver.addresses.fixed, "", 0, 0,
	  "IP addresses or host names that it gets instead, comma separated", 0 },
	{ 0 },
};

int main(int argc, char **argv)
{
	const struct actor actor = {
		.room = ROOM_RESOLVER,
		.summary = "joins objects into bundles that a translator can work on alone",
		.self = &resolver,
		.inputs = inputs,
		.options = options,
		.check = check,
		.start = start,
		.stop = stop,
		.on_peer_up = on_peer_up,
		.on_peer_down = on_peer_down,
		.on_writable = on_writable,
		.tick = tick,
		.metrics = resolver_metrics_table,
		.measure = resolver_metrics_measure,
		.ready = resolver_metrics_ready,
		.dump = resolver_explain_dump,
		.explain = resolver_explain,
	};

	return actor_main(&actor, argc, argv);
}
