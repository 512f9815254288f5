/* loop: one loop over everything that can wake a room.
 *
 *   in     signals, frames, requests over HTTP, descriptors that the room watches, deadlines
 *   out    calls of the room's handlers, one at a time
 *   owns   the order in which they come, the pace of heartbeats
 *   never  wakes without a reason: descriptors, deadlines, and heartbeats while somebody hears them
 */
#include "actor/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "actor/actor_metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define CALM_AFTER 20 /* heartbeats without a numbered message, ... */
#define CALM_PACE 8   /* ... and then they are that much slower */

/* ---- signals ---- */

int actor_loop_open_signals(struct actor_loop *loop, struct err *err)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	loop->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signals < 0)
		return err_set(err, "signals cannot be received: %s", strerror(errno));
	return 0;
}

static void on_signal(struct actor_loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		enum log_level level = log_get_level();

		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			actor_quit(loop, EXIT_CLEAN);
		else if (info.ssi_signo == SIGUSR1 && level > LOG_LEVEL_DEBUG)
			log_set_level(level - 1);
		else if (info.ssi_signo == SIGUSR2 && level < LOG_LEVEL_ERROR)
			log_set_level(level + 1);
	}
}

/* ---- what to wait for ---- */

static uint64_t next_deadline(const struct actor_loop *loop)
{
	uint64_t next = clock_earlier(loop->next_tick, loop->web.next_ms);
	bool is_heard = loop->taps.sock;

	next = clock_earlier(next, actor_curve_deadline(&loop->curve));
	for (int id = 0; id < N_LINKS; id++) {
		if (!loop->links[id])
			continue;
		next = clock_earlier(next, actor_link_deadline(loop->links[id]));
		is_heard |= actor_link_has_peers(loop->links[id]);
	}
	return is_heard ? clock_earlier(next, loop->next_heartbeat) : next;
}

/* In a fixed order: signals, the web, CURVE, links, descriptors of the room.
 * Not the tap: waiting for it too would cost each round more than all else that it costs. */
static size_t fill_items(const struct actor_loop *loop, zmq_pollitem_t *items)
{
	size_t n = 0;

	items[n++] = (zmq_pollitem_t){ .fd = loop->signals, .events = ZMQ_POLLIN };
	items[n++] = (zmq_pollitem_t){ .fd = loop->web.epoll, .events = ZMQ_POLLIN };
	if (loop->curve.on)
		items[n++] = (zmq_pollitem_t){ .fd = loop->curve.changes, .events = ZMQ_POLLIN };
	if (loop->zap.sock)
		items[n++] = (zmq_pollitem_t){ .socket = loop->zap.sock, .events = ZMQ_POLLIN };
	for (int id = 0; id < N_LINKS; id++) {
		if (!loop->links[id])
			continue;
		actor_link_items(loop->links[id], items + n);
		n += LINK_ITEMS;
	}
	for (size_t i = 0; i < loop->n_fds; i++)
		items[n++] = (zmq_pollitem_t){ .fd = loop->fds[i].fd, .events = ZMQ_POLLIN };
	return n;
}

/* ---- what has come ---- */

/* The handler may have gone, or its table moved, through another handler of the same round. */
static void on_fd(struct actor_loop *loop, int fd)
{
	for (size_t i = 0; i < loop->n_fds; i++) {
		if (loop->fds[i].fd != fd)
			continue;
		loop->busy = true;
		loop->fds[i].on_fd(loop->actor->self, fd);
		return;
	}
}

static void on_link(struct actor_loop *loop, struct link *link, const zmq_pollitem_t *items)
{
	if (items[0].revents && actor_link_on_monitor(link))
		loop->next_heartbeat = 0; /* finds out which peer has gone */
	if (items[1].revents && actor_link_on_readable(link))
		loop->busy = true;
}

static void on_keys(struct actor_loop *loop, unsigned changes)
{
	for (int id = 0; id < N_LINKS && changes; id++)
		if (loop->links[id])
			actor_link_on_keys(loop->links[id], changes);
	if ((changes & CURVE_ADMITS_ANEW) && loop->actor->on_keys)
		loop->actor->on_keys(loop->actor->self);
}

static void dispatch(struct actor_loop *loop, const zmq_pollitem_t *items, size_t n_items)
{
	size_t n = 0;

	if (items[n++].revents)
		on_signal(loop);
	if (items[n++].revents)
		actor_web_on_fd(&loop->web);
	if (loop->curve.on && items[n++].revents)
		on_keys(loop, actor_curve_on_change(&loop->curve));
	if (loop->zap.sock && items[n++].revents)
		actor_zap_on_question(&loop->zap);
	for (int id = 0; id < N_LINKS; id++) {
		if (!loop->links[id])
			continue;
		on_link(loop, loop->links[id], items + n);
		n += LINK_ITEMS;
	}
	for (; n < n_items && !loop->quit; n++)
		if (items[n].revents)
			on_fd(loop, items[n].fd);
}

/* ---- between batches ---- */

static bool is_calm(const struct actor_loop *loop)
{
	return loop->now_ms > loop->moved_ms + CALM_AFTER * loop->heartbeat_ms;
}

/* Heartbeats get their full pace back. A listener that came while it was calm gets what ends the
 * calm. */
void actor_loop_on_numbered(void *self)
{
	struct actor_loop *loop = self;
	const bool was_calm = is_calm(loop);

	loop->moved_ms = loop->now_ms;
	if (!was_calm)
		return;
	actor_taps_look(&loop->taps);
	loop->next_heartbeat =
		clock_earlier(loop->next_heartbeat, loop->now_ms + loop->heartbeat_ms);
}

static void tend_links(struct actor_loop *loop)
{
	uint64_t now = clock_ms();
	bool beat = now >= loop->next_heartbeat;
	struct err err = { "" };

	if (beat) {
		loop->next_heartbeat = now + loop->heartbeat_ms * (is_calm(loop) ? CALM_PACE : 1);
		actor_taps_look(&loop->taps);
	}
	on_keys(loop, actor_curve_tick(&loop->curve, now));
	for (int id = 0; id < N_LINKS; id++) {
		struct link *link = loop->links[id];

		if (!link)
			continue;
		if (beat)
			actor_link_beat(link, now);
		if (actor_link_tend(link, now, &err) == 0)
			continue;
		log_error("cannot go on", "reason=%s", log_value(err.text));
		actor_quit(loop, EXIT_SYSTEM);
	}
}

static void tick(struct actor_loop *loop)
{
	uint64_t now = clock_ms();

	if (!loop->busy && now < loop->next_tick)
		return;
	loop->busy = false;
	loop->next_tick =
		loop->actor->tick ? loop->actor->tick(loop->actor->self, now) : UINT64_MAX;
}

/* ---- the loop ---- */

static int wait_for(struct actor_loop *loop, zmq_pollitem_t *items, size_t n)
{
	const uint64_t next = next_deadline(loop), now = clock_ms();
	const long wait_ms = next == UINT64_MAX ? -1 : next <= now ? 0 : (long)(next - now);

	metric_observe(&actor_metrics.lag, now - loop->now_ms);
	if (zmq_poll(items, (int)n, wait_ms) < 0 && errno != EINTR)
		return -1;
	loop->now_ms = clock_ms();
	if (next < loop->now_ms && now < loop->now_ms)
		metric_observe(&actor_metrics.lag, loop->now_ms - (next > now ? next : now));
	return 0;
}

void actor_loop_run(struct actor_loop *loop)
{
	zmq_pollitem_t *items = NULL;
	size_t n;

	while (!loop->quit) {
		items = mem_realloc(items,
				    (loop->n_fds + LINK_ITEMS * N_LINKS + 4) * sizeof(*items));
		n = fill_items(loop, items);
		if (wait_for(loop, items, n) < 0) {
			log_error("waiting failed", "reason=%s", log_value(zmq_strerror(errno)));
			actor_quit(loop, EXIT_SYSTEM);
			break;
		}
		dispatch(loop, items, n);
		if (loop->quit)
			break;
		tick(loop);
		tend_links(loop);
		actor_web_tick(&loop->web, loop->now_ms);
	}
	mem_free(items);
}

void actor_loop_measure(void *self)
{
	const struct actor_loop *loop = self;

	for (int id = 0; id < N_LINKS; id++) {
		actor_metrics.peers[id] = actor_metrics.queued[id] = actor_metrics.credit[id] = 0;
		if (loop->links[id])
			actor_link_measure(loop->links[id], &actor_metrics.peers[id],
					   &actor_metrics.queued[id], &actor_metrics.credit[id]);
	}
}

/* ---- what handlers may call ---- */

struct actor_peer *actor_peer_of(struct actor_loop *loop, enum msg_link link)
{
	return loop->links[link] ? actor_link_server(loop->links[link]) : NULL;
}

bool actor_key_counts(const struct actor_loop *loop, const char *key, enum msg_room room)
{
	struct curve_key text;

	(void)snprintf(text.text, sizeof(text.text), "%s", key);
	return actor_curve_admits(&loop->curve, &text, room);
}

void actor_set_reading(struct actor_loop *loop, enum msg_link link, bool reading)
{
	if (loop->links[link])
		actor_link_set_reading(loop->links[link], reading);
}

uint64_t actor_epoch(const struct actor_loop *loop)
{
	return loop->commons.epoch;
}

int actor_watch_fd(struct actor_loop *loop, int fd, void (*on_readable)(void *self, int fd))
{
	if (fd < 0)
		return 0;
	actor_unwatch_fd(loop, fd);
	loop->fds = mem_realloc(loop->fds, (loop->n_fds + 1) * sizeof(*loop->fds));
	loop->fds[loop->n_fds++] = (struct fd_handler){ .fd = fd, .on_fd = on_readable };
	return 0;
}

void actor_unwatch_fd(struct actor_loop *loop, int fd)
{
	for (size_t i = 0; i < loop->n_fds; i++)
		if (loop->fds[i].fd == fd)
			loop->fds[i--] = loop->fds[--loop->n_fds];
}

void actor_ready(struct actor_loop *loop)
{
	if (loop->ready_fd < 0)
		return;
	if (write(loop->ready_fd, "\n", 1) != 1)
		log_warn("readiness could not be told", "fd=%d", loop->ready_fd);
	close(loop->ready_fd);
	loop->ready_fd = -1;
}

/* No further message is handled. */
void actor_quit(struct actor_loop *loop, int status)
{
	loop->quit = true;
	loop->status = status;
	for (int id = 0; id < N_LINKS; id++)
		actor_set_reading(loop, (enum msg_link)id, false);
}
