/* outbox: what goes to a peer.
 *
 *   in     messages from the room, credit from the peer
 *   out    frames, numbered, as far as credit reaches; CREDIT for what was handled
 *   owns   the messages that wait for credit
 *   never  sends past credit, drops a message while the link is up */
#include "actor/loop.h"

#include "base/log.h"
#include "base/mem.h"

static void drop_waiting(struct actor_peer *peer)
{
	while (peer->first) {
		struct waiting *next = peer->first->next;

		mem_wipe(peer->first->bytes, peer->first->len);
		mem_free(peer->first);
		peer->first = next;
	}
	peer->last = NULL;
	peer->n_waiting = 0;
}

void actor_peer_stop(struct actor_peer *peer)
{
	peer->up = false;
	drop_waiting(peer);
}

void actor_peer_return_credit(struct actor_peer *peer)
{
	struct msg_credit credit = { .more = peer->owed };

	if (!peer->owed || !peer->up || peer->gone)
		return;
	if (actor_link_say(peer->link, peer->id, MSG_CREDIT, &credit) != 0)
		return; /* the next time; if it is gone, the heartbeat finds out */
	peer->credit_in += peer->owed;
	peer->owed = 0;
}

/* Whether it went out. */
static bool transmit(struct actor_peer *peer, enum msg_type type, struct str frame)
{
	int rc;

	if (!peer->credit_out || peer->gone)
		return false;
	rc = actor_link_send(peer->link, peer->id, type, frame);
	if (rc < 0)
		peer->gone = peer->link->has_gone = true;
	if (rc != 0)
		return false;
	peer->credit_out--;
	peer->n_sent++;
	actor_metrics.sent[type]++;
	return true;
}

void actor_peer_flush(struct actor_peer *peer)
{
	while (peer->first) {
		struct waiting *first = peer->first;

		if (!transmit(peer, first->type, (struct str){ first->bytes, first->len }))
			return;
		peer->first = first->next;
		if (!peer->first)
			peer->last = NULL;
		peer->n_waiting--;
		mem_wipe(first->bytes, first->len);
		mem_free(first);
	}
}

static void wait_for_credit(struct actor_peer *peer, enum msg_type type, struct str frame)
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting) + frame.len);

	waiting->type = type;
	waiting->len = frame.len;
	memcpy(waiting->bytes, frame.ptr, frame.len);
	if (peer->last)
		peer->last->next = waiting;
	else
		peer->first = waiting;
	peer->last = waiting;
	peer->n_waiting++;
}

int actor_send(struct actor_peer *peer, enum msg_type type, const void *body)
{
	struct buf *scratch = &peer->link->loop->scratch;
	uint64_t seq = peer->n_sent + peer->n_waiting + 1;

	if (!peer->up || peer->gone)
		return -1;
	buf_reset(scratch);
	msg_pack(type, seq, body, scratch);
	if (scratch->full) {
		log_error("message not sent: too large, or text that is not UTF-8", "type=%s to=%s",
			  msg_name(type), room_name(peer->room));
		if (msg_is_secret(type))
			buf_wipe(scratch);
		return -1;
	}
	actor_loop_moves(peer->link->loop);
	if (peer->link->loop->tap.n_listeners)
		actor_tap_show_sent(peer->link, peer->room, type, seq, body);
	if (peer->first || !transmit(peer, type, buf_view(scratch)))
		wait_for_credit(peer, type, buf_view(scratch));
	if (msg_is_secret(type) || scratch->cap > BUF_MAX_TEXT)
		buf_wipe(scratch);
	return peer->gone ? -1 : 0;
}

long actor_credit(const struct actor_peer *peer)
{
	return peer->up && !peer->gone && !peer->first ? (long)peer->credit_out : 0;
}

size_t actor_queued(const struct actor_peer *peer)
{
	return peer->n_waiting;
}

enum msg_room actor_peer_room(const struct actor_peer *peer)
{
	return peer->room;
}

uint64_t actor_peer_epoch(const struct actor_peer *peer)
{
	return peer->epoch;
}

void **actor_peer_data(struct actor_peer *peer)
{
	return &peer->data;
}

void actor_ask_resync(struct actor_peer *peer, const char *reason)
{
	actor_peer_restart(peer, reason);
}
