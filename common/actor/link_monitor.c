/* link_monitor: what ZeroMQ says of a link's connections.
 *
 *   in     events of the socket's monitor
 *   out    when to say HELLO, when to connect anew, who is gone; a line for a failed handshake
 *   owns   the monitor
 *   never  sends, receives or connects: link.c does, when the batch is through
 */
#include "actor/loop.h"

#include "base/log.h"

#define HANDSHAKE_LINE_MS 10000

int actor_link_monitor_open(struct link *link)
{
	const int failures = ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
			     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
	int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
	char endpoint[64];

	if (!link->is_router)
		events |= failures;
	else if (actor_link_has_curve(link))
		events |= ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
	snprintf(endpoint, sizeof(endpoint), "inproc://monitor-%s-%u", actor_link_name(link->id),
		 link->n_monitors++);
	if (zmq_socket_monitor(zsock_resolve(link->sock), endpoint, events) < 0)
		return -1;
	link->monitor = zmq_socket(zsys_init(), ZMQ_PAIR);
	if (!link->monitor)
		return -1;
	return zmq_connect(link->monitor, endpoint);
}

void actor_link_monitor_close(struct link *link)
{
	if (!link->monitor)
		return;
	zmq_socket_monitor(zsock_resolve(link->sock), NULL, 0);
	zmq_close(link->monitor);
	link->monitor = NULL;
}

/* ---- events ---- */

/* DEALER: it has one connection, so what the monitor says is about the only peer. */
static void on_connection(struct link *link, bool there)
{
	if (link->is_router) {
		if (!there)
			link->loop->next_heartbeat = 0; /* finds out who went */
		return;
	}
	if (link->server) {
		link->server->gone = true;
		link->has_gone = true;
	}
	backoff_reset(&link->hello);
	link->hello_ms = there ? 0 : UINT64_MAX;
	link->connected = there;
	if (there)
		backoff_reset(&link->renew);
	if (!there && actor_link_has_curve(link) && !link->stale &&
	    link->n_changes != link->loop->curve.n_changes) {
		link->stale = true; /* there are newer keys than its own */
		link->renew_ms = 0;
	}
}

/* DEALER: ZeroMQ gives up, or tries at once and for ever, with the keys that it has. */
static void on_failed_handshake(struct link *link, unsigned event)
{
	const size_t n_servers = actor_link_has_curve(link) ? link->loop->curve.keys.n_servers : 1;
	unsigned n_kept;

	link->stale = true;
	/* At once, while there is another key in server.pub that was not tried. */
	link->renew_ms = ++link->n_handshakes % n_servers
				 ? 0
				 : link->loop->now_ms + backoff_next(&link->renew);
	if (!limiter_pass(&link->handshakes, HANDSHAKE_LINE_MS, &n_kept))
		return;
	log_warn("connection failed", "link=%s endpoint=%s reason=%s kept_back=%u",
		 actor_link_name(link->id), log_value(link->ends[0].text),
		 log_value(event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
				   ? "our key is not one that may connect there"
			   : event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
				   ? "only one of the two ends uses CURVE"
				   : "it ended in the handshake; server.pub may not fit"),
		 n_kept);
}

static void on_event(struct link *link, unsigned event, int value)
{
	if (link->is_router && actor_link_has_curve(link))
		actor_curve_on_visit(link, event, value);
	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || event == ZMQ_EVENT_DISCONNECTED)
		on_connection(link, event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
	else if (!link->is_router)
		on_failed_handshake(link, event);
}

void actor_link_on_monitor(struct link *link)
{
	struct {
		uint16_t event;
		int32_t value;
	} __attribute__((packed)) news;
	zmq_msg_t part;

	zmq_msg_init(&part);
	while (zmq_msg_recv(&part, link->monitor, ZMQ_DONTWAIT) >= 0) {
		bool complete = zmq_msg_size(&part) >= sizeof(news);

		if (complete)
			memcpy(&news, zmq_msg_data(&part), sizeof(news));
		while (zmq_msg_more(&part) && zmq_msg_recv(&part, link->monitor, ZMQ_DONTWAIT) >= 0)
			continue; /* the endpoint */
		if (complete)
			on_event(link, news.event, news.value);
	}
	zmq_msg_close(&part);
}
