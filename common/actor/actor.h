/* actor: the shared main of every room. Rooms give a table of handlers and never see a socket.
 *
 * It owns: settings, logs, signals (SIGTERM, SIGINT end cleanly; SIGUSR1/SIGUSR2 raise and lower
 * the log level), ZeroMQ sockets, HELLO and protocol version, numbering and gaps, credit,
 * heartbeats, taps, readiness, metrics and probes over HTTP.
 *
 * Links (one name on both ends; see PROTOCOL.md):
 *   objects   watcher DEALER     -> resolver ROUTER
 *   jobs      translator DEALER  -> resolver ROUTER
 *   configs   translator, resolver DEALER -> publisher ROUTER
 *
 * A peer is one process at the other end of a link. It is up once both HELLOs are through. What is
 * sent while it is up arrives in order and once, or the link starts over and on_peer_up is called
 * again (same peer, `again`). Credit: each side may send as many messages as the other has granted;
 * actor_send past that queues in the actor (memory), so bulk producers send while
 * actor_credit(peer) > 0 and go on in on_writable. Control messages need none. Credit goes back
 * when the handler returns, so a slow room slows its senders and nothing is dropped. */
#ifndef ACTOR_ACTOR_H
#define ACTOR_ACTOR_H

#include "actor/conf.h"
#include "actor/metric.h"
#include "base/pool.h"
#include "msg/msg.h"

struct actor_peer;
struct actor_loop;

enum actor_link { LINK_OBJECTS, LINK_JOBS, LINK_CONFIGS, N_LINKS };

struct actor_input {
	enum msg_type type;
	/* -1 with a sentence: logged with names, the message is dropped. `m` and its pool are gone
	 * after return. */
	int (*on)(void *self, struct actor_peer *from, const struct msg *m, struct err *err);
};

/* A dump on its way out; see the hook `dump`. */
struct actor_dump {
	struct pool pool; /* goes with the dump */
	void *state;      /* the room's own, in the pool; NULL at first */
};

struct actor {
	enum msg_room room;
	const char *summary; /* one line for --help */
	void *self;
	const struct actor_input *inputs;       /* ends with { MSG_NONE } */
	const struct conf_option *options;      /* the room's own; ends with { 0 } */
	const struct conf_option *more_options; /* the same, from another file of it; or NULL */
	/* Of the settings; -1 ends with status 2: nobody need try again with the same. */
	int (*check)(void *self, struct err *err);
	int (*start)(void *self, struct actor_loop *loop,
		     struct err *err); /* after settings; -1 ends with status 111 */
	void (*stop)(void *self);      /* on a clean end; release everything */
	/* The link to this peer (re)starts: it holds nothing of what was sent before. `again`: the
	 * same process and the same `peer` as before, without an on_peer_down in between. */
	void (*on_peer_up)(void *self, struct actor_peer *peer, bool again);
	/* The connection is gone, or another process took its place; `peer` goes after return. */
	void (*on_peer_down)(void *self, struct actor_peer *peer);
	void (*on_writable)(void *self, struct actor_peer *peer); /* credit came back */
	/* Called when the returned time (clock_ms) has come and after each batch of input; returns
	 * the next deadline, UINT64_MAX: none. */
	uint64_t (*tick)(void *self, uint64_t now_ms);

	/* ---- for the web server of the process (web.h); all may be NULL ---- */
	const struct metric *metrics; /* the room's own */
	void (*measure)(void *self);  /* called before they are read: computes gauges */
	/* /readyz and /startupz: yes, or no with the reason in one sentence. Without `ready` the
	 * answer is yes, without `started` it is yes once `start` has returned. */
	bool (*ready)(void *self, struct err *why);
	bool (*started)(void *self, struct err *why);
	/* /dump: appends the next piece, some KiB, of one JSON document; false: that was the last.
	 * Between two calls the room goes on working and everything may change: keep copies of keys
	 * in dump->pool, never pointers into the room, and leave out what has gone. So each entry
	 * is of one moment, the whole is not. No secret value, at most BUF_MAX_MESSAGE * 2 a piece.
	 */
	bool (*dump)(void *self, struct actor_dump *dump, struct buf *out);
	/* /explain: one JSON document about one object; -1 with a sentence: not known here. */
	int (*explain)(void *self, const struct msg_key *key, struct buf *out, struct err *err);
};

int actor_main(const struct actor *actor, int argc, char **argv);

/* ---- what handlers may call ---- */
/* Queues or sends; the body is packed at once. 0, or -1 and nothing is sent: the peer is not up
 * (actor_credit is 0), or no peer would take the message: it is too large or holds text that is not
 * UTF-8 (logged; actor_credit is not changed). */
int actor_send(struct actor_peer *peer, enum msg_type type, const void *body);
long actor_credit(
	const struct actor_peer *peer); /* messages that can go out now without queueing */
size_t actor_queued(const struct actor_peer *peer); /* messages waiting for credit */
enum msg_room actor_peer_room(const struct actor_peer *peer);
uint64_t actor_peer_epoch(const struct actor_peer *peer); /* of that process's boot */
/* A slot for the room's own pointer, NULL at first. */
void **actor_peer_data(struct actor_peer *peer);
void actor_ask_resync(struct actor_peer *peer, const char *reason); /* start this link over */
/* The peer of a link that has at most one (objects, jobs and configs at their DEALER ends); NULL
 * while it is down. */
struct actor_peer *actor_peer_of(struct actor_loop *loop, enum actor_link link);
/* Stops and resumes taking messages from a link; what waits stays in ZeroMQ. */
void actor_set_reading(struct actor_loop *loop, enum actor_link link, bool reading);
uint64_t actor_epoch(const struct actor_loop *loop); /* of this process, never 0 */
struct str actor_run_dir(void); /* --run-dir: what is kept there outlives this process */
/* on_fd(self, fd) whenever fd is readable; fd < 0 is ignored. One handler a descriptor. */
int actor_watch_fd(struct actor_loop *loop, int fd, void (*on_fd)(void *self, int fd));
void actor_unwatch_fd(struct actor_loop *loop, int fd);
/* The first complete state is there: writes a newline to --ready-fd, once. */
void actor_ready(struct actor_loop *loop);
void actor_quit(struct actor_loop *loop, int status); /* ends the loop after this handler */

#endif
