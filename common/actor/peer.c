/* peer: one process at the other end of a link. PROTOCOL.md, "Links", is the rule.
 *
 *   in     frames from it
 *   out    HELLO, RESYNC; calls of the room's handlers
 *   owns   the state of the link to it: up or not, the numbers
 *   never  takes a message without HELLO, out of order, beyond credit, or not meant for this room
 */
#include "actor/loop.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define COMPLAIN_MS 1000
#define ANSWER_MS 50 /* to routing ids that said no HELLO */
#define ASK_AGAIN_MS 1000
#define REFUSED_MS 10000 /* a refused DEALER tries again so seldom */
#define CALM_MS 10000    /* without trouble for so long: the next restart is at once */

/* ---- trouble ---- */

void actor_peer_complain(struct link *link, struct str id, const char *reason)
{
	unsigned n_kept;

	actor_metrics.malformed[link->id]++;
	if (!limiter_pass(&link->complaints, COMPLAIN_MS, &n_kept))
		return;
	log_warn("frame refused", "link=%s peer=%s reason=%s kept_back=%u",
		 actor_link_name(link->id), link->is_router ? err_quote(id) : "server",
		 log_value(reason), n_kept);
}

static void ask_for_hello(struct link *link, struct str id, const char *reason)
{
	struct msg_resync resync = { .reason = str_slice(str_from(reason), 0, 200) };

	if (!str_is_utf8(resync.reason))
		resync.reason = STR("the link has to start over");
	actor_link_say(link, id, MSG_RESYNC, &resync);
}

void actor_peer_restart(struct actor_peer *peer, const char *reason)
{
	struct link *link = peer->link;
	uint64_t now = clock_ms();

	if (!peer->up)
		return;
	actor_peer_stop(peer);
	actor_metrics.restarts[link->id]++;
	log_info("link starts over", "link=%s peer=%s reason=%s", actor_link_name(link->id),
		 room_name(peer->room), log_value(reason));
	if (link->is_router) {
		ask_for_hello(link, peer->id, reason);
		peer->resync_ms = now;
		return;
	}
	if (now - link->troubled_ms > CALM_MS) {
		backoff_reset(&link->trouble);
		link->hello_ms = now;
	} else {
		link->hello_ms = now + backoff_next(&link->trouble);
	}
	link->troubled_ms = now;
}

static void on_trouble(struct link *link, struct str id, struct actor_peer *peer,
		       const char *reason)
{
	actor_peer_complain(link, id, reason);
	if (peer)
		actor_peer_restart(peer, reason);
}

/* Something well formed from somebody whose HELLO we do not have. */
static void on_stranger(struct link *link, struct str id, struct actor_peer *peer)
{
	uint64_t now = clock_ms();
	unsigned n_kept;

	if (!link->is_router)
		return; /* of an earlier session: our HELLO is on its way */
	if (peer ? now - peer->resync_ms < ASK_AGAIN_MS
		 : !limiter_pass(&link->answers, ANSWER_MS, &n_kept))
		return;
	if (peer)
		peer->resync_ms = now;
	ask_for_hello(link, id, "no HELLO yet");
}

/* ---- HELLO ---- */

static bool is_refused(struct link *link, uint64_t who)
{
	for (size_t i = 0; i < link->n_refused && i < LINK_REFUSED; i++)
		if (link->refused[i] == who)
			return true;
	return false;
}

/* Another protocol version: one line for each boot of such a peer, and both go on waiting. */
static void refuse(struct link *link, struct str id, uint64_t protocol)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL_VERSION,
				   .room = link->loop->actor->room,
				   .epoch = link->loop->epoch };
	uint64_t who = link->is_router ? hash_fast(id) : protocol;
	unsigned n_kept;

	actor_metrics.refused[PEER_REFUSED_VERSION]++;
	if (!link->is_router)
		link->hello_ms = clock_ms() + REFUSED_MS;
	else if (limiter_pass(&link->answers, ANSWER_MS, &n_kept))
		actor_link_say(link, id, MSG_HELLO, &hello);
	if (is_refused(link, who) || !limiter_pass(&link->refusals, COMPLAIN_MS, &n_kept))
		return;
	link->refused[link->n_refused++ % LINK_REFUSED] = who;
	log_warn("peer refused: it speaks another version of the protocol",
		 "link=%s peer=%s theirs=%llu ours=%d", actor_link_name(link->id),
		 link->is_router ? err_quote(id) : "server", (unsigned long long)protocol,
		 MSG_PROTOCOL_VERSION);
}

void actor_peer_destroy(struct actor_peer **self_p)
{
	struct actor_peer *peer = *self_p;
	const struct actor *actor;

	if (!peer)
		return;
	*self_p = NULL;
	actor = peer->link->loop->actor;
	actor_peer_stop(peer);
	log_info("peer is down", "link=%s peer=%s", actor_link_name(peer->link->id),
		 room_name(peer->room));
	if (peer->known && actor->on_peer_down)
		actor->on_peer_down(actor->self, peer);
	mem_free((char *)peer->id.ptr);
	mem_free(peer);
}

static struct actor_peer *add_peer(struct link *link, struct str id)
{
	struct actor_peer *peer = mem_alloc(sizeof(*peer));

	peer->link = link;
	if (!link->is_router) {
		link->server = peer;
		return peer;
	}
	peer->id = (struct str){ mem_dup(id.ptr, id.len), id.len };
	map_put(&link->peers, id, peer);
	return peer;
}

static void remove_peer(struct link *link, struct actor_peer *peer)
{
	if (link->is_router)
		map_del(&link->peers, peer->id);
	else
		link->server = NULL;
	actor_peer_destroy(&peer);
}

static int answer_hello(struct actor_peer *peer)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL_VERSION,
				   .room = peer->link->loop->actor->room,
				   .epoch = peer->link->loop->epoch,
				   .credit = peer->link->credit,
				   .session = peer->session };
	int rc = actor_link_say(peer->link, peer->id, MSG_HELLO, &hello);

	if (rc < 0)
		peer->gone = peer->link->has_gone = true;
	return rc;
}

/* A new numbering begins. The room hears of it once both ends know. */
static void start_over(struct actor_peer *peer, const struct msg_hello *hello)
{
	struct link *link = peer->link;
	const struct actor *actor = link->loop->actor;
	bool again = peer->known;

	actor_peer_stop(peer);
	peer->room = (enum msg_room)hello->room;
	peer->epoch = hello->epoch;
	peer->session = hello->session;
	peer->n_sent = peer->n_taken = peer->owed = 0;
	peer->credit_out = hello->credit;
	peer->credit_in = link->credit;
	peer->heard_ms = clock_ms();
	peer->quiet = false;
	peer->caller = actor_curve_caller(link);
	if (link->is_router && answer_hello(peer) != 0)
		return; /* gone, or the socket is full: it will say HELLO again */
	link->hello_ms = UINT64_MAX;
	backoff_reset(&link->hello);
	peer->up = peer->known = true;
	actor_metrics.connects[link->id] += !again;
	log_info("peer is up", "link=%s peer=%s again=%s", actor_link_name(link->id),
		 room_name(peer->room), again ? "true" : "false");
	if (actor->on_peer_up)
		actor->on_peer_up(actor->self, peer, again);
}

static void on_hello(struct link *link, struct str id, struct actor_peer *peer,
		     const struct msg_hello *hello)
{
	bool same = peer && peer->epoch == hello->epoch;

	if (!actor_link_admits(link, (enum msg_room)hello->room) || !hello->epoch ||
	    !hello->session) {
		actor_peer_complain(link, id, "malformed: a HELLO that does not fit this link");
		return;
	}
	if (link->is_router ? same && hello->session <= peer->session
			    : hello->session != link->session || (peer && peer->up))
		return; /* of an earlier session */
	if (peer && !same) {
		remove_peer(link, peer);
		peer = NULL;
	}
	if (!peer && link->peers.n >= LINK_MAX_PEERS) {
		actor_peer_complain(link, id, "too many peers on this link");
		return;
	}
	start_over(peer ? peer : add_peer(link, id), hello);
}

/* ---- what comes in ---- */

static void on_heartbeat(struct actor_peer *peer, const struct msg_heartbeat *heartbeat)
{
	if (heartbeat->last != peer->n_taken)
		actor_peer_restart(peer, "a gap: the last messages were lost");
}

static void on_credit(struct actor_peer *peer, const struct msg_credit *credit)
{
	const struct actor *actor = peer->link->loop->actor;

	if (credit->more > LINK_CREDIT_MAX - peer->credit_out) {
		on_trouble(peer->link, peer->id, peer,
			   "malformed: more credit than a link can have");
		return;
	}
	peer->credit_out += credit->more;
	actor_peer_flush(peer);
	if (actor->on_writable && actor_credit(peer) > 0)
		actor->on_writable(actor->self, peer);
}

static const struct actor_input *find_input(const struct actor *actor, enum msg_type type)
{
	for (const struct actor_input *input = actor->inputs; input->type != MSG_NONE; input++)
		if (input->type == type)
			return input;
	return NULL;
}

static void handle(struct actor_peer *peer, const struct actor_input *input, const struct msg *m)
{
	const struct msg_key *subject = msg_subject(m);
	struct err err = { "" };

	if (input->on(peer->link->loop->actor->self, peer, m, &err) == 0)
		return;
	log_warn("message dropped", "type=%s from=%s about=%s reason=%s", msg_name(m->type),
		 room_name(peer->room), subject ? err_quote(subject->name) : "-",
		 log_value(err.text));
}

static void on_data(struct actor_peer *peer, const struct msg *m)
{
	const struct actor *actor = peer->link->loop->actor;
	const struct actor_input *input = find_input(actor, m->type);
	struct err err;

	if (!input || !msg_allowed(m->type, peer->room, actor->room)) {
		err_set(&err, "malformed: %s is not for a %s", msg_name(m->type),
			room_name(actor->room));
		on_trouble(peer->link, peer->id, peer, err.text);
		return;
	}
	if (m->seq != peer->n_taken + 1) {
		err_set(&err, "a gap: expected number %llu, got %llu",
			(unsigned long long)peer->n_taken + 1, (unsigned long long)m->seq);
		actor_peer_restart(peer, err.text);
		return;
	}
	if (!peer->credit_in) {
		on_trouble(peer->link, peer->id, peer,
			   "malformed: more messages than it has credit for");
		return;
	}
	peer->n_taken++;
	peer->credit_in--;
	handle(peer, input, m);
	if (peer->up)
		peer->owed++;
}

static void on_message(struct link *link, struct str id, struct actor_peer *peer,
		       const struct msg *m)
{
	actor_metrics.received[m->type]++;
	if (m->seq)
		actor_loop_moves(link->loop);
	if (link->loop->tap.n_listeners)
		actor_tap_show(link, peer ? peer->room : ROOM_NONE, false, m);
	if (m->type == MSG_HELLO)
		on_hello(link, id, peer, &m->body.hello);
	else if (!peer || !peer->up)
		on_stranger(link, id, peer);
	else if (m->type == MSG_HEARTBEAT)
		on_heartbeat(peer, &m->body.heartbeat);
	else if (m->type == MSG_CREDIT)
		on_credit(peer, &m->body.credit);
	else if (m->type == MSG_RESYNC && link->is_router)
		on_trouble(link, id, peer, "malformed: RESYNC from an end that has to say HELLO");
	else if (m->type == MSG_RESYNC)
		actor_peer_restart(peer, m->body.resync.reason.ptr);
	else
		on_data(peer, m);
}

void actor_peer_receive(struct link *link, struct str id, struct actor_peer *peer, struct str frame)
{
	uint64_t protocol = msg_hello_protocol(frame);
	struct pool pool;
	struct msg m;
	struct err err;

	if (peer) {
		peer->heard_ms = link->loop->now_ms;
		peer->quiet = false;
	}
	if (protocol && protocol != MSG_PROTOCOL_VERSION) {
		refuse(link, id, protocol);
		return;
	}
	if (peer && !peer->up && !protocol) {
		on_stranger(link, id,
			    peer); /* whatever it is, it is of the numbering that has ended */
		return;
	}
	pool_init(&pool);
	if (msg_unpack(frame, &pool, &m, &err) < 0)
		on_trouble(link, id, peer, err.text);
	else
		on_message(link, id, peer, &m);
	if (msg_is_secret(m.type))
		pool_wipe(&pool);
	else
		pool_clear(&pool);
}
