/* link: one ZeroMQ socket of a room.
 *
 *   in     frames
 *   out    frames; HELLO
 *   owns   the socket, its peers
 *   never  looks into a frame (peer.c does), blocks */
#include "actor/loop.h"

#include <errno.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define SILENT_MS 10000  /* a peer that says nothing for so long gets one line */
#define BIND_AGAIN_MS 10 /* until the kernel has let go of the old listener */

/* Who connects to whom: the ROUTER binds. */
static const struct {
	const char *name;
	unsigned dealers; /* a set of rooms */
	enum msg_room router;
} links[N_LINKS] = {
	[LINK_OBJECTS] = { "objects", 1u << ROOM_WATCHER, ROOM_RESOLVER },
	[LINK_JOBS] = { "jobs", 1u << ROOM_TRANSLATOR, ROOM_RESOLVER },
	[LINK_CONFIGS] = { "configs", 1u << ROOM_TRANSLATOR | 1u << ROOM_RESOLVER, ROOM_PUBLISHER },
};

const char *actor_link_name(enum actor_link id)
{
	return links[id].name;
}

bool actor_link_is_of(enum actor_link id, enum msg_room room, bool *is_router)
{
	*is_router = links[id].router == room;
	return *is_router || links[id].dealers & 1u << room;
}

bool actor_link_admits(const struct link *link, enum msg_room room)
{
	return link->is_router ? links[link->id].dealers & 1u << room
			       : links[link->id].router == room;
}

/* ---- open and close ---- */

bool actor_link_has_curve(const struct link *link)
{
	return link->n_ends && link->ends[link->n_ends - 1].has_curve;
}

static int set_options(struct link *link)
{
	const struct {
		int option, value;
		bool router, dealer;
	} options[] = {
		{ ZMQ_LINGER, 0, true, true },
		{ ZMQ_SNDHWM, LINK_HWM, true, true },
		{ ZMQ_RCVHWM, LINK_HWM, true, true },
		{ ZMQ_RECONNECT_IVL, 20, false, true },
		{ ZMQ_RECONNECT_IVL_MAX, 500, false, true },
		/* Nothing is queued for a connection that is not there: it would come before our
		   HELLO. */
		{ ZMQ_IMMEDIATE, 1, false, true },
		{ ZMQ_ROUTER_MANDATORY, 1, true, false },
		{ ZMQ_ROUTER_HANDOVER, 1, true, false },
		{ ZMQ_TCP_KEEPALIVE, 1, true, true },
		{ ZMQ_TCP_KEEPALIVE_IDLE, 10, true, true },
		{ ZMQ_TCP_KEEPALIVE_INTVL, 5, true, true },
		{ ZMQ_TCP_KEEPALIVE_CNT, 3, true, true },
	};
	void *sock = zsock_resolve(link->sock);
	int64_t max_len = BUF_MAX_MESSAGE;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!(link->is_router ? options[i].router : options[i].dealer))
			continue;
		if (zmq_setsockopt(sock, options[i].option, &options[i].value, sizeof(int)) < 0)
			return -1;
	}
	if (zmq_setsockopt(sock, ZMQ_MAXMSGSIZE, &max_len, sizeof(max_len)) < 0)
		return -1;
	if (link->is_router)
		return 0;
	return zmq_setsockopt(sock, ZMQ_ROUTING_ID, link->routing_id, strlen(link->routing_id));
}

static int open_socket(struct link *link, struct err *err)
{
	link->sock = zsock_new(link->is_router ? ZMQ_ROUTER : ZMQ_DEALER);
	if (!link->sock || set_options(link) < 0 || actor_link_monitor_open(link) < 0)
		return err_set(err, "the socket of link %s cannot be made: %s",
			       actor_link_name(link->id), zmq_strerror(errno));
	return 0;
}

static void close_socket(struct link *link)
{
	actor_link_monitor_close(link);
	zsock_destroy(&link->sock);
}

/* Binds, or connects, what is not yet. */
static int join(struct link *link, struct err *err)
{
	void *sock = zsock_resolve(link->sock);

	for (size_t i = 0; i < link->n_ends; i++) {
		struct endpoint *end = &link->ends[i];
		int ipv6 = end->has_curve; /* a server then takes both, a client what DNS says */
		char name[1024];
		size_t len = sizeof(name);
		int rc;

		if (end->bound)
			continue;
		rc = end->has_curve ? actor_curve_dress(link) : 0;
		if (rc == 0)
			rc = zmq_setsockopt(sock, ZMQ_IPV6, &ipv6, sizeof(ipv6));
		if (rc == 0)
			rc = link->is_router ? zsock_bind(link->sock, "%s", end->text)
					     : zsock_connect(link->sock, "%s", end->text);
		if (rc < 0) {
			rc = errno;
			err_set(err, "link %s cannot %s %s: %s", actor_link_name(link->id),
				link->is_router ? "bind" : "connect to",
				err_quote(str_from(end->text)), zmq_strerror(rc));
			errno = rc; /* the caller may want to wait */
			return -1;
		}
		if (zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, name, &len) == 0)
			end->bound = mem_strdup(name);
	}
	return 0;
}

/* A ROUTER: those with CURVE; connections that came through them end with them. */
static void part(struct link *link)
{
	for (size_t i = 0; i < link->n_ends; i++) {
		struct endpoint *end = &link->ends[i];

		if (!end->bound || (link->is_router && !end->has_curve))
			continue;
		if (link->is_router)
			zmq_unbind(zsock_resolve(link->sock), end->bound);
		mem_free(end->bound);
		end->bound = NULL;
	}
}

static int add_ends(struct link *link, const struct str_list *endpoints, bool curve,
		    struct err *err)
{
	for (size_t i = 0; i < endpoints->n; i++) {
		bool has = link->loop->curve.on && actor_curve_is_tcp(endpoints->items[i]);

		if (has != curve)
			continue;
		if (link->n_ends == (link->is_router ? LINK_MAX_ENDS : 1))
			return err_set(err, "link %s has %zu endpoints; this end %s %d",
				       actor_link_name(link->id), endpoints->n,
				       link->is_router ? "binds at most" : "connects to",
				       link->is_router ? LINK_MAX_ENDS : 1);
		link->ends[link->n_ends++] =
			(struct endpoint){ .text = mem_dup(endpoints->items[i].ptr,
							   endpoints->items[i].len),
					   .has_curve = curve };
	}
	return 0;
}

int actor_link_open(struct link *link, struct actor_loop *loop, const struct str_list *endpoints,
		    struct err *err)
{
	link->loop = loop;
	link->open = link->reading = true;
	link->hello_ms = link->renew_ms = UINT64_MAX;
	map_init(&link->peers, NULL);
	backoff_init(&link->hello, 1000, 8000);
	backoff_init(&link->trouble, 50, 5000);
	backoff_init(&link->renew, 50, 5000);
	snprintf(link->routing_id, sizeof(link->routing_id), "%s-%016llx",
		 room_name(loop->actor->room), (unsigned long long)hash_random64());
	if (add_ends(link, endpoints, false, err) < 0 || add_ends(link, endpoints, true, err) < 0)
		return -1;
	return open_socket(link, err) < 0 ? -1 : join(link, err);
}

void actor_link_close(struct link *link)
{
	void *value;

	if (!link->open)
		return;
	link->open = false;
	for (size_t i = 0; map_next(&link->peers, &i, NULL, &value);) {
		struct actor_peer *peer = value;

		actor_peer_stop(peer);
		mem_free((char *)peer->id.ptr);
		mem_free(peer);
	}
	map_clear(&link->peers);
	if (link->server)
		actor_peer_stop(link->server);
	mem_free(link->server);
	link->server = NULL;
	close_socket(link);
	for (size_t i = 0; i < link->n_ends; i++) {
		mem_free(link->ends[i].text);
		mem_free(link->ends[i].bound);
	}
}

/* ---- sending ---- */

/* A frame with secrets: ZeroMQ frees it when it is sent, and then nothing of it may stay. */
struct secret_frame {
	size_t len;
	char bytes[];
};

static void wipe_frame(void *data, void *hint)
{
	struct secret_frame *frame = hint;

	mem_wipe(data, frame->len);
	mem_free(frame);
}

static void init_secret_part(zmq_msg_t *part, struct str bytes)
{
	struct secret_frame *frame = mem_alloc(sizeof(*frame) + bytes.len);

	frame->len = bytes.len;
	memcpy(frame->bytes, bytes.ptr, bytes.len);
	zmq_msg_init_data(part, frame->bytes, frame->len, wipe_frame, frame);
}

int actor_link_send(struct link *link, struct str id, enum msg_type type, struct str frame)
{
	void *sock = zsock_resolve(link->sock);
	zmq_msg_t part;
	int reason;

	if (link->is_router && zmq_send(sock, id.ptr, id.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN ? 1 : -1;
	if (msg_is_secret(type)) {
		init_secret_part(&part, frame);
	} else {
		zmq_msg_init_size(&part, frame.len);
		memcpy(zmq_msg_data(&part), frame.ptr, frame.len);
	}
	if (zmq_msg_send(&part, sock, ZMQ_DONTWAIT) >= 0)
		return 0;
	reason = errno;
	zmq_msg_close(&part);
	return reason == EAGAIN ? 1 : -1;
}

/* For the tap: who hears what goes to that routing id. */
static enum msg_room room_of(struct link *link, struct str id)
{
	const struct actor_peer *peer = link->is_router ? map_get(&link->peers, id) : NULL;

	if (!link->is_router)
		return links[link->id].router;
	return peer ? peer->room : ROOM_NONE;
}

int actor_link_say(struct link *link, struct str id, enum msg_type type, const void *body)
{
	struct buf *scratch = &link->loop->scratch;

	buf_reset(scratch);
	msg_pack(type, 0, body, scratch);
	actor_metrics.sent[type]++;
	if (link->loop->tap.n_listeners)
		actor_tap_show_sent(link, room_of(link, id), type, 0, body);
	return actor_link_send(link, id, type, buf_view(scratch));
}

/* ---- connections ---- */

static void reap(struct link *link)
{
	struct str key;
	void *value;

	link->has_gone = false;
	if (link->server && link->server->gone)
		actor_peer_destroy(&link->server);
	for (size_t i = 0; map_next(&link->peers, &i, &key, &value);) {
		struct actor_peer *peer = value;

		if (!peer->gone)
			continue;
		map_del(&link->peers, key);
		actor_peer_destroy(&peer);
	}
}

void actor_link_hello(struct link *link, uint64_t now_ms)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL_VERSION,
				   .room = link->loop->actor->room,
				   .epoch = link->loop->epoch,
				   .credit = link->credit };
	int events;
	size_t len = sizeof(events);

	/* While the room does not read, the answer would not be read either, and messages would
	 * come for nothing. */
	if (link->is_router || !link->reading || now_ms < link->hello_ms)
		return;
	if (link->server)
		actor_peer_stop(link->server);
	hello.session = ++link->session;
	/* Asking for events makes the socket take notice of a connection that has just come. */
	zmq_getsockopt(zsock_resolve(link->sock), ZMQ_EVENTS, &events, &len);
	if (actor_link_say(link, STR_NONE, MSG_HELLO, &hello) == 0)
		link->hello_ms = now_ms + backoff_next(&link->hello);
	else
		link->hello_ms = now_ms + 100;
}

/* DEALER: a fresh socket, since ZeroMQ gives a connection the keys that it was made with. */
static void make_anew(struct link *link)
{
	struct err err;

	if (link->server)
		link->server->gone = true;
	reap(link);
	close_socket(link);
	link->connected = false;
	link->hello_ms = UINT64_MAX;
	if (open_socket(link, &err) == 0)
		return;
	log_error("cannot go on", "reason=%s", log_value(err.text));
	actor_quit(link->loop, 111);
}

void actor_link_renew(struct link *link, uint64_t now_ms)
{
	struct err err;

	if (link->stale) {
		link->stale = false;
		part(link);
		if (!link->is_router)
			make_anew(link);
	}
	if (now_ms < link->renew_ms || link->loop->quit)
		return;
	link->renew_ms = UINT64_MAX;
	if (join(link, &err) == 0)
		return;
	if (errno == EADDRINUSE) {
		link->renew_ms = now_ms + BIND_AGAIN_MS;
		return;
	}
	log_error("link cannot be renewed", "reason=%s", log_value(err.text));
	link->renew_ms = now_ms + backoff_next(&link->renew);
}

/* ---- receiving ---- */

/* The last part of the next message and the routing id before it. False: nothing is there. */
static bool read_parts(struct link *link, zmq_msg_t *id, zmq_msg_t *frame, bool *well_formed)
{
	void *sock = zsock_resolve(link->sock);
	size_t n_parts = 0;

	if (link->is_router && zmq_msg_recv(id, sock, ZMQ_DONTWAIT) < 0)
		return false;
	do {
		if (zmq_msg_recv(frame, sock, ZMQ_DONTWAIT) < 0)
			return false;
		n_parts++;
	} while (zmq_msg_more(frame));
	*well_formed = n_parts == 1;
	return true;
}

static void take_frame(struct link *link, zmq_msg_t *id_part, zmq_msg_t *frame_part,
		       bool well_formed)
{
	struct str id = { zmq_msg_data(id_part), zmq_msg_size(id_part) };
	struct str frame = { zmq_msg_data(frame_part), zmq_msg_size(frame_part) };
	struct actor_peer *peer = link->is_router ? map_get(&link->peers, id) : link->server;

	link->frame = frame_part;
	if (link->is_router && actor_link_has_curve(link) && !actor_curve_admits(link))
		return;
	if (peer && peer->gone) {
		reap(link); /* what comes now may be the HELLO of its next connection */
		peer = NULL;
	}
	if (well_formed)
		actor_peer_receive(link, id, peer, frame);
	else
		actor_peer_complain(link, id, "malformed: a message of several parts");
	if (frame.len > 2 && msg_is_secret((enum msg_type)frame.ptr[1]))
		mem_wipe(zmq_msg_data(frame_part), frame.len);
}

void actor_link_on_readable(struct link *link)
{
	bool well_formed = false;
	zmq_msg_t id, frame;

	zmq_msg_init(&id);
	zmq_msg_init(&frame);
	for (unsigned n = 0; n < LINK_BATCH && link->reading && !link->loop->quit; n++) {
		if (!read_parts(link, &id, &frame, &well_formed))
			break;
		link->loop->busy = true;
		take_frame(link, &id, &frame, well_formed);
	}
	zmq_msg_close(&id);
	zmq_msg_close(&frame);
}

/* ---- between batches ---- */

void actor_link_settle(struct link *link)
{
	void *value;

	if (link->server)
		actor_peer_return_credit(link->server);
	for (size_t i = 0; map_next(&link->peers, &i, NULL, &value);)
		actor_peer_return_credit(value);
	while (link->has_gone)
		reap(link); /* on_peer_down may send to others and find them gone */
}

static void beat(struct link *link, struct actor_peer *peer, uint64_t now_ms)
{
	struct msg_heartbeat heartbeat = { .last = peer->n_sent };

	if (peer->gone)
		return;
	/* A DEALER that waits for the answer to its HELLO has no number of the new count yet. */
	if (!link->is_router && !peer->up)
		return;
	if (actor_link_say(link, peer->id, MSG_HEARTBEAT, &heartbeat) < 0) {
		peer->gone = link->has_gone = true;
		return;
	}
	if (peer->first)
		actor_peer_flush(peer); /* what the socket could not take */
	if (link->reading && !peer->quiet && now_ms - peer->heard_ms > SILENT_MS) {
		peer->quiet = true;
		log_info("peer is silent", "link=%s peer=%s", actor_link_name(link->id),
			 room_name(peer->room));
	}
}

void actor_link_beat(struct link *link, uint64_t now_ms)
{
	void *value;

	if (link->server)
		beat(link, link->server, now_ms);
	for (size_t i = 0; map_next(&link->peers, &i, NULL, &value);)
		beat(link, value, now_ms);
}
