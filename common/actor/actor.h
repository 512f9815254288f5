/* actor: the shared main of every room. Rooms give a table of handlers and never see a socket.
 *
 * It owns: settings, logs, signals (SIGTERM, SIGINT end cleanly; SIGUSR1/SIGUSR2 raise and lower
 * the log level), ZeroMQ sockets, HELLO and protocol version, numbering and gaps, credit,
 * heartbeats, taps, readiness, metrics and probes over HTTP.
 *
 * Links (one name on both ends; see PROTOCOL.md):
 *   objects   watcher DEALER     -> resolver ROUTER
 *   jobs      translator DEALER  -> resolver ROUTER
 *   configs   translator DEALER  -> publisher ROUTER
 *   state     resolver DEALER    -> publisher ROUTER
 *
 * A peer is one process at the other end of a link. It is up once both HELLOs are through. What is
 * sent while it is up arrives in order and once, or the link starts over and on_peer_up is called
 * again (same peer, `again`). Credit: each side may send as many messages as the other has granted;
 * actor_send past that queues in the actor (memory), so bulk producers send while
 * actor_credit(peer) > 0 and go on in on_writable. Control messages need none. Credit goes back
 * when the handler returns, so a slow room slows its senders and nothing is dropped. */
#ifndef ACTOR_ACTOR_H
#define ACTOR_ACTOR_H

#include "actor/hooks.h"
#include "actor/link/link_table.h"
#include "actor/peer.h"

int actor_main(const struct actor *actor, int argc, char **argv);

/* ---- what handlers may call; peer.h has more ---- */
/* The peer of a link that this room connects to; NULL while it is down. */
struct actor_peer *actor_peer_of(struct actor_loop *loop, enum msg_link link);
/* A peer of that room may have this public CURVE key. */
bool actor_key_counts(const struct actor_loop *loop, const char *key, enum msg_room room);
/* Stops and resumes taking messages from a link; what waits stays in ZeroMQ. */
void actor_set_reading(struct actor_loop *loop, enum msg_link link, bool reading);
uint64_t actor_epoch(const struct actor_loop *loop); /* of this process, never 0 */
struct str actor_run_dir(void);                      /* --run-dir: its files outlive this process */
/* on_fd(self, fd) whenever fd is readable; fd < 0 is ignored. One handler a descriptor. */
int actor_watch_fd(struct actor_loop *loop, int fd, void (*on_fd)(void *self, int fd));
void actor_unwatch_fd(struct actor_loop *loop, int fd);
/* The first complete state is there: writes a newline to --ready-fd, once. */
void actor_ready(struct actor_loop *loop);
void actor_quit(struct actor_loop *loop, int status); /* ends the loop after this handler */

#endif
