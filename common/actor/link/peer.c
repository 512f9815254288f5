/* peer: one process at the other end of a link. PROTOCOL.md, "Links", is the rule.
 *
 *   in     messages from it, messages of the room for it
 *   out    numbered messages, HEARTBEAT, CREDIT; calls of the room's handlers
 *   owns   the state of the link to it: up or not, the numbers
 *   never  takes a message out of order, beyond credit, or not meant for this room
 */
#include "actor/link/peer_inside.h"

#include "actor/actor_metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define MALFORMED_LINE_MS 1000
#define SILENT_MS 10000 /* a peer that says nothing for so long gets one line */

/* ---- what goes out ---- */

/* For the taps: the frame is in link->buf. */
static void show(struct peer_link *link, enum msg_room to, const struct msg_head *head,
		 const void *body)
{
	struct msg m = { .type = head->type, .seq = head->seq, .seen_ns = head->seen_ns };

	m.raw = msg_frame_body(buf_view(&link->buf));
	memcpy(&m.body, body, msg_codec(head->type)->size);
	actor_taps_show(link->taps,
			&(struct taps_message){ link->actor->room, to, .out = true, &m });
}

static void pack(struct peer_link *link, enum msg_room to, const struct msg_head *head,
		 const void *body)
{
	buf_reset(&link->buf);
	msg_pack(head, body, &link->buf);
	if (link->taps->n_listeners && !link->buf.full)
		show(link, to, head, body);
}

static void pack_raw(struct peer_link *link, enum msg_room to, const struct msg_head *head,
		     struct str raw)
{
	struct pool pool;
	struct msg m;

	buf_reset(&link->buf);
	msg_pack_raw(head, raw, &link->buf);
	if (!link->taps->n_listeners || link->buf.full)
		return;
	pool_init(&pool);
	if (msg_unpack(buf_view(&link->buf), &pool, &m, NULL) == 0)
		show(link, to, head, &m.body);
	pool_wipe(&pool);
}

enum frame_sent actor_peer_say(struct peer_link *link, struct str id, enum msg_room to,
			       enum msg_type type, const void *body)
{
	pack(link, to, &(struct msg_head){ .type = type }, body);
	actor_metrics.sent[type]++;
	return link->send(link->self, id, buf_view(&link->buf), false);
}

static enum frame_sent send_numbered(void *arg, enum msg_type type, struct str frame)
{
	struct actor_peer *peer = arg;
	enum frame_sent sent;

	if (peer->gone)
		return SENT_TO_NOBODY;
	sent = peer->link->send(peer->link->self, peer->id, frame, msg_is_secret(type));
	if (sent == SENT)
		actor_metrics.sent[type]++;
	else if (sent == SENT_TO_NOBODY)
		actor_peer_gone(peer);
	return sent;
}

static bool may_send(const struct actor_peer *peer)
{
	if (!peer->up || peer->gone)
		return false;
	peer->link->on_numbered(peer->link->self);
	return true;
}

/* The frame that was packed. */
static int send_packed_frame(struct actor_peer *peer, enum msg_type type)
{
	struct buf *buf = &peer->link->buf;
	int rc = buf->full ? -1 : actor_outbox_put(&peer->outbox, type, buf_view(buf));

	if (buf->full)
		log_error("message not sent: too large, or text that is not UTF-8", "type=%s to=%s",
			  msg_name(type), room_name(peer->room));
	if (msg_is_secret(type) || buf->cap > BUF_MAX_TEXT)
		buf_wipe(buf);
	return rc;
}

int actor_send_seen(struct actor_peer *peer, enum msg_type type, const void *body, uint64_t seen_ns)
{
	const struct msg_head head = { type, actor_outbox_next(&peer->outbox), seen_ns };

	if (!may_send(peer))
		return -1;
	pack(peer->link, peer->room, &head, body);
	return send_packed_frame(peer, type);
}

int actor_send(struct actor_peer *peer, enum msg_type type, const void *body)
{
	return actor_send_seen(peer, type, body, 0);
}

int actor_send_packed(struct actor_peer *peer, enum msg_type type, struct str raw, uint64_t seen_ns)
{
	const struct msg_head head = { type, actor_outbox_next(&peer->outbox), seen_ns };

	if (!may_send(peer))
		return -1;
	pack_raw(peer->link, peer->room, &head, raw);
	return send_packed_frame(peer, type);
}

void actor_peer_return_credit(struct actor_peer *peer)
{
	struct msg_credit credit = { .more = peer->owed };

	if (!peer->owed || !peer->up || peer->gone)
		return;
	if (actor_peer_say(peer->link, peer->id, peer->room, MSG_CREDIT, &credit) != SENT)
		return; /* the next time; if it is gone, the heartbeat finds out */
	peer->credit_in += peer->owed;
	peer->owed = 0;
}

/* For the log. */
static const char *name_of(const struct actor_peer *peer)
{
	return peer->settings ? "settings" : room_name(peer->room);
}

static void note_silence(struct actor_peer *peer, uint64_t now_ms)
{
	if (!peer->link->reading || peer->quiet || now_ms <= peer->heard_ms + SILENT_MS)
		return;
	peer->quiet = true;
	log_info("peer is silent", "link=%s peer=%s", actor_link_name(peer->link->id),
		 name_of(peer));
}

void actor_peer_beat(struct actor_peer *peer, uint64_t now_ms)
{
	struct msg_heartbeat heartbeat = { .last = peer->outbox.n_sent };

	if (peer->gone)
		return;
	/* A DEALER that waits for the answer to its HELLO has no number of the new count yet. */
	if (!peer->link->is_router && !peer->up)
		return;
	if (actor_peer_say(peer->link, peer->id, peer->room, MSG_HEARTBEAT, &heartbeat) ==
	    SENT_TO_NOBODY) {
		actor_peer_gone(peer);
		return;
	}
	(void)actor_outbox_flush(&peer->outbox); /* what the socket could not take */
	note_silence(peer, now_ms);
}

struct msg_hello actor_peer_hello(const struct peer_link *link)
{
	return (struct msg_hello){ .protocol = MSG_PROTOCOL_VERSION,
				   .room = link->actor->room,
				   .epoch = link->epoch,
				   .credit = link->credit,
				   .settings = link->actor->settings && *link->actor->settings };
}

/* ---- trouble ---- */

void actor_peer_malformed(struct peer_link *link, struct str id, const char *reason)
{
	unsigned n_kept;

	actor_metrics.malformed[link->id]++;
	if (!limiter_pass(&link->malformed, MALFORMED_LINE_MS, &n_kept))
		return;
	log_warn("frame refused", "link=%s peer=%s reason=%s kept_back=%u",
		 actor_link_name(link->id), link->is_router ? err_quote(id) : "server",
		 log_value(reason), n_kept);
}

void actor_peer_stop(struct actor_peer *peer)
{
	peer->up = false;
	actor_outbox_drop(&peer->outbox);
}

void actor_peer_gone(struct actor_peer *peer)
{
	peer->gone = peer->link->has_gone = true;
}

void actor_peer_restart(struct actor_peer *peer, const char *reason)
{
	if (!peer->up)
		return;
	actor_peer_stop(peer);
	actor_metrics.restarts[peer->link->id]++;
	log_info("link starts over", "link=%s peer=%s reason=%s", actor_link_name(peer->link->id),
		 name_of(peer), log_value(reason));
	peer->link->on_restart(peer->link->self, peer, reason);
}

static void on_malformed(struct actor_peer *peer, const char *reason)
{
	actor_peer_malformed(peer->link, peer->id, reason);
	actor_peer_restart(peer, reason);
}

/* ---- it comes and goes ---- */

struct actor_peer *actor_peer_new(struct peer_link *link, struct str id)
{
	struct actor_peer *peer = mem_alloc(sizeof(*peer));

	peer->link = link;
	peer->caller.fd = -1;
	if (link->is_router)
		peer->id = (struct str){ mem_dup(id.ptr, id.len), id.len };
	actor_outbox_init(&peer->outbox, send_numbered, peer);
	return peer;
}

void actor_peer_free(struct actor_peer **self_p)
{
	struct actor_peer *peer = *self_p;

	if (!peer)
		return;
	*self_p = NULL;
	actor_peer_stop(peer);
	mem_free((char *)peer->id.ptr);
	mem_free(peer);
}

void actor_peer_destroy(struct actor_peer **self_p)
{
	struct actor_peer *peer = *self_p;
	const struct actor *actor;

	if (!peer)
		return;
	*self_p = NULL;
	actor = peer->link->actor;
	actor_peer_stop(peer);
	log_info("peer is down", "link=%s peer=%s", actor_link_name(peer->link->id), name_of(peer));
	if (peer->known && actor->on_peer_down)
		actor->on_peer_down(actor->self, peer);
	actor_peer_free(&peer);
}

/* False: gone, or the socket is full. It will say HELLO again. */
static bool answer_hello(struct actor_peer *peer)
{
	struct msg_hello hello = actor_peer_hello(peer->link);
	enum frame_sent sent;

	hello.session = peer->session;
	sent = actor_peer_say(peer->link, peer->id, peer->room, MSG_HELLO, &hello);
	if (sent == SENT_TO_NOBODY)
		actor_peer_gone(peer);
	return sent == SENT;
}

/* The room hears of it once both ends know. */
void actor_peer_start(struct actor_peer *peer, const struct msg_hello *hello,
		      const struct caller *caller)
{
	const struct actor *actor = peer->link->actor;
	bool again = peer->known;

	actor_peer_stop(peer);
	peer->caller = *caller;
	peer->room = (enum msg_room)hello->room;
	peer->epoch = hello->epoch;
	peer->session = hello->session;
	peer->settings = hello->settings;
	peer->n_taken = peer->owed = 0;
	peer->credit_in = peer->link->credit;
	actor_outbox_start(&peer->outbox, hello->credit);
	peer->heard_ms = clock_ms();
	peer->quiet = false;
	if (peer->link->is_router && !answer_hello(peer))
		return;
	peer->up = peer->known = true;
	actor_metrics.connects[peer->link->id] += !again;
	log_info("peer is up", "link=%s peer=%s again=%s", actor_link_name(peer->link->id),
		 name_of(peer), again ? "true" : "false");
	if (actor->on_peer_up)
		actor->on_peer_up(actor->self, peer, again);
}

/* ---- what comes in ---- */

static void on_heartbeat(struct actor_peer *peer, const struct msg_heartbeat *heartbeat)
{
	if (heartbeat->last != peer->n_taken)
		actor_peer_restart(peer, "a gap: the last messages were lost");
}

static void on_credit(struct actor_peer *peer, const struct msg_credit *credit)
{
	const struct actor *actor = peer->link->actor;

	if (!actor_outbox_grant(&peer->outbox, credit->more)) {
		on_malformed(peer, "malformed: more credit than a link can have");
		return;
	}
	(void)actor_outbox_flush(&peer->outbox);
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

	if (input->on(peer->link->actor->self, peer, m, &err) == 0)
		return;
	log_warn("message dropped", "type=%s from=%s about=%s reason=%s", msg_name(m->type),
		 room_name(peer->room), subject ? err_quote(subject->name) : "-",
		 log_value(err.text));
}

static void on_data(struct actor_peer *peer, const struct msg *m)
{
	const struct actor *actor = peer->link->actor;
	const struct actor_input *input = find_input(actor, m->type);
	struct err err;

	if (!input || !msg_allowed(m->type, peer->room, actor->room, peer->link->id)) {
		err_set(&err, "malformed: %s is not for a %s", msg_name(m->type),
			room_name(actor->room));
		on_malformed(peer, err.text);
		return;
	}
	if (m->seq != peer->n_taken + 1) {
		err_set(&err, "a gap: expected number %llu, got %llu",
			(unsigned long long)peer->n_taken + 1, (unsigned long long)m->seq);
		actor_peer_restart(peer, err.text);
		return;
	}
	if (!peer->credit_in) {
		on_malformed(peer, "malformed: more messages than it has credit for");
		return;
	}
	peer->n_taken++;
	peer->credit_in--;
	handle(peer, input, m);
	if (peer->up)
		peer->owed++;
}

void actor_peer_receive(struct actor_peer *peer, const struct msg *m)
{
	if (m->type == MSG_HEARTBEAT)
		on_heartbeat(peer, &m->body.heartbeat);
	else if (m->type == MSG_CREDIT)
		on_credit(peer, &m->body.credit);
	else if (m->type == MSG_RESYNC && peer->link->is_router)
		on_malformed(peer, "malformed: RESYNC from an end that has to say HELLO");
	else if (m->type == MSG_RESYNC)
		actor_peer_restart(peer, m->body.resync.reason.ptr);
	else
		on_data(peer, m);
}

/* ---- what rooms ask ---- */

long actor_credit(const struct actor_peer *peer)
{
	return peer->up && !peer->gone ? (long)actor_outbox_credit(&peer->outbox) : 0;
}

enum msg_room actor_peer_room(const struct actor_peer *peer)
{
	return peer->room;
}

uint64_t actor_peer_epoch(const struct actor_peer *peer)
{
	return peer->epoch;
}

const char *actor_peer_key(const struct actor_peer *peer)
{
	return peer->caller.key.text;
}

bool actor_peer_is_for_settings(const struct actor_peer *peer)
{
	return peer->settings;
}

bool actor_peer_may_have_settings(const struct actor_peer *peer)
{
	const struct str path = peer->link->settings_path;

	return peer->caller.is_near && (!path.len || peer->caller.at == hash_fast(path));
}

int actor_peer_pid(const struct actor_peer *peer)
{
	return peer->caller.pid;
}

uint64_t actor_peer_heard_ms(const struct actor_peer *peer)
{
	return peer->heard_ms;
}

void **actor_peer_data(struct actor_peer *peer)
{
	return &peer->data;
}

void actor_return_credit(struct actor_peer *peer)
{
	actor_peer_return_credit(peer);
}

void actor_ask_resync(struct actor_peer *peer, const char *reason)
{
	actor_peer_restart(peer, reason);
}

void actor_cut_off(struct actor_peer *peer, const char *reason)
{
	char who[64];

	actor_caller_describe(&peer->caller, who, sizeof(who));
	log_warn("peer cut off", "link=%s peer=%s who=%s reason=%s",
		 actor_link_name(peer->link->id), name_of(peer), log_value(who), log_value(reason));
	actor_caller_cut_off(&peer->caller);
	actor_peer_gone(peer);
}
