/* room: a resolver or watcher made of nothing, in a process of its own, that writes what happens to
 * it on a pipe: one line an event. Tests talk to it over real sockets.
 */
#ifndef TEST_ACTOR_ROOM_H
#define TEST_ACTOR_ROOM_H

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <czmq.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor/actor.h"
#include "actor/link/peer_inside.h"
#include "base/clock.h"
#include "base/mem.h"

struct room {
	enum msg_room kind;
	pid_t pid;
	int events;     /* what it writes */
	int commands;   /* what it reads: one byte a command */
	char line[256]; /* the last event */
};

/* ---- in the child ---- */
struct scripted {
	enum msg_room kind;
	int events, commands;
	struct actor_loop *loop;
	struct actor_peer *peer; /* the last that came up */
	uint64_t n_sent, n_taken;
	bool slow; /* holds each message until told */
};

static inline void say(const struct scripted *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static inline void say(const struct scripted *s, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	line[len++] = '\n';
	if (write(s->events, line, (size_t)len) != len)
		_exit(9);
}

static inline void send_numbered(struct scripted *s, unsigned n)
{
	while (n--) {
		struct msg_object_delete gone = { .key = { MSG_KIND_SERVICE, STR("shop"),
							   STR("web") } };
		struct msg_secret_wanted wanted = {
			.key = { MSG_KIND_SECRET, STR("shop"), STR("tls") }, .wanted = true
		};
		int rc = s->kind == ROOM_WATCHER
				 ? actor_send_seen(s->peer, MSG_OBJECT_DELETE, &gone, s->n_sent + 1)
				 : actor_send(s->peer, MSG_SECRET_WANTED, &wanted);

		if (rc < 0)
			say(s, "not sent");
		else
			s->n_sent++;
	}
}

static inline void on_command(void *self, int fd)
{
	struct scripted *s = self;
	char command;

	if (read(fd, &command, 1) != 1) {
		actor_unwatch_fd(s->loop, fd);
		return;
	}
	switch (command) {
	case '1':
		send_numbered(s, 1);
		break;
	case 'm': /* many: more than the credit */
		send_numbered(s, 1000);
		break;
	case 'q':
		say(s, "queued %zu credit %ld", s->peer->outbox.n_waiting, actor_credit(s->peer));
		break;
	case 'r':
		actor_ask_resync(s->peer, "the test wants it");
		break;
	case 'p': /* pause */
	case 'c': /* continue */
		actor_set_reading(s->loop, LINK_OBJECTS, command == 'c');
		say(s, "reading %d", command == 'c');
		break;
	case 'x':
		actor_quit(s->loop, 7);
		break;
	default:
		break;
	}
}

static inline int on_delete(void *self, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	struct scripted *s = self;

	(void)from;
	s->n_taken++;
	say(s, "got %llu %llu", (unsigned long long)m->seq, (unsigned long long)m->seen_ns);
	if (m->seen_ns == 13)
		return err_set(err, "thirteen is refused");
	return 0;
}

static inline int on_wanted(void *self, struct actor_peer *from, const struct msg *m,
			    struct err *err)
{
	(void)from;
	(void)err;
	say(self, "wanted %llu", (unsigned long long)m->seq);
	return 0;
}

static inline int scripted_start(void *self, struct actor_loop *loop, struct err *err)
{
	struct scripted *s = self;

	(void)err;
	s->loop = loop;
	actor_watch_fd(loop, s->commands, on_command);
	actor_ready(loop);
	say(s, "started");
	return 0;
}

static inline void scripted_stop(void *self)
{
	say(self, "stopped");
}

static inline void scripted_up(void *self, struct actor_peer *peer, bool again)
{
	struct scripted *s = self;
	uintptr_t *n_ups = (uintptr_t *)actor_peer_data(peer);

	s->peer = peer;
	s->n_sent = 0;
	++*n_ups;
	say(s, "up %s again=%d ups=%zu credit=%ld", room_name(actor_peer_room(peer)), again,
	    (size_t)*n_ups, actor_credit(peer));
}

static inline void scripted_down(void *self, struct actor_peer *peer)
{
	say(self, "down %s", room_name(actor_peer_room(peer)));
}

static inline void scripted_writable(void *self, struct actor_peer *peer)
{
	(void)self;
	(void)peer;
}

static inline int run_scripted(struct scripted *s, const char *run_dir)
{
	static const struct actor_input resolver_inputs[] = { { MSG_OBJECT_DELETE, on_delete },
							      { MSG_NONE, NULL } };
	static const struct actor_input watcher_inputs[] = { { MSG_SECRET_WANTED, on_wanted },
							     { MSG_NONE, NULL } };
	const struct actor actor = { .room = s->kind,
				     .summary = "a test",
				     .self = s,
				     .inputs = s->kind == ROOM_WATCHER ? watcher_inputs
								       : resolver_inputs,
				     .start = scripted_start,
				     .stop = scripted_stop,
				     .on_peer_up = scripted_up,
				     .on_peer_down = scripted_down,
				     .on_writable = scripted_writable };
	char *argv[] = { "test", "--run-dir",   (char *)run_dir, "--heartbeat",
			 "50ms", "--log-level", "info",          NULL };

	return actor_main(&actor, 7, argv);
}

/* ---- in the test ---- */
static inline void room_start(struct room *room, enum msg_room kind, const char *run_dir)
{
	int events[2], commands[2];

	assert_int_equal(pipe(events), 0);
	assert_int_equal(pipe(commands), 0);
	room->kind = kind;
	room->pid = fork();
	assert_true(room->pid >= 0);
	if (room->pid == 0) {
		struct scripted s = { .kind = kind, .events = events[1], .commands = commands[0] };

		close(events[0]);
		close(commands[1]);
		_exit(run_scripted(&s, run_dir));
	}
	close(events[1]);
	close(commands[0]);
	room->events = events[0];
	room->commands = commands[1];
}

/* Waits for the next event; fails after ten seconds. False: the room has ended. */
static inline bool room_next(struct room *room)
{
	struct pollfd p = { room->events, POLLIN, 0 };
	size_t n = 0;
	char c;

	for (;;) {
		if (poll(&p, 1, 10000) != 1)
			fail_msg("no event from the %s within ten seconds", room_name(room->kind));
		if (read(room->events, &c, 1) != 1)
			return false;
		if (c == '\n')
			break;
		if (n + 1 < sizeof(room->line))
			room->line[n++] = c;
	}
	room->line[n] = '\0';
	return true;
}

static inline void room_expect(struct room *room, const char *event)
{
	assert_true(room_next(room));
	if (strncmp(room->line, event, strlen(event)))
		fail_msg("%s: expected \"%s\", got \"%s\"", room_name(room->kind), event,
			 room->line);
}

/* Skips events until this one. */
static inline void room_until(struct room *room, const char *event)
{
	do
		assert_true(room_next(room));
	while (strncmp(room->line, event, strlen(event)));
}

static inline void room_do(struct room *room, char command)
{
	assert_int_equal(write(room->commands, &command, 1), 1);
}

static inline int room_end(struct room *room, int sig)
{
	int status;

	if (sig)
		kill(room->pid, sig);
	assert_int_equal(waitpid(room->pid, &status, 0), room->pid);
	close(room->events);
	close(room->commands);
	return status;
}

static inline const char *room_tap(const char *run_dir, const char *room, pid_t pid)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/tap-%s-%d", run_dir, room, pid);
	return path;
}

static inline bool room_has_tap(const char *run_dir, const char *room, pid_t pid)
{
	return access(room_tap(run_dir, room, pid), F_OK) == 0;
}

/* As if it had been made long ago. */
static inline void room_age_tap(const char *run_dir, const char *room, pid_t pid)
{
	const struct timespec times[2] = { { 0 } };

	assert_int_equal(utimensat(AT_FDCWD, room_tap(run_dir, room, pid), times, 0), 0);
}

#endif
