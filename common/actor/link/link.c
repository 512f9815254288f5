/* link: one end of a link.
 *
 *   in     frames, what the monitor says of connections
 *   out    messages to peers; HELLO when it is time to
 *   owns   the socket, the peers
 *   never  blocks
 */
#include "actor/link/link_inside.h"

#include "actor/actor_metrics.h"
#include "actor/link/endpoint.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define BATCH 64 /* frames from one link before the others get their turn */

/* ---- open and close ---- */

static enum frame_sent send_frame(void *arg, struct str id, struct str frame, bool is_secret)
{
	struct link *self = arg;

	return actor_frame_send(actor_socket_zmq(&self->socket), id, frame, is_secret);
}

static void on_numbered(void *arg)
{
	struct link *self = arg;

	self->commons->on_numbered(self->commons->loop);
}

static struct str_list all_endpoints(const struct link_settings *settings)
{
	const struct str_list *from = settings->endpoints;
	struct str_list all = { mem_alloc((from->n + 1) * sizeof(*all.items)), from->n };

	if (from->n)
		memcpy(all.items, from->items, from->n * sizeof(*all.items));
	if (settings->settings_endpoint.len)
		all.items[all.n++] = settings->settings_endpoint;
	return all;
}

struct link *actor_link_open(const struct link_commons *commons,
			     const struct link_settings *settings, struct err *err)
{
	struct link *self = mem_alloc(sizeof(*self));
	struct str_list endpoints;

	self->commons = commons;
	map_init(&self->peers, NULL);
	self->end = (struct peer_link){ .actor = commons->actor,
					.id = settings->id,
					.is_router = settings->is_router,
					.reading = true,
					.epoch = commons->epoch,
					.credit = settings->credit,
					.taps = commons->taps,
					.self = self,
					.send = send_frame,
					.on_restart = actor_link_on_restart,
					.on_numbered = on_numbered };
	buf_init(&self->end.buf, BUF_MAX_MESSAGE);
	actor_link_hello_init(self);
	self->socket = (struct link_socket){ .link = actor_link_name(settings->id),
					     .is_router = settings->is_router,
					     .curve = commons->curve,
					     .strangers = commons->strangers };
	self->end.settings_path = str_slice(settings->settings_endpoint, strlen(ENDPOINT_IPC),
					    settings->settings_endpoint.len);
	endpoints = all_endpoints(settings);
	if (actor_socket_open(&self->socket, &endpoints, err) < 0)
		actor_link_close(&self);
	mem_free(endpoints.items);
	return self;
}

void actor_link_close(struct link **self_p)
{
	struct link *self = *self_p;
	void *value;

	if (!self)
		return;
	*self_p = NULL;
	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);) {
		struct actor_peer *peer = value;

		actor_peer_free(&peer);
	}
	map_clear(&self->peers);
	actor_peer_free(&self->server);
	actor_link_forget_second(self);
	actor_socket_close(&self->socket);
	buf_wipe(&self->end.buf);
	mem_free(self);
}

/* ---- what comes in ---- */

void actor_link_destroy_gone(struct link *self)
{
	struct str key;
	void *value;

	self->end.has_gone = false;
	if (self->server && self->server->gone)
		actor_peer_destroy(&self->server);
	for (size_t i = 0; map_next(&self->peers, &i, &key, &value);) {
		struct actor_peer *peer = value;

		if (!peer->gone)
			continue;
		map_del(&self->peers, key);
		actor_peer_destroy(&peer);
	}
}

static void on_message(struct link *self, const struct link_arrival *in, const struct msg *m)
{
	const enum msg_room from = in->peer ? in->peer->room : ROOM_NONE;
	struct taps *taps = self->end.taps;

	actor_metrics.received[m->type]++;
	if (m->seq)
		on_numbered(self);
	if (taps->n_listeners)
		actor_taps_show(taps, &(struct taps_message){
					      .from = from, .to = self->end.actor->room, .m = m });
	if (m->type == MSG_HELLO)
		actor_link_on_hello(self, in, &m->body.hello);
	else if (!in->peer || !in->peer->up)
		actor_link_on_stranger(self, in);
	else
		actor_peer_receive(in->peer, m);
}

static void on_malformed(struct link *self, const struct link_arrival *in, const char *reason)
{
	actor_peer_malformed(&self->end, in->id, reason);
	if (in->peer)
		actor_peer_restart(in->peer, reason);
}

static void on_arrival(struct link *self, const struct link_arrival *in)
{
	const uint64_t protocol = msg_hello_protocol(in->frame);
	struct pool pool;
	struct msg m;
	struct err err;

	if (in->peer) {
		in->peer->heard_ms = clock_ms();
		in->peer->quiet = false;
	}
	if (protocol && protocol != MSG_PROTOCOL_VERSION) {
		actor_link_refuse(self, in->id, protocol);
		return;
	}
	if (in->peer && !in->peer->up && !protocol) {
		actor_link_on_stranger(self, in); /* it is of the numbering that has ended */
		return;
	}
	pool_init(&pool);
	if (msg_unpack(in->frame, &pool, &m, &err) < 0)
		on_malformed(self, in, err.text);
	else
		on_message(self, in, &m);
	if (msg_is_secret(m.type))
		pool_wipe(&pool);
	else
		pool_clear(&pool);
}

/* False, and the connection ends: its key may not connect (any more). Over tcp zap.c lets nothing
 * pass without a key. */
static bool admits(struct link *self, struct caller *caller)
{
	if (caller->key.text[0] ? actor_curve_admits(self->commons->curve, &caller->key,
						     actor_link_dealer(self->end.id))
				: caller->is_local)
		return true;
	actor_caller_locate(caller);
	actor_caller_cut_off(caller);
	return false;
}

/* A peer is its routing id, its key and its connection. ZeroMQ gives an id to another connection
 * only once the first is gone. */
static void on_other_connection(struct link *self, const struct link_arrival *in)
{
	actor_metrics.refused[PEER_REFUSED_CONNECTION]++;
	actor_peer_malformed(&self->end, in->id,
			     "malformed: it has the routing id of another connection");
	actor_peer_gone(in->peer);
}

/* Whether the frame comes from somebody who may be heard. */
static bool check_caller(struct link *self, struct link_arrival *in, struct frame *frame)
{
	in->caller = actor_caller_of(&frame->part, self->socket.has_curve);
	if (self->socket.has_curve && !admits(self, &in->caller))
		return false;
	if (self->commons->strangers->n_waiting)
		actor_strangers_drop(self->commons->strangers, in->caller.fd);
	if (!in->peer || in->peer->gone || actor_caller_is_same(&in->caller, &in->peer->caller))
		return true;
	on_other_connection(self, in);
	return false;
}

static void take_frame(struct link *self, struct frame *frame)
{
	struct link_arrival in = { .id = actor_frame_id(frame),
				   .frame = actor_frame_bytes(frame),
				   .caller.fd = -1 };

	in.peer = self->end.is_router ? map_get(&self->peers, in.id) : self->server;
	if (self->end.is_router && !check_caller(self, &in, frame))
		return;
	if (in.peer && in.peer->gone) {
		actor_link_destroy_gone(self); /* what comes now may be its next connection */
		in.peer = NULL;
	}
	if (frame->well_formed)
		on_arrival(self, &in);
	else
		actor_peer_malformed(&self->end, in.id, "malformed: a message of more than 32 MiB");
	if (in.frame.len > 2 && msg_is_secret((enum msg_type)in.frame.ptr[1]))
		actor_frame_wipe(frame);
}

bool actor_link_on_readable(struct link *self)
{
	void *sock = actor_socket_zmq(&self->socket);
	struct frame frame;
	unsigned n = 0;

	actor_frame_init(&frame);
	while (n < BATCH && self->end.reading &&
	       actor_frame_receive(&frame, sock, self->end.is_router)) {
		take_frame(self, &frame);
		n++;
	}
	actor_frame_close(&frame);
	return n;
}

bool actor_link_on_monitor(struct link *self)
{
	const unsigned events = actor_socket_on_monitor(&self->socket);

	if (events && !self->end.is_router)
		actor_link_on_connection(self);
	return self->end.is_router && events & SOCKET_WENT;
}

/* ---- between batches ---- */

void actor_link_beat(struct link *self, uint64_t now_ms)
{
	void *value;

	if (self->server)
		actor_peer_beat(self->server, now_ms);
	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);)
		actor_peer_beat(value, now_ms);
}

static int renew(struct link *self, uint64_t now_ms, struct err *err)
{
	const int rc = actor_socket_renew(&self->socket, now_ms, err);

	if (rc != 1)
		return rc;
	if (self->server)
		actor_peer_gone(self->server);
	self->hello_ms = UINT64_MAX;
	actor_link_destroy_gone(self);
	return 0;
}

int actor_link_tend(struct link *self, uint64_t now_ms, struct err *err)
{
	void *value;

	if (self->server)
		actor_peer_return_credit(self->server);
	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);)
		actor_peer_return_credit(value);
	while (self->end.has_gone)
		actor_link_destroy_gone(
			self); /* on_peer_down may send to others and find them gone */
	if (renew(self, now_ms, err) < 0)
		return -1;
	actor_link_admit_second(self, now_ms);
	actor_link_say_hello(self, now_ms);
	return 0;
}

void actor_link_items(const struct link *self, zmq_pollitem_t *items)
{
	items[0] = (zmq_pollitem_t){ .socket = self->socket.monitor.sock, .events = ZMQ_POLLIN };
	items[1] = (zmq_pollitem_t){ .socket = actor_socket_zmq(&self->socket),
				     .events = self->end.reading ? ZMQ_POLLIN : 0 };
}

uint64_t actor_link_deadline(const struct link *self)
{
	uint64_t next = self->socket.renew_ms;

	if (!self->end.is_router && self->end.reading)
		next = clock_earlier(next, self->hello_ms);
	return next;
}

/* ---- keys ---- */

static void cut_off_withdrawn(struct link *self)
{
	void *value;

	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);) {
		struct actor_peer *peer = value;

		if (!peer->caller.key.text[0] ||
		    actor_curve_admits(self->commons->curve, &peer->caller.key,
				       actor_link_dealer(self->end.id)))
			continue;
		log_warn("peer cut off: its key was withdrawn", "link=%s peer=%s key=%s",
			 actor_link_name(self->end.id), room_name(peer->room),
			 log_value(peer->caller.key.text));
		actor_caller_cut_off(&peer->caller);
		actor_peer_gone(peer);
	}
}

void actor_link_on_keys(struct link *self, unsigned changes)
{
	if (self->end.is_router && changes)
		cut_off_withdrawn(self);
	actor_socket_on_keys(&self->socket, changes);
}

/* ---- for the room ---- */

void actor_link_set_reading(struct link *self, bool reading)
{
	self->end.reading = reading;
}

struct actor_peer *actor_link_server(const struct link *self)
{
	struct actor_peer *server = self->server;

	return server && server->up && !server->gone ? server : NULL;
}

bool actor_link_has_peers(const struct link *self)
{
	return self->server || self->peers.n;
}

static void measure(const struct actor_peer *peer, uint64_t *n_peers, uint64_t *n_waiting,
		    uint64_t *credit)
{
	if (!peer->up || peer->gone)
		return;
	++*n_peers;
	*n_waiting += peer->outbox.n_waiting;
	*credit += peer->outbox.credit;
}

void actor_link_measure(const struct link *self, uint64_t *n_peers, uint64_t *n_waiting,
			uint64_t *credit)
{
	void *value;

	if (self->server)
		measure(self->server, n_peers, n_waiting, credit);
	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);)
		measure(value, n_peers, n_waiting, credit);
}
