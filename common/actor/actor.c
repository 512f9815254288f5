/* actor: the shared main: settings, signals, one loop over everything that can wake a room.
 *
 *   in     argv, the environment, signals, frames, descriptors that the room watches
 *   out    calls of the room's handlers, one at a time
 *   owns   the links, the tap, the loop
 *   never  wakes without a reason: descriptors, deadlines, and heartbeats while somebody hears them
 */
#include "actor/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define CALM_AFTER 20 /* heartbeats without a numbered message, ... */
#define CALM_PACE 8   /* ... and then they are that much slower */

enum { EXIT_CLEAN = 0, EXIT_USAGE = 2, EXIT_START = 111 }; /* 111: s6, "system" */

static struct {
	struct str run_dir, tap, log_level, log_format, metrics, probes, curve_dir;
	struct str_list endpoints[N_LINKS];
	unsigned curve_needs;
	struct web_address metrics_at, probes_at;
	long ready_fd, jobs_credit;
	uint64_t heartbeat_ms;
} settings;

static const struct conf_option standard[] = {
	{ "run-dir", CONF_TEXT, &settings.run_dir, "/run/sluice", 0, 0,
	  "folder of the sockets between processes", 0 },
	{ "objects-endpoint", CONF_LIST, &settings.endpoints[LINK_OBJECTS], "", 0, 0,
	  "watcher to resolver; empty: ipc in the run folder; the end that binds takes several",
	  0 },
	{ "jobs-endpoint", CONF_LIST, &settings.endpoints[LINK_JOBS], "", 0, 0,
	  "translator to resolver; empty: ipc in the run folder", 0 },
	{ "configs-endpoint", CONF_LIST, &settings.endpoints[LINK_CONFIGS], "", 0, 0,
	  "translator and resolver to publisher; empty: ipc in the run folder", 0 },
	{ "tap-endpoint", CONF_TEXT, &settings.tap, "", 0, 0,
	  "where sluice tap listens; empty: ipc in the run folder", 0 },
	{ "metrics-bind-address", CONF_TEXT, &settings.metrics, "", 0, 0,
	  "address of /metrics and a status page, such as :9090 or 127.0.0.1:9090; empty or 0: "
	  "none",
	  0 },
	{ "health-probe-bind-address", CONF_TEXT, &settings.probes, "", 0, 0,
	  "address of /healthz, /readyz and /startupz; empty or 0: none", 0 },
	{ "curve-dir", CONF_TEXT, &settings.curve_dir, "", 0, 0,
	  "folder of the CURVE keys for tcp endpoints", 0 },
	{ "log-level", CONF_TEXT, &settings.log_level, "info", 0, 0, "debug, info, warn or error",
	  0 },
	{ "log-format", CONF_TEXT, &settings.log_format, "logfmt", 0, 0, "logfmt or json", 0 },
	{ "ready-fd", CONF_INT, &settings.ready_fd, "-1", -1, 65535,
	  "descriptor to write a newline to, once ready", 0 },
	{ "jobs-credit", CONF_INT, &settings.jobs_credit, "16", 1, 4096,
	  "bundles a translator takes at a time", 0 },
	{ "heartbeat", CONF_DURATION, &settings.heartbeat_ms, "250ms", 10, 60000,
	  "pace of heartbeats on idle links", 0 },
	{ 0 },
};

/* ---- settings ---- */

/* Endpoints of this room's links, and which keys they need. */
static int check_endpoints(enum msg_room room, unsigned *needs, struct err *err)
{
	bool has_keys = settings.curve_dir.len > 0;
	char flag[64];

	for (int id = 0; id < N_LINKS; id++) {
		const struct str_list *ends = &settings.endpoints[id];
		bool is_router;

		if (!actor_link_is_of((enum actor_link)id, room, &is_router))
			continue;
		snprintf(flag, sizeof(flag), "%s-endpoint", actor_link_name((enum actor_link)id));
		for (size_t i = 0; i < ends->n; i++) {
			if (actor_curve_check(flag, ends->items[i], has_keys, err) < 0)
				return -1;
			if (has_keys && actor_curve_is_tcp(ends->items[i]))
				*needs |= is_router ? CURVE_BINDS : CURVE_CONNECTS;
		}
	}
	/* sluice tap has no keys, so a tap never leaves the machine. */
	return settings.tap.len ? actor_curve_check("tap-endpoint", settings.tap, false, err) : 0;
}

static int read_settings(const struct actor *actor, int argc, char **argv, struct err *err)
{
	static const struct conf_option none[] = { { 0 } };
	const struct conf_option *tables[] = { actor->options ? actor->options : none,
					       actor->more_options ? actor->more_options : none,
					       standard, NULL };
	struct str_list rest;
	enum log_level level;
	char program[64];
	int rc;

	snprintf(program, sizeof(program), "sluice-%s", room_name(actor->room));
	rc = conf_read(tables, program, actor->summary ? actor->summary : "", argc, argv, &rest,
		       err);
	if (rc != 0)
		return rc;
	if (rest.n)
		return err_set(err, "unexpected argument %s; --help lists the flags",
			       err_quote(rest.items[0]));
	if (log_level_from(settings.log_level.ptr, &level) < 0)
		return err_set(err, "--log-level: %s is not one of debug, info, warn, error",
			       err_quote(settings.log_level));
	log_set_level(level);
	if (!str_is(settings.log_format, "logfmt") && !str_is(settings.log_format, "json"))
		return err_set(err, "--log-format: %s is neither logfmt nor json",
			       err_quote(settings.log_format));
	log_set_format(str_is(settings.log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	if (actor_web_address_from(settings.metrics, &settings.metrics_at, err) < 0)
		return err_wrap(err, "--metrics-bind-address");
	if (actor_web_address_from(settings.probes, &settings.probes_at, err) < 0)
		return err_wrap(err, "--health-probe-bind-address");
	if (check_endpoints(actor->room, &settings.curve_needs, err) < 0)
		return -1;
	return actor->check ? actor->check(actor->self, err) : 0;
}

static int open_web(struct actor_loop *loop, struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/web-%s-%d", settings.run_dir.ptr,
		 room_name(loop->actor->room), getpid());
	return actor_web_open(&loop->web, loop,
			      &(struct web_places){ path, settings.metrics_at, settings.probes_at },
			      err);
}

static int open_sockets(struct actor_loop *loop, struct err *err)
{
	struct buf endpoint;
	struct str ipc;
	int rc = 0;

	buf_init(&endpoint, BUF_MAX_TEXT);
	if (mkdir(settings.run_dir.ptr, 0700) < 0 && errno != EEXIST)
		log_info("no run folder", "path=%s reason=%s", log_value(settings.run_dir.ptr),
			 log_value(strerror(errno)));
	for (int id = 0; id < N_LINKS && rc == 0; id++) {
		struct link *link = &loop->links[id];

		link->id = (enum actor_link)id;
		link->credit = id == LINK_JOBS ? (uint64_t)settings.jobs_credit : LINK_CREDIT;
		if (!actor_link_is_of(link->id, loop->actor->room, &link->is_router))
			continue;
		if (link->is_router)
			link->credit = LINK_CREDIT;
		buf_reset(&endpoint);
		buf_printf(&endpoint, "ipc://%s/%s", settings.run_dir.ptr,
			   actor_link_name(link->id));
		ipc = buf_view(&endpoint);
		rc = actor_link_open(link, loop,
				     settings.endpoints[id].n ? &settings.endpoints[id]
							      : &(struct str_list){ &ipc, 1 },
				     err);
	}
	buf_reset(&endpoint);
	if (settings.tap.len)
		buf_str(&endpoint, settings.tap);
	else
		buf_printf(&endpoint, "ipc://%s/tap-%s-%d", settings.run_dir.ptr,
			   room_name(loop->actor->room), getpid());
	if (rc == 0)
		actor_tap_open(&loop->tap, endpoint.ptr);
	if (rc == 0)
		rc = open_web(loop, err);
	buf_clear(&endpoint);
	return rc;
}

/* ---- signals ---- */

static int open_signals(struct actor_loop *loop, struct err *err)
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

/* ---- the loop ---- */

static uint64_t next_deadline(const struct actor_loop *loop)
{
	uint64_t next = loop->next_tick;

	if (loop->web.next_ms < next)
		next = loop->web.next_ms;
	if (loop->curve.on && loop->curve.watch_ms < next)
		next = loop->curve.watch_ms;
	if (loop->tap.sock && loop->next_heartbeat < next)
		next = loop->next_heartbeat;
	for (int id = 0; id < N_LINKS; id++) {
		const struct link *link = &loop->links[id];

		if (!link->open)
			continue;
		if (!link->is_router && link->reading && link->hello_ms < next)
			next = link->hello_ms;
		if (link->renew_ms < next)
			next = link->renew_ms;
		if ((link->server || link->peers.n) && loop->next_heartbeat < next)
			next = loop->next_heartbeat;
	}
	return next;
}

/* What to wait for, in a fixed order: signals, the web, CURVE, links with their monitors,
 * descriptors of the room.
 * Not the tap: waiting for it too would cost each round more than all else that it costs. */
static size_t fill_items(const struct actor_loop *loop, zmq_pollitem_t *items)
{
	size_t n = 0;

	items[n++] = (zmq_pollitem_t){ .fd = loop->signals, .events = ZMQ_POLLIN };
	items[n++] = (zmq_pollitem_t){ .fd = loop->web.epoll, .events = ZMQ_POLLIN };
	if (loop->curve.on)
		items[n++] = (zmq_pollitem_t){ .fd = loop->curve.changes, .events = ZMQ_POLLIN };
	if (loop->curve.zap)
		items[n++] = (zmq_pollitem_t){ .socket = loop->curve.zap, .events = ZMQ_POLLIN };
	for (int id = 0; id < N_LINKS; id++) {
		const struct link *link = &loop->links[id];

		if (!link->open)
			continue;
		items[n++] = (zmq_pollitem_t){ .socket = link->monitor, .events = ZMQ_POLLIN };
		items[n++] = (zmq_pollitem_t){ .socket = zsock_resolve(link->sock),
					       .events = link->reading ? ZMQ_POLLIN : 0 };
	}
	for (size_t i = 0; i < loop->n_fds; i++)
		items[n++] = (zmq_pollitem_t){ .fd = loop->fds[i].fd, .events = ZMQ_POLLIN };
	return n;
}

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

static void dispatch(struct actor_loop *loop, const zmq_pollitem_t *items, size_t n_items)
{
	size_t n = 0;

	if (items[n++].revents)
		on_signal(loop);
	if (items[n++].revents)
		actor_web_on_fd(&loop->web);
	if (loop->curve.on && items[n++].revents)
		actor_curve_on_change(loop);
	if (loop->curve.zap && items[n++].revents)
		actor_curve_on_zap(loop);
	for (int id = 0; id < N_LINKS; id++) {
		struct link *link = &loop->links[id];

		if (!link->open)
			continue;
		if (items[n++].revents)
			actor_link_on_monitor(link);
		if (items[n++].revents)
			actor_link_on_readable(link);
	}
	for (; n < n_items && !loop->quit; n++)
		if (items[n].revents)
			on_fd(loop, items[n].fd);
}

static bool is_calm(const struct actor_loop *loop)
{
	return loop->now_ms > loop->moved_ms + CALM_AFTER * loop->heartbeat_ms;
}

/* A listener that came while it was calm gets what ends the calm. */
void actor_loop_moves(struct actor_loop *loop)
{
	const bool was_calm = is_calm(loop);

	loop->moved_ms = loop->now_ms;
	if (!was_calm)
		return;
	actor_tap_look(&loop->tap);
	if (loop->next_heartbeat > loop->now_ms + loop->heartbeat_ms)
		loop->next_heartbeat = loop->now_ms + loop->heartbeat_ms;
}

static void tend_links(struct actor_loop *loop)
{
	uint64_t now = clock_ms();
	bool beat = now >= loop->next_heartbeat;

	if (beat) {
		loop->next_heartbeat = now + loop->heartbeat_ms * (is_calm(loop) ? CALM_PACE : 1);
		actor_tap_look(&loop->tap);
	}
	actor_curve_tick(loop, now);
	for (int id = 0; id < N_LINKS; id++) {
		struct link *link = &loop->links[id];

		if (!link->open)
			continue;
		if (beat)
			actor_link_beat(link, now);
		actor_link_settle(link);
		actor_link_renew(link, now);
		actor_link_hello(link, now);
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

static void run(struct actor_loop *loop)
{
	zmq_pollitem_t *items = NULL;
	uint64_t now, next;
	size_t n;

	while (!loop->quit) {
		items = mem_realloc(items, (loop->n_fds + 2 * N_LINKS + 4) * sizeof(*items));
		n = fill_items(loop, items);
		next = next_deadline(loop);
		now = clock_ms();
		metric_observe(&actor_metrics.lag, now - loop->now_ms);
		if (zmq_poll(items, (int)n,
			     next == UINT64_MAX ? -1
			     : next <= now      ? 0
						: (long)(next - now)) < 0 &&
		    errno != EINTR) {
			log_error("waiting failed", "reason=%s", log_value(zmq_strerror(errno)));
			actor_quit(loop, EXIT_START);
			break;
		}
		loop->now_ms = clock_ms();
		if (next < loop->now_ms && now < loop->now_ms)
			metric_observe(&actor_metrics.lag,
				       loop->now_ms - (next > now ? next : now));
		dispatch(loop, items, n);
		if (loop->quit)
			break;
		tick(loop);
		tend_links(loop);
		actor_web_tick(&loop->web, loop->now_ms);
	}
	mem_free(items);
}

static void close_all(struct actor_loop *loop)
{
	for (int id = 0; id < N_LINKS; id++)
		actor_link_close(&loop->links[id]);
	actor_curve_close(loop);
	actor_tap_close(&loop->tap);
	actor_web_close(&loop->web);
	zsys_shutdown();
	if (loop->signals >= 0)
		close(loop->signals);
	mem_free(loop->fds);
	buf_wipe(&loop->scratch);
}

int actor_main(const struct actor *actor, int argc, char **argv)
{
	struct actor_loop loop = { .actor = actor, .signals = -1, .web.epoll = -1 };
	struct err err = { "" };
	int rc;

	log_open(room_name(actor->room));
	mem_protect_process();
	umask(077);
	rc = read_settings(actor, argc, argv, &err);
	if (rc < 0)
		fprintf(stderr, "sluice-%s: %s\n", room_name(actor->room), err.text);
	if (rc != 0)
		return rc < 0 ? EXIT_USAGE : EXIT_CLEAN;
	loop.epoch = hash_random64();
	loop.heartbeat_ms = settings.heartbeat_ms;
	loop.moved_ms = loop.now_ms = clock_ms();
	loop.ready_fd = (int)settings.ready_fd;
	if (loop.ready_fd >= 0) /* not for the plugins that a room starts */
		(void)fcntl(loop.ready_fd, F_SETFD, FD_CLOEXEC);
	loop.status = EXIT_START;
	loop.now_ms = clock_ms();
	actor_metrics_open(actor->room);
	buf_init(&loop.scratch, BUF_MAX_MESSAGE);
	if (open_signals(&loop, &err) < 0 ||
	    actor_curve_open(&loop, settings.curve_dir.ptr, settings.curve_needs, &err) < 0 ||
	    open_sockets(&loop, &err) < 0 ||
	    (actor->start && actor->start(actor->self, &loop, &err) < 0)) {
		log_error("cannot start", "reason=%s", log_value(err.text));
	} else {
		loop.status = EXIT_CLEAN;
		run(&loop);
		if (actor->stop)
			actor->stop(actor->self);
	}
	close_all(&loop);
	return loop.status;
}

/* ---- what handlers may call ---- */

struct actor_peer *actor_peer_of(struct actor_loop *loop, enum actor_link link)
{
	struct actor_peer *server = loop->links[link].server;

	return server && server->up && !server->gone ? server : NULL;
}

void actor_set_reading(struct actor_loop *loop, enum actor_link link, bool reading)
{
	loop->links[link].reading = reading;
}

struct str actor_run_dir(void)
{
	return settings.run_dir;
}

uint64_t actor_epoch(const struct actor_loop *loop)
{
	return loop->epoch;
}

int actor_watch_fd(struct actor_loop *loop, int fd, void (*on_readable)(void *self, int fd))
{
	if (fd < 0)
		return 0;
	actor_unwatch_fd(loop, fd);
	loop->fds = mem_realloc(loop->fds, (loop->n_fds + 1) * sizeof(*loop->fds));
	loop->fds[loop->n_fds++] = (struct watched){ .fd = fd, .on_fd = on_readable };
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

void actor_quit(struct actor_loop *loop, int status)
{
	loop->quit = true;
	loop->status = status;
}
