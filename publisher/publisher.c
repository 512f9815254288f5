/* publisher: keeps Pomerium in step with what the translators made of each owner.
 *
 *   in     CONFIG REJECT                     from a translator
 *          REJECT DELETE SECRET_PUT          from the resolver
 *          INVENTORY FLUSHED                 from the resolver: who exists, the barrier
 *          ADDRESSES                         from the resolver: where Pomerium is reached
 *   out    ACK SECRET_WANTED                 to the resolver
 *          FILE and FILE.state, or records   to Pomerium and to the next publisher
 *   owns   what is wanted, the last good configuration of each owner, what is published
 *   never  writes before everybody has arrived, translates, asks the API server
 */
#include "publisher/publisher_explain.h"
#include "publisher/publisher_metrics.h"
#include "publisher/room.h"

static void on_peer_up(void *self, struct actor_peer *peer, bool again)
{
	struct publisher *p = self;
	uint64_t epoch = actor_peer_epoch(peer);

	(void)again; /* one that starts over in its epoch announces the inventory anew */
	if (actor_peer_room(peer) != ROOM_RESOLVER)
		return;
	p->resolver = peer;
	if (epoch == p->inventory.epoch)
		return;
	publisher_inventory_begin(&p->inventory, epoch);
	publisher_pending_clear(&p->pending);
	p->compared = p->passed_ms = 0;
}

static void on_peer_down(void *self, struct actor_peer *peer)
{
	struct publisher *p = self;

	if (peer == p->resolver)
		p->resolver = NULL;
}

/* ---- messages ---- */

static int on_config(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_handlers_config(self, &m->body.config, m->raw);
	return 0;
}

static int on_reject(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)err;
	publisher_metrics.rejects[actor_peer_room(from) == ROOM_RESOLVER ? REJECT_REFERENCE
									 : REJECT_TRANSLATION]++;
	publisher_handlers_reject(self, &m->body.reject);
	return 0;
}

static int on_delete(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_handlers_delete(self, &m->body.delete);
	return 0;
}

static int on_secret_put(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_handlers_secret(self, &m->body.secret_put);
	return 0;
}

static int on_inventory(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	if (publisher_inventory_announce(&p->inventory, &m->body.inventory, err) < 0) {
		actor_ask_resync(from, err->text);
		return -1;
	}
	return 0;
}

static int on_flushed(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	(void)from, (void)err;
	publisher_inventory_flushed(&p->inventory, &m->body.flushed);
	publisher_wanted_sweep_secrets(p->wanted);
	return 0;
}

static int on_addresses(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	(void)from, (void)err;
	publisher_report_addresses(p->report, &m->body.addresses);
	return 0;
}

/* ---- publishing ---- */

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct publisher *p = self;
	uint64_t ask, due;

	publisher_handlers_sweep(p, now_ms);
	ask = publisher_pending_tick(&p->pending, now_ms);
	due = publisher_outlet_tick(p, now_ms);
	return ask < due ? ask : due;
}

/* ---- start ---- */

static int check(void *self, struct err *err)
{
	struct publisher *p = self;

	return publisher_flags_read(&p->flags, err);
}

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct publisher *p = self;
	struct wanted_listener listener = { p, publisher_handlers_warn };

	p->loop = loop;
	p->wanted = publisher_wanted_new(&listener);
	publisher_inventory_init(&p->inventory);
	publisher_pending_init(&p->pending, p, publisher_handlers_ask);
	return publisher_outlet_open(p, err);
}

static void stop(void *self)
{
	struct publisher *p = self;

	publisher_outlet_close(p);
	publisher_pending_clear(&p->pending);
	publisher_inventory_clear(&p->inventory);
	publisher_wanted_destroy(&p->wanted);
}

static const struct actor_input inputs[] = {
	{ MSG_CONFIG, on_config },       { MSG_REJECT, on_reject },
	{ MSG_DELETE, on_delete },       { MSG_INVENTORY, on_inventory },
	{ MSG_FLUSHED, on_flushed },     { MSG_SECRET_PUT, on_secret_put },
	{ MSG_ADDRESSES, on_addresses }, { MSG_NONE, NULL },
};

int main(int argc, char **argv)
{
	struct publisher p = { 0 };

	return actor_main(&(struct actor){ .room = ROOM_PUBLISHER,
					   .summary = "keeps Pomerium's configuration in step",
					   .self = &p,
					   .inputs = inputs,
					   .options = publisher_flags_options,
					   .check = check,
					   .start = start,
					   .stop = stop,
					   .on_peer_up = on_peer_up,
					   .on_peer_down = on_peer_down,
					   .tick = tick,
					   .metrics = publisher_metrics_table,
					   .measure = publisher_metrics_measure,
					   .ready = publisher_metrics_ready,
					   .started = publisher_metrics_ready,
					   .dump = publisher_explain_dump,
					   .explain = publisher_explain },
			  argc, argv);
}
