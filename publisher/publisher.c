/* publisher: keeps Pomerium in step with what the translators made of each owner.
 *
 *   in     CONFIG REJECT                     from a translator
 *          CONFIG REJECT DELETE SECRET_PUT   from the resolver
 *          INVENTORY FLUSHED                 from the resolver: who exists, the barrier
 *          ADDRESSES                         from the resolver: where Pomerium is reached
 *          CLASSES                           from the resolver: whether routes can be ours
 *   out    ACK SECRET_WANTED TICKET_KEY      to the resolver
 *          FILE and FILE.state, or records   to Pomerium and to the next publisher
 *   owns   what is wanted, the last good configuration of each owner, what is published
 *   never  writes before everybody has arrived, translates, asks the API server
 */
#include "base/clock.h"
#include "confine/confine.h"
#include "publisher/outputs.h"
#include "publisher/publisher_explain.h"
#include "publisher/publisher_metrics.h"
#include "publisher/sender.h"

struct publisher {
	struct actor_loop *loop;
	struct flags flags;
	struct handlers handlers; /* what is wanted, and which owners are still to come */
	struct outputs outputs;   /* where it is stored and reported */
};

static void on_peer_up(void *self, struct actor_peer *peer, bool again)
{
	struct publisher *p = self;

	(void)again; /* a resolver that starts over in its epoch announces the inventory anew */
	if (actor_peer_room(peer) == ROOM_RESOLVER)
		publisher_handlers_begin(&p->handlers, peer, actor_peer_epoch(peer));
}

static void on_peer_down(void *self, struct actor_peer *peer)
{
	struct publisher *p = self;

	if (peer == p->handlers.resolver)
		p->handlers.resolver = NULL;
}

static void on_keys(void *self)
{
	struct publisher *p = self;

	publisher_handlers_doubt(&p->handlers, p->loop, publisher_sender_counts);
}

/* ---- messages ---- */

static int on_config(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	const bool vouched = actor_peer_room(from) == ROOM_RESOLVER;
	struct publisher *p = self;

	if ((vouched || publisher_sender_check(from, &m->body.config.owner, err) == 0) &&
	    publisher_handlers_config(&p->handlers, m, vouched ? NULL : actor_peer_key(from),
				      err) == 0)
		return 0;
	actor_cut_off(from, err->text);
	return -1;
}

static int on_reject(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	const bool vouched = actor_peer_room(from) == ROOM_RESOLVER;
	struct publisher *p = self;

	if ((!vouched && publisher_sender_check(from, &m->body.reject.owner, err) < 0) ||
	    publisher_handlers_reject(&p->handlers, &m->body.reject, vouched, err) < 0) {
		actor_cut_off(from, err->text);
		return -1;
	}
	publisher_metrics.rejects[vouched ? REJECT_REFERENCE : REJECT_TRANSLATION]++;
	return 0;
}

static int on_inventory(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	if (publisher_inventory_announce(&p->handlers.inventory, &m->body.inventory, err) < 0) {
		actor_ask_resync(from, err->text);
		return -1;
	}
	return 0;
}

/* What the resolver says that needs no answer but an ACK. */
static int on_state(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	(void)from, (void)err;
	if (m->type == MSG_DELETE)
		publisher_handlers_delete(&p->handlers, m);
	else if (m->type == MSG_SECRET_PUT)
		publisher_handlers_secret(&p->handlers, &m->body.secret_put);
	else if (m->type == MSG_FLUSHED)
		publisher_handlers_flushed(&p->handlers, &m->body.flushed);
	else if (m->type == MSG_CLASSES)
		publisher_handlers_classes(&p->handlers, m->body.classes.any);
	else if (m->type == MSG_ADDRESSES)
		publisher_report_addresses(p->outputs.report, &m->body.addresses);
	return 0;
}

/* ---- publishing ---- */

static void on_fd(void *self, int fd)
{
	struct publisher *p = self;

	publisher_outputs_on_fd(&p->outputs, fd);
}

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct publisher *p = self;
	uint64_t ask;

	publisher_handlers_sweep(&p->handlers, now_ms);
	ask = publisher_pending_tick(&p->handlers.pending, now_ms);
	return clock_earlier(ask, publisher_outputs_tick(&p->outputs, now_ms));
}

/* ---- what others ask ---- */

static void measure(void *self)
{
	const struct publisher *p = self;

	publisher_metrics_measure(&p->handlers);
}

static bool is_ready(void *self, struct err *why)
{
	const struct publisher *p = self;

	if (p->outputs.ready || publisher_handlers_check(&p->handlers, why) < 0)
		return p->outputs.ready;
	return !err_set(why, "the first complete state is not stored yet");
}

static int explain(void *self, const struct msg_key *key, struct buf *out, struct err *err)
{
	const struct publisher *p = self;

	return publisher_explain_owner(&p->handlers, key, out, err);
}

static bool dump(void *self, struct actor_dump *dump, struct buf *out)
{
	const struct publisher *p = self;

	return publisher_explain_all(&p->handlers, dump, out);
}

/* ---- start ---- */

static int check(void *self, struct err *err)
{
	struct publisher *p = self;

	return publisher_flags_read(&p->flags, err);
}

static int prepare(void *self, struct confine *needs, struct err *err)
{
	struct publisher *p = self;

	publisher_flags_confine(&p->flags, needs);
	return publisher_outputs_prepare(&p->outputs, &p->flags, needs, err);
}

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct publisher *p = self;

	publisher_handlers_init(&p->handlers);
	p->loop = loop;
	p->outputs.loop = loop;
	p->outputs.on_fd = on_fd;
	return publisher_outputs_open(&p->outputs, &p->flags, &p->handlers, err);
}

static void stop(void *self)
{
	struct publisher *p = self;

	publisher_outputs_close(&p->outputs);
	publisher_handlers_clear(&p->handlers);
}

static const struct actor_input inputs[] = {
	{ MSG_CONFIG, on_config },       { MSG_REJECT, on_reject }, { MSG_DELETE, on_state },
	{ MSG_INVENTORY, on_inventory }, { MSG_FLUSHED, on_state }, { MSG_SECRET_PUT, on_state },
	{ MSG_ADDRESSES, on_state },     { MSG_CLASSES, on_state }, { MSG_NONE, NULL },
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
					   .prepare = prepare,
					   .start = start,
					   .stop = stop,
					   .on_peer_up = on_peer_up,
					   .on_peer_down = on_peer_down,
					   .on_keys = on_keys,
					   .tick = tick,
					   .metrics = publisher_metrics_table,
					   .measure = measure,
					   .ready = is_ready,
					   .started = is_ready,
					   .dump = dump,
					   .explain = explain },
			  argc, argv);
}
