/* link_hello: how a numbering begins: HELLO, RESYNC, and those that are not served.
 *
 *   in     HELLO; frames of peers that have not said it
 *   out    HELLO, RESYNC; peers
 *   owns   when to say HELLO (again)
 *   never  serves a peer of another protocol version, or of a room that the link is not for
 */
#include "actor/link/link_inside.h"

#include "actor/actor_metrics.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#define REFUSED_LINE_MS 1000
#define ANSWER_MS 50 /* to routing ids that said no HELLO */
#define ASK_AGAIN_MS 1000
#define REFUSED_MS 10000 /* a refused DEALER tries again so seldom */
#define CALM_MS 10000    /* without trouble for so long: the next restart is at once */
#define BLOCKED_MS 100   /* the socket did not take our HELLO */

void actor_link_hello_init(struct link *self)
{
	self->hello_ms = UINT64_MAX;
	backoff_init(&self->hello, 1000, 8000);
	backoff_init(&self->trouble, 50, 5000);
}

/* ---- DEALER ---- */

void actor_link_say_hello(struct link *self, uint64_t now_ms)
{
	struct msg_hello hello = actor_peer_hello(&self->end);

	/* While the room does not read, the answer would not be read either, and messages would
	 * come for nothing. */
	if (self->end.is_router || !self->end.reading || now_ms < self->hello_ms)
		return;
	if (self->server)
		actor_peer_stop(self->server);
	hello.session = ++self->session;
	actor_socket_look(&self->socket);
	if (actor_peer_say(&self->end, STR_NONE, actor_link_router(self->end.id), MSG_HELLO,
			   &hello) == SENT)
		self->hello_ms = now_ms + backoff_next(&self->hello);
	else
		self->hello_ms = now_ms + BLOCKED_MS;
}

void actor_link_on_connection(struct link *self)
{
	if (self->server)
		actor_peer_gone(self->server);
	backoff_reset(&self->hello);
	self->hello_ms = self->socket.connected ? 0 : UINT64_MAX;
}

/* ---- the numbering has ended ---- */

static void ask_for_hello(struct link *self, struct str id, enum msg_room to, const char *reason)
{
	struct msg_resync resync = { .reason = str_slice(str_from(reason), 0, 200) };

	if (!str_is_utf8(resync.reason))
		resync.reason = STR("the link has to start over");
	actor_peer_say(&self->end, id, to, MSG_RESYNC, &resync);
}

void actor_link_on_restart(void *arg, struct actor_peer *peer, const char *reason)
{
	struct link *self = arg;
	uint64_t now = clock_ms();

	if (self->end.is_router) {
		ask_for_hello(self, peer->id, peer->room, reason);
		peer->resync_ms = now;
		return;
	}
	if (now - self->troubled_ms > CALM_MS) {
		backoff_reset(&self->trouble);
		self->hello_ms = now;
	} else {
		self->hello_ms = now + backoff_next(&self->trouble);
	}
	self->troubled_ms = now;
}

void actor_link_on_stranger(struct link *self, const struct link_arrival *in)
{
	struct actor_peer *peer = in->peer;
	uint64_t now = clock_ms();
	unsigned n_kept;

	if (!self->end.is_router)
		return; /* of an earlier session: our HELLO is on its way */
	if (peer ? now - peer->resync_ms < ASK_AGAIN_MS
		 : !limiter_pass(&self->answers, ANSWER_MS, &n_kept))
		return;
	if (peer)
		peer->resync_ms = now;
	ask_for_hello(self, in->id, peer ? peer->room : ROOM_NONE, "no HELLO yet");
}

/* ---- another version ---- */

static bool is_refused(const struct link *self, uint64_t who)
{
	for (size_t i = 0; i < self->n_refused && i < LINK_REFUSED; i++)
		if (self->refused[i] == who)
			return true;
	return false;
}

/* One line for each boot of such a peer, and both go on waiting. */
void actor_link_refuse(struct link *self, struct str id, uint64_t protocol)
{
	const bool is_router = self->end.is_router;
	struct msg_hello hello = actor_peer_hello(&self->end);
	uint64_t who = is_router ? hash_fast(id) : protocol;
	unsigned n_kept;

	hello.credit = 0;
	actor_metrics.refused[PEER_REFUSED_VERSION]++;
	if (!is_router)
		self->hello_ms = clock_ms() + REFUSED_MS;
	else if (limiter_pass(&self->answers, ANSWER_MS, &n_kept))
		actor_peer_say(&self->end, id, ROOM_NONE, MSG_HELLO, &hello);
	if (is_refused(self, who) || !limiter_pass(&self->refusals, REFUSED_LINE_MS, &n_kept))
		return;
	self->refused[self->n_refused++ % LINK_REFUSED] = who;
	log_warn("peer refused: it speaks another version of the protocol",
		 "link=%s peer=%s theirs=%llu ours=%d", actor_link_name(self->end.id),
		 is_router ? err_quote(id) : "server", (unsigned long long)protocol,
		 MSG_PROTOCOL_VERSION);
}

/* ---- HELLO ---- */

static struct actor_peer *add_peer(struct link *self, struct str id)
{
	struct actor_peer *peer = actor_peer_new(&self->end, id);

	if (self->end.is_router)
		map_put(&self->peers, id, peer);
	else
		self->server = peer;
	return peer;
}

static bool is_of_an_earlier_session(const struct link *self, const struct actor_peer *peer,
				     const struct msg_hello *hello)
{
	if (self->end.is_router)
		return peer && peer->epoch == hello->epoch && hello->session <= peer->session;
	return hello->session != self->session || (peer && peer->up);
}

/* A process does not become another one on a connection that a ROUTER sees. */
static bool fits(const struct link *self, const struct actor_peer *peer,
		 const struct msg_hello *hello)
{
	const enum msg_room expected = self->end.is_router ? actor_link_dealer(self->end.id)
							   : actor_link_router(self->end.id);

	if (hello->room != expected || !hello->epoch || !hello->session)
		return false;
	return !self->end.is_router || !peer ||
	       (peer->epoch == hello->epoch && peer->settings == hello->settings);
}

void actor_link_on_hello(struct link *self, const struct link_arrival *in,
			 const struct msg_hello *hello)
{
	struct actor_peer *peer = in->peer;
	struct caller caller = in->caller;

	if (!fits(self, peer, hello)) {
		actor_peer_malformed(&self->end, in->id,
				     "malformed: a HELLO that does not fit this link");
		return;
	}
	if (is_of_an_earlier_session(self, peer, hello))
		return;
	if (peer && peer->epoch != hello->epoch) {
		self->server = NULL;
		actor_peer_destroy(&peer);
	}
	if (self->end.is_router && !peer && !actor_link_has_room(self, in, hello))
		return;
	if (!self->end.is_router) {
		self->hello_ms = UINT64_MAX;
		backoff_reset(&self->hello);
	}
	actor_caller_locate(&caller);
	actor_peer_start(peer ? peer : add_peer(self, in->id), hello, &caller);
}
