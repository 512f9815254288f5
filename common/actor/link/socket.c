/* socket: the ZeroMQ socket at one end of a link.
 *
 *   in     endpoints, keys, what the monitor says
 *   out    a socket that is bound or connected; which connections come and go
 *   owns   the socket, its monitor, its endpoints
 *   never  sends or receives
 */
#include "actor/link/socket.h"

#include <errno.h>

#include "actor/link/endpoint.h"
#include "actor/link/frame.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

#define PART_EXTRA 1024   /* what CURVE adds to a part */
#define HANDSHAKE_MS 2000 /* after that a connection without a key ends */
#define HWM 4096          /* frames for one peer; above every credit that we grant */
#define BIND_AGAIN_MS 10  /* until the kernel has let go of the old listener */
#define RENEW_FIRST_MS 50
#define RENEW_LONGEST_MS 5000
#define HANDSHAKE_LINE_MS 10000

void *actor_socket_zmq(const struct link_socket *self)
{
	return zsock_resolve(self->sock);
}

/* ---- the socket ---- */

static int set_options(struct link_socket *self)
{
	const struct {
		int option, value;
		bool router, dealer;
	} options[] = {
		{ ZMQ_LINGER, 0, true, true },
		{ ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS, true, false },
		{ ZMQ_SNDHWM, HWM, true, true },
		{ ZMQ_RCVHWM, HWM, true, true },
		{ ZMQ_RECONNECT_IVL, 20, false, true },
		{ ZMQ_RECONNECT_IVL_MAX, 500, false, true },
		/* Nothing is queued for a connection that is not there: it would come before our
		   HELLO. */
		{ ZMQ_IMMEDIATE, 1, false, true },
		{ ZMQ_ROUTER_MANDATORY, 1, true, false },
		{ ZMQ_TCP_KEEPALIVE, 1, true, true },
		{ ZMQ_TCP_KEEPALIVE_IDLE, 10, true, true },
		{ ZMQ_TCP_KEEPALIVE_INTVL, 5, true, true },
		{ ZMQ_TCP_KEEPALIVE_CNT, 3, true, true },
	};
	void *sock = actor_socket_zmq(self);
	int64_t max_len = FRAME_PART_MAX + PART_EXTRA;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!(self->is_router ? options[i].router : options[i].dealer))
			continue;
		if (zmq_setsockopt(sock, options[i].option, &options[i].value, sizeof(int)) < 0)
			return -1;
	}
	return zmq_setsockopt(sock, ZMQ_MAXMSGSIZE, &max_len, sizeof(max_len));
}

static int watch(struct link_socket *self)
{
	int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;

	if (!self->is_router)
		events |= ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
			  ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
	else if (self->has_curve)
		events |= ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
	return actor_monitor_open(&self->monitor, actor_socket_zmq(self), events);
}

static int make_socket(struct link_socket *self, struct err *err)
{
	self->sock = zsock_new(self->is_router ? ZMQ_ROUTER : ZMQ_DEALER);
	if (!self->sock || set_options(self) < 0 || watch(self) < 0)
		return err_set(err, "the socket of link %s cannot be made: %s", self->link,
			       zmq_strerror(errno));
	return 0;
}

static void destroy_socket(struct link_socket *self)
{
	if (self->sock)
		actor_monitor_close(&self->monitor, actor_socket_zmq(self));
	zsock_destroy(&self->sock);
}

/* ---- endpoints ---- */

static int set_keys(struct link_socket *self, void *sock)
{
	self->n_changes = self->curve->n_changes;
	if (self->is_router)
		return actor_curve_set_server_keys(self->curve, sock, self->link);
	return actor_curve_set_client_keys(self->curve, sock, self->n_handshakes);
}

static int connect_end(struct link_socket *self, struct endpoint *end)
{
	void *sock = actor_socket_zmq(self);
	int ipv6 = end->has_curve; /* a server then takes both, a client what DNS says */

	if (end->has_curve && set_keys(self, sock) < 0)
		return -1;
	if (zmq_setsockopt(sock, ZMQ_IPV6, &ipv6, sizeof(ipv6)) < 0)
		return -1;
	return self->is_router ? zsock_bind(self->sock, "%s", end->text)
			       : zsock_connect(self->sock, "%s", end->text);
}

/* Binds, or connects, what is not yet. Sets errno: the caller may want to wait. */
static int connect_ends(struct link_socket *self, struct err *err)
{
	for (size_t i = 0; i < self->n_ends; i++) {
		struct endpoint *end = &self->ends[i];
		char name[1024];
		size_t len = sizeof(name);
		int reason;

		if (end->bound)
			continue;
		if (connect_end(self, end) < 0) {
			reason = errno;
			err_set(err, "link %s cannot %s %s: %s", self->link,
				self->is_router ? "bind" : "connect to",
				err_quote(str_from(end->text)), zmq_strerror(reason));
			errno = reason;
			return -1;
		}
		if (zmq_getsockopt(actor_socket_zmq(self), ZMQ_LAST_ENDPOINT, name, &len) == 0)
			end->bound = mem_strdup(name);
	}
	return 0;
}

/* At a ROUTER those with CURVE; connections that came through them end with them. */
static void disconnect_ends(struct link_socket *self)
{
	for (size_t i = 0; i < self->n_ends; i++) {
		struct endpoint *end = &self->ends[i];

		if (!end->bound || (self->is_router && !end->has_curve))
			continue;
		if (self->is_router)
			zmq_unbind(actor_socket_zmq(self), end->bound);
		mem_free(end->bound);
		end->bound = NULL;
	}
}

static int add_ends(struct link_socket *self, const struct str_list *endpoints, bool curve,
		    struct err *err)
{
	const size_t most = self->is_router ? SOCKET_MAX_ENDS : 1;

	for (size_t i = 0; i < endpoints->n; i++) {
		const struct str text = endpoints->items[i];

		if ((self->curve->on && actor_endpoint_is_tcp(text)) != curve)
			continue;
		if (self->n_ends == most)
			return err_set(err, "link %s has %zu endpoints; this end %s %zu",
				       self->link, endpoints->n,
				       self->is_router ? "binds at most" : "connects to", most);
		self->ends[self->n_ends++] = (struct endpoint){ .text = mem_dup(text.ptr, text.len),
								.has_curve = curve };
		self->has_curve |= curve;
	}
	return 0;
}

/* ---- open, close, renew ---- */

int actor_socket_open(struct link_socket *self, const struct str_list *endpoints, struct err *err)
{
	self->renew_ms = UINT64_MAX;
	retry_init(&self->renewing, RENEW_FIRST_MS, RENEW_LONGEST_MS);
	if (add_ends(self, endpoints, false, err) < 0 || add_ends(self, endpoints, true, err) < 0 ||
	    make_socket(self, err) < 0)
		return -1;
	return connect_ends(self, err);
}

void actor_socket_close(struct link_socket *self)
{
	destroy_socket(self);
	for (size_t i = 0; i < self->n_ends; i++) {
		mem_free(self->ends[i].text);
		mem_free(self->ends[i].bound);
	}
	self->n_ends = 0;
}

void actor_socket_on_keys(struct link_socket *self, unsigned changes)
{
	const bool anew = self->is_router ? changes & CURVE_BINDS_ANEW
					  : changes & CURVE_CONNECTS_ANEW && !self->connected;

	if (!anew || !self->has_curve)
		return;
	self->stale = true;
	self->renew_ms = 0;
}

/* A DEALER needs a fresh socket, since ZeroMQ gives a connection the keys that it was made with. */
static int make_anew(struct link_socket *self, struct err *err)
{
	destroy_socket(self);
	self->connected = false;
	return make_socket(self, err) < 0 ? -1 : 1;
}

static void connect_again(struct link_socket *self, uint64_t now_ms)
{
	struct err err;

	self->renew_ms = UINT64_MAX;
	if (connect_ends(self, &err) == 0)
		return;
	if (errno == EADDRINUSE) {
		self->renew_ms = now_ms + BIND_AGAIN_MS;
		return;
	}
	if (retry_failure(&self->renewing, str_from(err.text), 0))
		log_error("link cannot be renewed", "reason=%s", log_value(err.text));
	self->renew_ms = self->renewing.due_ms;
}

int actor_socket_renew(struct link_socket *self, uint64_t now_ms, struct err *err)
{
	int rc = 0;

	if (self->stale) {
		self->stale = false;
		disconnect_ends(self);
		if (!self->is_router)
			rc = make_anew(self, err);
	}
	if (rc >= 0 && now_ms >= self->renew_ms)
		connect_again(self, now_ms);
	return rc;
}

void actor_socket_look(struct link_socket *self)
{
	int events;
	size_t len = sizeof(events);

	zmq_getsockopt(actor_socket_zmq(self), ZMQ_EVENTS, &events, &len);
}

/* ---- connections ---- */

/* DEALER: it has one. */
static void on_connection(struct link_socket *self, bool there)
{
	self->connected = there;
	if (there)
		retry_success(&self->renewing);
	if (!there && self->has_curve && !self->stale &&
	    self->n_changes != self->curve->n_changes) {
		self->stale = true; /* there are newer keys than its own */
		self->renew_ms = 0;
	}
}

/* DEALER: ZeroMQ gives up, or tries at once and for ever, with the keys that it has. While there is
 * another key in server.pub that was not tried, we try that at once. */
static void on_failed_handshake(struct link_socket *self, unsigned event)
{
	const size_t n_servers = self->has_curve ? self->curve->keys->n_servers : 1;
	unsigned n_kept;

	self->stale = true;
	self->renew_ms = 0;
	if (++self->n_handshakes % n_servers == 0) {
		retry_failure(&self->renewing, STR(""), 0);
		self->renew_ms = self->renewing.due_ms;
	}
	if (!limiter_pass(&self->handshakes, HANDSHAKE_LINE_MS, &n_kept))
		return;
	log_warn("connection failed", "link=%s endpoint=%s reason=%s kept_back=%u", self->link,
		 log_value(self->ends[0].text),
		 log_value(event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
				   ? "our key is not one that may connect there"
			   : event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
				   ? "only one of the two ends uses CURVE"
				   : "it ended in the handshake; server.pub may not fit"),
		 n_kept);
}

/* ROUTER with CURVE: connections that came, and those whose handshake failed. */
static void on_stranger(struct link_socket *self, const struct monitor_event *news)
{
	if (news->event == ZMQ_EVENT_ACCEPTED) {
		actor_strangers_add(self->strangers, self->link, news->value);
	} else if (news->event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
		self->has_failed = true;
	} else if (news->event == ZMQ_EVENT_DISCONNECTED) {
		actor_strangers_drop(self->strangers, news->value);
		if (self->has_failed)
			actor_strangers_on_failure(self->strangers, self->link, news->value);
		self->has_failed = false;
	}
}

static unsigned on_event(struct link_socket *self, const struct monitor_event *news)
{
	const bool there = news->event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;

	if (self->is_router && self->has_curve)
		on_stranger(self, news);
	if (there || news->event == ZMQ_EVENT_DISCONNECTED) {
		if (!self->is_router)
			on_connection(self, there);
		return there ? SOCKET_CAME : SOCKET_WENT;
	}
	if (!self->is_router)
		on_failed_handshake(self, news->event);
	return 0;
}

unsigned actor_socket_on_monitor(struct link_socket *self)
{
	struct monitor_event news;
	unsigned events = 0;

	while (actor_monitor_next(&self->monitor, &news))
		events |= on_event(self, &news);
	return events;
}
