/* peer: what a room may ask of a process at the other end of a link. */
#ifndef ACTOR_PEER_H
#define ACTOR_PEER_H

#include "msg/msg.h"

struct actor_peer;

/* Queues or sends; the body is packed at once. 0, or -1 and nothing is sent: the peer is not up
 * (actor_credit is 0), or no peer would take the message: it is too large or holds text that is not
 * UTF-8 (logged; actor_credit is not changed). */
int actor_send(struct actor_peer *peer, enum msg_type type, const void *body);
/* The same with the time at which the oldest change behind it was seen. */
int actor_send_seen(struct actor_peer *peer, enum msg_type type, const void *body,
		    uint64_t seen_ns);
/* The same with a body that is packed already. */
int actor_send_packed(struct actor_peer *peer, enum msg_type type, struct str raw,
		      uint64_t seen_ns);
long actor_credit(const struct actor_peer *peer); /* messages that can go out without queueing */
enum msg_room actor_peer_room(const struct actor_peer *peer);
uint64_t actor_peer_epoch(const struct actor_peer *peer);  /* of that process's boot */
const char *actor_peer_key(const struct actor_peer *peer); /* public CURVE key; "": it has none */
bool actor_peer_is_for_settings(const struct actor_peer *peer); /* as its HELLO says */
/* It is where one for the settings has to be: at an ipc endpoint, at --settings-endpoint if there
 * is one. */
bool actor_peer_may_have_settings(const struct actor_peer *peer);
int actor_peer_pid(const struct actor_peer *peer); /* 0: it is elsewhere, or the kernel hides it */
uint64_t actor_peer_heard_ms(const struct actor_peer *peer); /* when it last said anything */
/* A slot for the room's own pointer, NULL at first. */
void **actor_peer_data(struct actor_peer *peer);
/* Returns the credit for all that it has sent and that is handled, now and not after the batch. */
void actor_return_credit(struct actor_peer *peer);
void actor_ask_resync(struct actor_peer *peer, const char *reason); /* start this link over */
/* It does what no room does: named in the log, and its connection ended. It may connect again. */
void actor_cut_off(struct actor_peer *peer, const char *reason);

#endif
