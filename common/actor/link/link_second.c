/* link_second: who may come while others are there.
 *
 *   in     the HELLO of somebody new at a ROUTER
 *   out    whether it is served
 *   owns   the HELLO of who has to wait: where one peer at a time stands, the first stays while it
 *          lives
 *   never  trusts that a peer is dead before its connection is gone or it was silent for long
 */
#include "actor/link/link_inside.h"

#include "actor/actor_metrics.h"
#include "base/log.h"
#include "base/mem.h"

#define PEERS_MAX 1024      /* processes on one ROUTER */
#define PEERS_OF_KEY_MAX 64 /* of them, with one CURVE key */
#define DEAD_MS 10000       /* the first has said nothing for so long */
#define CROWD_LINE_MS 10000

void actor_link_forget_second(struct link *self)
{
	mem_free((char *)self->second.id.ptr);
	self->second.id = STR_NONE;
}

static void let_wait(struct link *self, const struct link_arrival *in,
		     const struct msg_hello *hello)
{
	actor_link_forget_second(self);
	self->second.id = (struct str){ mem_dup(in->id.ptr, in->id.len), in->id.len };
	self->second.caller = in->caller;
	self->second.hello = *hello;
	if (hello->session > 1)
		return; /* it insists */
	actor_metrics.refused[PEER_REFUSED_SECOND]++;
	log_warn("a second peer has to wait until the first is gone", "link=%s peer=%s",
		 actor_link_name(self->end.id), room_name((enum msg_room)hello->room));
}

/* The same process over another connection: the one that we know has ended. */
static struct actor_peer *find_same(const struct link *self, const struct link_arrival *in,
				    const struct msg_hello *hello)
{
	void *value;

	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);) {
		struct actor_peer *peer = value;

		if (peer->epoch == hello->epoch &&
		    strcmp(peer->caller.key.text, in->caller.key.text) == 0)
			return peer;
	}
	return NULL;
}

static size_t count_of_key(const struct link *self, const struct curve_key *key)
{
	size_t n = 0;
	void *value;

	for (size_t i = 0; map_next(&self->peers, &i, NULL, &value);)
		n += !strcmp(((struct actor_peer *)value)->caller.key.text, key->text);
	return n;
}

/* Over ipc there are no keys. */
static bool is_crowded(const struct link *self, const struct curve_key *key)
{
	return self->peers.n >= PEERS_MAX ||
	       (key->text[0] && count_of_key(self, key) >= PEERS_OF_KEY_MAX);
}

/* It says HELLO again and again, and is served once there is room. */
static void refuse_for_crowd(struct link *self)
{
	unsigned n_kept;

	actor_metrics.refused[PEER_REFUSED_CROWD]++;
	if (limiter_pass(&self->crowd, CROWD_LINE_MS, &n_kept))
		log_warn("a peer is not served: there are as many as there may be",
			 "link=%s peers=%zu more=%u", actor_link_name(self->end.id), self->peers.n,
			 n_kept);
}

static struct actor_peer *any_peer(const struct link *self)
{
	void *peer;
	size_t i = 0;

	return map_next(&self->peers, &i, NULL, &peer) ? peer : NULL;
}

bool actor_link_has_room(struct link *self, const struct link_arrival *in,
			 const struct msg_hello *hello)
{
	const uint64_t now = clock_ms();
	struct actor_peer *same = find_same(self, in, hello), *first;

	if (same)
		actor_peer_gone(same);
	first = actor_link_is_single(self->end.id) ? any_peer(self) : NULL;
	if (first && !first->gone)
		actor_peer_beat(first, now); /* shows whether its connection is gone */
	actor_link_destroy_gone(self);
	if (self->peers.n && actor_link_is_single(self->end.id)) {
		let_wait(self, in, hello);
		return false;
	}
	actor_link_forget_second(self);
	if (!is_crowded(self, &in->caller.key))
		return true;
	refuse_for_crowd(self);
	return false;
}

void actor_link_admit_second(struct link *self, uint64_t now_ms)
{
	struct link_arrival in = { .id = self->second.id, .caller = self->second.caller };
	struct actor_peer *first = in.id.ptr ? any_peer(self) : NULL;
	struct msg_hello hello;

	if (!in.id.ptr || (first && now_ms <= first->heard_ms + DEAD_MS))
		return;
	if (first) {
		log_warn("a peer is silent, another takes its place", "link=%s peer=%s",
			 actor_link_name(self->end.id), room_name(first->room));
		actor_peer_gone(first);
		actor_link_destroy_gone(self);
	}
	hello = self->second.hello;
	self->second.id = STR_NONE;
	actor_link_on_hello(self, &in, &hello);
	mem_free((char *)in.id.ptr);
}
