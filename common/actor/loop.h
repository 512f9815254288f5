/* loop: the one loop over everything that can wake a room. Rooms see actor.h only. */
#ifndef ACTOR_LOOP_H
#define ACTOR_LOOP_H

#include "actor/actor.h"
#include "actor/link/link.h"
#include "actor/link/zap.h"
#include "actor/taps.h"
#include "actor/web/web.h"

enum { EXIT_CLEAN = 0, EXIT_USAGE = 2, EXIT_SYSTEM = 111 }; /* 111: s6, "system" */

struct fd_handler {
	int fd;
	void (*on_fd)(void *self, int fd);
};

struct actor_loop {
	const struct actor *actor;
	struct link_commons commons;
	struct link *links[N_LINKS]; /* NULL: this room does not stand at it */
	struct curve curve;
	struct zap zap;
	struct strangers strangers;
	struct taps taps;
	struct web web;
	struct fd_handler *fds; /* of the room */
	size_t n_fds;
	uint64_t heartbeat_ms, next_heartbeat, next_tick;
	uint64_t moved_ms; /* when a numbered message last came or went */
	uint64_t now_ms;   /* when the current batch began */
	int signals, ready_fd, status;
	bool quit, busy; /* busy: something came in since the last tick */
};

int actor_loop_open_signals(struct actor_loop *loop, struct err *err);
void actor_loop_run(struct actor_loop *loop); /* until actor_quit */
/* ---- called back ---- */
void actor_loop_on_numbered(void *loop); /* a numbered message comes or goes */
void actor_loop_measure(void *loop);     /* the links, for metrics */

#endif
