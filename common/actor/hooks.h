/* hooks: what a room gives to its actor: its inputs, its settings, what is called when. */
#ifndef ACTOR_HOOKS_H
#define ACTOR_HOOKS_H

#include "actor/conf.h"
#include "actor/metric.h"
#include "base/pool.h"
#include "msg/msg.h"

struct actor_peer;
struct actor_loop;
struct confine;

struct actor_input {
	enum msg_type type;
	/* -1 with a sentence: logged with names, the message is dropped. `m` and its pool are gone
	 * after return. */
	int (*on)(void *self, struct actor_peer *from, const struct msg *m, struct err *err);
};

/* A dump on its way out; see the hook `dump`. */
struct actor_dump {
	struct pool pool; /* goes with the dump */
	bool owners_only; /* not the objects that they are made of */
	void *state;      /* the room's own, in the pool; NULL at first */
	/* What was asked for: routes with all that may be shown of them (?routes=whole), only
	 * those that may serve a host (?host=HOST). */
	bool whole;
	struct str host;
};

struct actor {
	enum msg_room room;
	const char *summary; /* one line for --help */
	void *self;
	const struct actor_input *inputs;          /* ends with { MSG_NONE } */
	const struct conf_option *options;         /* the room's own; ends with { 0 } */
	const struct conf_option *more_options[2]; /* the same, from other files of it; or NULL */
	const bool *settings; /* a flag of a translator: HELLO says it; or NULL */
	/* Of the settings; -1 ends with status 2: trying again with the same would be no use. */
	int (*check)(void *self, struct err *err);
	/* Of all settings: what it needs of the machine, see confine.h; NULL: its links. Before it,
	 * what needs more; -1 ends with status 111. */
	int (*prepare)(void *self, struct confine *needs, struct err *err);
	int (*start)(void *self, struct actor_loop *loop,
		     struct err *err); /* after settings; -1 ends with status 111 */
	void (*stop)(void *self);      /* on a clean end; release everything */
	/* The link to this peer (re)starts: it holds nothing of what was sent before. `again`: the
	 * same process and the same `peer` as before, without an on_peer_down in between. */
	void (*on_peer_up)(void *self, struct actor_peer *peer, bool again);
	/* The connection is gone, or another process took its place; `peer` goes after return. */
	void (*on_peer_down)(void *self, struct actor_peer *peer);
	/* Other keys may connect now; those that may not any more are cut off already. */
	void (*on_keys)(void *self);
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

#endif
